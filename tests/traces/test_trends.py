"""Answers over time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from madlen.traces import trends
from madlen.traces.reading import Answer

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def answers(*seconds: float, after: timedelta = timedelta(), failed: int = 0) -> list[Answer]:
    return [
        Answer("t", "parrot/polly", NOON + after, one, number < failed, None)
        for number, one in enumerate(seconds)
    ]


def test_without_answers_there_is_nothing_to_plot() -> None:
    assert trends.points([]) == []


def test_a_point_has_the_middle_and_what_nineteen_of_twenty_stay_under() -> None:
    [point] = trends.points(answers(*range(101)))
    assert (point.p50, point.p95, point.answers, point.error_rate) == (50, 95, 101, 0)


def test_failures_count_as_failures_and_not_as_times() -> None:
    [point] = trends.points(answers(9, 1, 1, 1, failed=1))
    assert (point.p50, point.p95, point.error_rate) == (1, 1, 0.25)


def test_where_all_failed_there_is_no_time() -> None:
    [point] = trends.points(answers(1, 1, failed=2))
    assert (point.p50, point.p95, point.error_rate) == (None, None, 1)


def test_one_answer_is_its_own_middle() -> None:
    [point] = trends.points(answers(3))
    assert (point.p50, point.p95) == (3, 3)


def test_points_stand_for_as_long_as_leaves_a_readable_number_of_them() -> None:
    for length, step in (
        (timedelta(minutes=5), 60),
        (timedelta(days=1), 3600),
        (timedelta(days=900), 604_800),
    ):
        made = [one for part in range(200) for one in answers(1, after=length * part / 200)]
        points = trends.points(made)
        assert {point.seconds for point in points} == {step}
        assert sum(point.answers for point in points) == 200
        assert all(point.begun.timestamp() % step == 0 for point in points)
