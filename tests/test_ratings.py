import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pytest

from madlen import ratings
from madlen.ratings import Point, Record
from madlen.votes import Duel, Outcome

NOW = datetime(2026, 11, 1, tzinfo=UTC)
PLANTED = {"a": 1150.0, "b": 1050.0, "c": 1000.0, "d": 950.0, "e": 850.0}


def fought(*duels: str) -> list[Duel]:
    """Duels written as ``a>b`` and ``a=b``, each a vote of its own."""
    return [
        Duel(duel[0], duel[2], "tie" if duel[1] == "=" else "first", NOW, turn_id=str(place))
        for place, duel in enumerate(duels)
    ]


def simulated(
    planted: dict[str, float], duels: int, seed: int, *, ties: float = 0.1, longer_wins: float = 0.0
) -> list[Duel]:
    """Duels that go as the planted strengths have it, and by length: tenfold odds per ``longer_wins``."""
    rng, names, found = np.random.default_rng(seed), list(planted), []
    for place in range(duels):
        first, second = (names[index] for index in rng.choice(len(names), 2, replace=False))
        # The weaker a model, the longer it writes, so that length is worth most to the weakest.
        lengths = [rng.integers(500, 1500) * (1300 - planted[name]) / 300 for name in (first, second)]
        difference = (lengths[0] - lengths[1]) / sum(lengths)
        odds = 10 ** ((planted[first] - planted[second]) / 400 + longer_wins * difference)
        outcome: Outcome = "first" if rng.random() < odds / (1 + odds) else "second"
        if rng.random() < ties:
            outcome = "tie"
        found.append(
            Duel(
                first,
                second,
                outcome,
                NOW,
                turn_id=str(place),
                first_characters=int(lengths[0]),
                second_characters=int(lengths[1]),
            )
        )
    return found


def order(duels: Sequence[Duel], *, length_controlled: bool = False) -> list[str]:
    found = ratings.standings(duels, seed=1, rounds=20, length_controlled=length_controlled)
    return [row.model_id for row in found.rows]


def covered(duels: int, simulations: int, *, length_controlled: bool) -> float:
    """The share of the intervals, over repeated simulations, in which the planted strength lies."""
    hits = [
        row.low <= PLANTED[row.model_id] <= row.high
        for seed in range(simulations)
        for row in ratings.standings(
            simulated(PLANTED, duels, seed, ties=0.0),
            seed=seed,
            rounds=80,
            length_controlled=length_controlled,
        ).rows
    ]
    return sum(hits) / len(hits)


def test_a_planted_order_is_recovered() -> None:
    assert order(simulated(PLANTED, 1500, seed=7)) == list(PLANTED)


def test_planted_strengths_are_recovered() -> None:
    found = ratings.standings(simulated(PLANTED, 4000, seed=7, ties=0.0), seed=1, rounds=20)
    assert {row.model_id: row.score for row in found.rows} == pytest.approx(PLANTED, abs=40)


@pytest.mark.parametrize("length_controlled", [False, True])
def test_intervals_cover_at_the_stated_rate(length_controlled: bool) -> None:
    # 500 intervals: the standard error of the rate is one point, and more as those of one round go together.
    assert 0.92 <= covered(120, 100, length_controlled=length_controlled) <= 0.98


def test_a_round_seldom_changes_what_is_known_well() -> None:
    few, many = (ratings.standings(simulated(PLANTED, n, seed=3), seed=1).rows for n in (100, 1600))
    widths = [np.mean([row.high - row.low for row in rows]) for rows in (few, many)]
    assert widths[1] == pytest.approx(widths[0] / 4, rel=0.25)


def test_length_control_undoes_a_preference_for_length() -> None:
    duels = simulated({"brief": 1050.0, "long": 950.0}, 1500, seed=5, longer_wins=3.0)
    assert order(duels) == ["long", "brief"]
    assert order(duels, length_controlled=True) == ["brief", "long"]


def test_what_length_is_worth_is_said() -> None:
    duels = simulated(PLANTED, 3000, seed=5, ties=0.0, longer_wins=1.5)
    found = ratings.standings(duels, seed=1, rounds=5, length_controlled=True)
    assert found.length_points == pytest.approx(1.5 * 400 / 3, abs=50)
    assert ratings.standings(duels, seed=1, rounds=5).length_points is None


def test_length_control_changes_nothing_among_answers_of_one_length() -> None:
    duels = [
        replace(duel, first_characters=9, second_characters=9) for duel in simulated(PLANTED, 200, seed=2)
    ]
    plain, controlled = (
        ratings.standings(duels, seed=1, rounds=30, length_controlled=controlled)
        for controlled in (False, True)
    )
    for row, other in zip(plain.rows, controlled.rows, strict=True):
        assert (row.score, row.low, row.high) == pytest.approx((other.score, other.low, other.high), abs=0.1)


def test_length_control_stays_finite_where_the_longer_always_won() -> None:
    duels = [replace(duel, first_characters=900, second_characters=90) for duel in fought(*["a>b"] * 20)]
    found = ratings.standings(duels, seed=1, length_controlled=True)
    assert all(math.isfinite(value) for row in found.rows for value in (row.score, row.low, row.high))


def test_the_same_seed_gives_the_same_standings() -> None:
    duels = simulated(PLANTED, 60, seed=1)
    assert ratings.standings(duels, seed=4) == ratings.standings(duels, seed=4)
    assert ratings.standings(duels, seed=4) != ratings.standings(duels, seed=5)


def test_scores_do_not_depend_on_which_side_an_answer_stood() -> None:
    there, back = fought("a>b", "a>b", "b=c"), fought("a>b", "a>b", "c=b")
    assert ratings.standings(there, seed=1) == ratings.standings(back, seed=1)


