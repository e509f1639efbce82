"""The days of budgets, quotas and figures, which are those of UTC wherever a moment was noted."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

from madlen import days


def test_a_moment_falls_on_the_day_of_utc() -> None:
    late_in_new_york = datetime(2026, 11, 22, 23, 30, tzinfo=timezone(timedelta(hours=-5)))
    assert days.of(late_in_new_york) == date(2026, 11, 23)


def test_a_day_lasts_from_midnight_to_midnight() -> None:
    day = date(2026, 12, 31)
    assert days.begin(day) == datetime(2026, 12, 31, tzinfo=UTC)
    assert days.end(day) == datetime(2027, 1, 1, tzinfo=UTC)
