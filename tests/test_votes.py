from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from madlen import votes
from madlen.types import Picture, Reply, Status, Turn
from madlen.votes import Duel, Order, Vote

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def turn(*models: str, **changes: object) -> Turn:
    """A turn with one reply per model, whose ids are its models' letters or their places."""
    replies = tuple(
        Reply(str(place), "s", "t", model, f"lane {place}", Status.COMPLETE, NOW, text="x" * place)
        for place, model in enumerate(models)
    )
    return replace(Turn("t", "s", "Hi", NOW, replies=replies), **changes)  # type: ignore[arg-type]


def vote(order: Order) -> Vote:
    return Vote("t", "s", order, NOW)


def decided(order: Order, *models: str) -> list[tuple[str, str, str]]:
    return [(duel.first, duel.second, duel.outcome) for duel in votes.duels(vote(order), turn(*models))]


def test_the_better_of_two_wins_its_duel() -> None:
    assert decided(votes.best("01", "0"), "a", "b") == [("a", "b", "first")]


def test_a_duel_can_be_won_by_the_second_reply_of_the_turn() -> None:
    assert decided(votes.best("01", "1"), "a", "b") == [("b", "a", "first")]


def test_two_that_are_equally_good_tie() -> None:
    assert decided(votes.tie("01"), "a", "b") == [("a", "b", "tie")]


def test_two_that_are_both_bad_tie() -> None:
    both_bad = replace(vote(votes.tie("01")), bad=True)
    assert [duel.outcome for duel in votes.duels(both_bad, turn("a", "b"))] == ["tie"]


def test_the_best_of_four_leaves_the_others_undecided() -> None:
    won = [("c", "a", "first"), ("c", "b", "first"), ("c", "d", "first")]
    assert decided(votes.best("0123", "2"), "a", "b", "c", "d") == won


def test_best_and_worst_leave_those_between_undecided() -> None:
    pairs = {frozenset(duel[:2]) for duel in decided(votes.best_and_worst("0123", "0", "3"), *"abcd")}
    assert pairs == {frozenset(pair) for pair in ("ab", "ac", "ad", "bd", "cd")}


def test_best_and_worst_of_two_have_none_between() -> None:
    assert votes.best_and_worst("01", "1", "0") == (("1",), ("0",))


def test_the_best_of_one_stands_alone() -> None:
    assert votes.best("0", "0") == (("0",),)


def test_a_full_ranking_decides_every_pair() -> None:
    won = [("c", "a", "first"), ("c", "b", "first"), ("a", "b", "first")]
    assert decided(votes.ranking("201"), "a", "b", "c") == won


def test_four_that_are_equally_good_tie_with_one_another() -> None:
    assert [outcome for *_, outcome in decided(votes.tie("0123"), *"abcd")] == ["tie"] * 6


def test_a_model_in_two_lanes_decides_nothing_against_itself() -> None:
    assert decided(votes.best("01", "0"), "a", "a") == []


def test_a_model_in_two_lanes_meets_the_others_twice() -> None:
    assert decided(votes.best("012", "2"), "a", "a", "b") == [("b", "a", "first")] * 2


def test_a_deleted_reply_decides_nothing() -> None:
    assert decided(votes.ranking(["gone", "0", "1"]), "a", "b") == [("a", "b", "first")]


def test_a_vote_on_deleted_replies_decides_nothing() -> None:
    assert decided(votes.best(["x", "y"], "x"), "a", "b") == []


def test_a_reply_that_nobody_judged_decides_nothing() -> None:
    assert decided(votes.best("01", "0"), "a", "b", "c") == [("a", "b", "first")]


def test_a_duel_remembers_how_its_vote_came_about() -> None:
    seen = replace(vote(votes.best("01", "1")), blind=True, tags=("maths",))
    (duel,) = votes.duels(seen, turn("a", "b", pictures=(Picture(url="https://x.test/a.png"),)))
    assert duel == Duel(
        "b",
        "a",
        "first",
        NOW,
        turn_id="t",
        first_reply="1",
        second_reply="0",
        first_characters=1,
        second_characters=0,
        blind=True,
        images=True,
        tags=("maths",),
    )


PLAIN = Duel("a", "b", "tie", NOW)
BLIND = replace(PLAIN, blind=True)
SEEING = replace(PLAIN, images=True)
MATHS = replace(PLAIN, tags=("maths", "short"))
LATER = replace(PLAIN, voted_at=NOW + timedelta(days=1))
ALL = [PLAIN, BLIND, SEEING, MATHS, LATER]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, ALL),
        ({"blind": True}, [BLIND]),
        ({"images": True}, [SEEING]),
        ({"tags": ["maths", "poems"]}, [MATHS]),
        ({"tags": ["poems"]}, []),
        ({"since": NOW + timedelta(hours=1)}, [LATER]),
        ({"until": NOW + timedelta(days=1)}, ALL[:-1]),
        ({"blind": True, "images": True}, []),
    ],
)
def test_duels_are_narrowed_to_those_with_every_property_asked_for(
    wanted: dict[str, object], found: list[Duel]
) -> None:
    assert votes.matching(ALL, **wanted) == found  # type: ignore[arg-type]
