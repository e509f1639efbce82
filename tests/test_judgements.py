"""What judges said, beside what people did."""

from __future__ import annotations

from dataclasses import replace

import pytest

from madlen import judgements
from madlen.types import Turn
from madlen.votes import Vote, best, tie
from tests.batch.answers import NOW, answer, compared, scored


def vote(turn: str, winner: str) -> Vote:
    pair = [f"{turn}A", f"{turn}B"]
    return Vote(turn, "s1", best(pair, winner) if winner else tie(pair), NOW)


def test_a_judge_that_says_what_people_say_agrees_wholly() -> None:
    said = [compared("t1A", "t1B", "first"), compared("t2A", "t2B", "second", "t2")]
    found = judgements.agreement(said, [vote("t1", "t1A"), vote("t2", "t2B")])
    assert (found.pairs, found.share, found.kappa) == (2, 1.0, 1.0)


def test_kappa_takes_away_what_chance_would_give() -> None:
    outcomes = ["first"] * 6 + ["second"] * 4
    said = [compared(f"t{n}A", f"t{n}B", "first" if n < 7 else "second", f"t{n}") for n in range(10)]
    votes = [
        vote(f"t{n}", f"t{n}A" if outcome == "first" else f"t{n}B") for n, outcome in enumerate(outcomes)
    ]
    found = judgements.agreement(said, votes)
    assert found.share == pytest.approx(0.9)
    # Observed 0.9; by chance 0.7 * 0.6 + 0.3 * 0.4 = 0.54.
    assert found.kappa == pytest.approx((0.9 - 0.54) / (1 - 0.54))


def test_kappa_is_unknown_where_chance_alone_would_agree() -> None:
    found = judgements.agreement([compared("t1A", "t1B", "first")], [vote("t1", "t1A")])
    assert (found.share, found.kappa) == (1.0, None)


def test_without_a_common_pair_nothing_is_known() -> None:
    found = judgements.agreement([compared("t1A", "t1B", "first")], [vote("t2", "t2A")])
    assert (found.pairs, found.share, found.kappa) == (0, None, None)


def test_a_pair_is_the_same_whichever_way_round() -> None:
    found = judgements.agreement([compared("t1B", "t1A", "first")], [vote("t1", "t1B")])
    assert found.agreed == 1


def test_scores_are_compared_with_votes_too() -> None:
    said = [scored("t1A", 4), scored("t1B", 2), scored("t2A", 3, "t2"), scored("t2B", 3, "t2")]
    found = judgements.agreement(said, [vote("t1", "t1A"), vote("t2", "")])
    assert (found.pairs, found.agreed) == (2, 2)


def test_what_could_not_be_read_agrees_with_nobody() -> None:
    unread = compared("t1A", "t1B", None)
    assert not unread.readable
    assert judgements.agreement([unread], [vote("t1", "t1A")]).pairs == 0


def test_replies_that_the_voter_did_not_tell_apart_are_left_out() -> None:
    three = Vote("t1", "s1", best(["t1A", "t1B", "t1C"], "t1A"), NOW)
    said = [compared("t1B", "t1C", "first"), compared("t1A", "t1C", "first")]
    assert judgements.agreement(said, [three]).pairs == 1


def test_duels_of_judges_are_between_models_and_apart_from_the_vote() -> None:
    turn = Turn("t1", "s1", "?", NOW, replies=(answer("t1A", "t1", "A", "x"), answer("t1B", "t1", "B", "yy")))
    [duel] = judgements.duels([compared("t1A", "t1B", "second")], turn)
    assert (duel.first, duel.second, duel.outcome) == ("parrot/polly", "parrot/seer", "second")
    assert (duel.first_characters, duel.second_characters) == (1, 2)
    assert duel.turn_id != "t1"
    same = replace(turn, replies=tuple(replace(reply, model_id="one") for reply in turn.replies))
    assert list(judgements.duels([compared("t1A", "t1B", "second")], same)) == []
    assert list(judgements.duels([compared("t1A", "gone", "second")], turn)) == []


def test_a_reply_has_the_mean_of_its_scores_and_the_sum_of_its_comparisons() -> None:
    several = [scored("t1A", 4), replace(scored("t1A", 5), judge="judge/two"), scored("t1B", None)]
    assert judgements.scores(several) == {"t1A": 4.5}
    fought = [compared("t1A", "t1B", "first"), compared("t1A", "t1C", "tie"), compared("t1B", "t1C", None)]
    assert judgements.wins(fought) == {"t1A": [1.0, 0.5], "t1B": [0.0], "t1C": [0.5]}