def test_scores_have_a_mean_of_a_thousand() -> None:
    found = ratings.standings(simulated(PLANTED, 100, seed=1), seed=1, rounds=5)
    assert np.mean([row.score for row in found.rows]) == pytest.approx(1000)


def test_a_tie_is_half_a_win() -> None:
    found = ratings.standings(fought(*["a=b"] * 9, "a>b", "b>a"), seed=1)
    assert [row.score for row in found.rows] == pytest.approx([1000, 1000])


def test_without_duels_nobody_has_a_standing() -> None:
    assert ratings.standings([], seed=1) == ratings.Standings()


def test_a_single_vote_settles_nothing() -> None:
    first, last = ratings.standings(fought("a>b"), seed=1).rows
    assert (first.model_id, first.settled, first.rank, last.rank) == ("a", False, 1, 1)
    assert first.votes_to_settle is not None
    assert first.votes_to_settle >= 4


def test_five_votes_for_one_side_settle_nothing() -> None:
    first, _ = ratings.standings(fought(*["a>b"] * 5), seed=1).rows
    assert (first.settled, first.votes_to_settle) == (False, 1)


def test_many_votes_for_one_side_settle_the_order() -> None:
    first, last = ratings.standings(fought(*["a>b"] * 30), seed=1).rows
    assert (first.settled, first.votes_to_settle, first.rank) == (True, 0, 1)
    assert (last.settled, last.votes_to_settle, last.rank) == (True, 0, 2)
    assert first.low > last.high


def test_pairs_of_one_vote_count_as_one_vote() -> None:
    together = [replace(duel, turn_id="one") for duel in fought(*["a>b"] * 30)]
    found = ratings.standings(together, seed=1)
    assert (found.votes, found.rows[0].votes, found.rows[0].settled) == (1, 1, False)


def test_equals_are_not_settled_by_any_number_of_votes() -> None:
    first, _ = ratings.standings(fought(*["a=b"] * 50), seed=1).rows
    assert (first.settled, first.votes_to_settle) == (False, None)


def test_about_so_many_votes_as_were_said_settle_an_order() -> None:
    few = fought(*["a>b"] * 12, *["b>a"] * 8)
    first, _ = ratings.standings(few, seed=1).rows
    assert first.votes_to_settle is not None
    times = (len(few) + first.votes_to_settle) // len(few)
    half, twice = (fought(*["a>b"] * round(12 * n), *["b>a"] * round(8 * n)) for n in (times / 2, times * 2))
    assert not ratings.standings(half, seed=1).rows[0].settled
    assert ratings.standings(twice, seed=1).rows[0].settled


def test_an_estimate_of_votes_is_rounded_to_one_digit() -> None:
    for seed in range(5):
        for row in ratings.standings(simulated(PLANTED, 150, seed), seed=1).rows:
            assert row.votes_to_settle is None or len(str(row.votes_to_settle).rstrip("0")) <= 1


def test_models_that_nothing_connects_have_no_order() -> None:
    rows = ratings.standings(fought("a>b", "b>c", "x>y", "x>y"), seed=1).rows
    assert [(row.model_id, row.group) for row in rows] == [("a", 0), ("b", 0), ("c", 0), ("x", 1), ("y", 1)]
    assert rows[2].votes_to_settle == 0
    assert rows[3].rank == 1


def test_each_group_has_a_mean_of_its_own() -> None:
    rows = ratings.standings(fought("a>b", "b>c", "x>y", "x>y"), seed=1).rows
    assert np.mean([row.score for row in rows if row.group]) == pytest.approx(1000)


def test_a_standing_says_what_it_rests_on() -> None:
    rows = ratings.standings(fought("a>b", "a=b", "c>a"), seed=1).rows
    (own,) = (row for row in rows if row.model_id == "a")
    assert (own.record, own.votes) == (Record(wins=1, losses=1, ties=1), 3)


def test_the_win_matrix_has_each_pair_both_ways_round() -> None:
    assert ratings.records(fought("a>b", "b>a", "a>b", "a=b", "b=c")) == {
        ("a", "b"): Record(2, 1, 1),
        ("b", "a"): Record(1, 2, 1),
        ("b", "c"): Record(0, 0, 1),
        ("c", "b"): Record(0, 0, 1),
    }


def test_a_win_rate_counts_a_tie_as_half() -> None:
    assert Record(2, 1, 1).win_rate == 0.625
    assert Record().win_rate is None


def front(points: Iterable[tuple[str, float, str | None, float | None]]) -> set[str]:
    return set(
        ratings.pareto(
            Point(name, strength, None if cost is None else Decimal(cost), latency)
            for name, strength, cost, latency in points
        )
    )


def test_what_another_model_beats_in_everything_is_not_worth_it() -> None:
    assert front([("good", 1100, "0.1", 1.0), ("worse", 1000, "0.2", 2.0)]) == {"good"}


def test_what_is_best_at_one_thing_is_worth_it() -> None:
    points = [("strong", 1100, "0.3", 3.0), ("cheap", 900, "0", 3.0), ("fast", 900, "0.3", 0.1)]
    assert front(points) == {"strong", "cheap", "fast"}


def test_equals_are_both_worth_it() -> None:
    assert front([("a", 1000, "0", 1.0), ("b", 1000, "0", 1.0)]) == {"a", "b"}


def test_a_model_that_ties_and_is_dearer_is_not_worth_it() -> None:
    assert front([("a", 1000, "0", 1.0), ("b", 1000, "0.1", 1.0)]) == {"a"}


def test_a_model_of_unknown_cost_or_latency_neither_is_worth_it_nor_beats_one() -> None:
    points = [("a", 1000, "1", 9.0), ("b", 2000, None, 1.0), ("c", 2000, "0", None)]
    assert front(points) == {"a"}
