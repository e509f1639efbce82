"""A run in figures."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal

import pytest

from madlen.batch import results, summary
from madlen.prompt_sets import Cell, Check
from madlen.types import Reply, Usage
from tests.batch.answers import LANES, answered, compared, scored


def test_a_lane_is_summed_up() -> None:
    run, cells = answered(["yes", "no"], ["yes", None], ["no", "no"])
    run = replace(run, checks=(Check("contains", "yes"),))
    judged = [scored("t1A", 5), scored("t2A", 3), scored("t3A", 4), compared("t1A", "t1B", "first")]
    first, second = summary.by_lane(run.lanes, results.of(run, cells, judged))
    assert (first.lane, second.lane) == LANES
    assert (first.answers, first.failures, second.answers, second.failures) == (3, 0, 2, 1)
    assert first.passed is not None
    assert first.passed.number == 3
    assert first.passed.value == pytest.approx(2 / 3)
    assert first.score is not None
    assert (first.score.value, first.score.number) == (4.0, 3)
    assert first.wins == summary.Estimate(1.0, None, None, 1)
    assert second.wins == summary.Estimate(0.0, None, None, 1)
    assert (first.tokens_in, first.tokens_out, first.cost) == (9, 15, Decimal("0.003"))
    assert first.latency == summary.Spread(1.0, 1.0)
    assert first.first_token == summary.Spread(0.5, 0.5)


def test_what_nobody_reported_is_not_known() -> None:
    run, cells = answered(["yes", None])
    unknown: list[tuple[Cell, Reply | None]] = [
        (cell, reply and replace(reply, usage=Usage())) for cell, reply in cells
    ]
    first, second = summary.by_lane(run.lanes, results.of(run, unknown))
    assert (first.passed, first.score, first.wins) == (None, None, None)
    assert (first.tokens_in, first.cost) == (None, None)
    assert (second.latency, second.answers, second.failures) == (None, 0, 1)


def test_a_share_has_wilsons_interval() -> None:
    # Brown, Cai and DasGupta's formula at 8 of 10.
    found = summary.share(8, 10)
    assert found is not None
    assert [found.low, found.high] == pytest.approx([0.4902, 0.9433], abs=1e-4)
    whole, none = summary.share(10, 10), summary.share(0, 10)
    assert whole is not None
    assert none is not None
    assert [whole.high, none.low] == pytest.approx([1.0, 0.0])
    assert whole.low == pytest.approx(0.7225, abs=1e-4)
    assert summary.share(0, 0) is None


def test_a_mean_has_students_interval() -> None:
    found = summary.mean([2.9, 3.0, 3.1], least=1, most=5)
    assert found is not None
    # t is 4.3027 for two degrees of freedom.
    assert [found.low, found.high] == pytest.approx([3 - 4.3027 * 0.1 / 3**0.5, 3.2484], abs=1e-4)


def test_an_interval_ends_where_no_value_can_be() -> None:
    found = summary.mean([1.0, 5.0], least=1, most=5)
    assert found == summary.Estimate(3.0, 1.0, 5.0, 2)


def test_values_all_alike_have_no_interval_and_none_have_no_mean() -> None:
    assert summary.mean([3.0], least=1, most=5) == summary.Estimate(3.0, None, None, 1)
    assert summary.mean([3.0, 3.0], least=1, most=5) == summary.Estimate(3.0, None, None, 2)
    assert summary.mean([], least=1, most=5) is None


@pytest.mark.parametrize("number", [5, 20])
def test_intervals_of_a_mean_cover_at_the_stated_rate(number: int) -> None:
    chance, hits = random.Random(7), 0  # noqa: S311
    for _ in range(2000):
        found = summary.mean([chance.gauss(3, 0.5) for _ in range(number)], least=-9, most=9)
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= 3 <= found.high
    assert 0.93 <= hits / 2000 <= 0.97


def test_the_middle_and_the_slow_end_are_told() -> None:
    found = summary.spread([float(second) for second in range(1, 102)])
    assert found == summary.Spread(51.0, 96.0)
    assert summary.spread([2.0]) == summary.Spread(2.0, 2.0)
    assert summary.spread([]) is None
