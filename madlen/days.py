"""The days of budgets, quotas and figures: those of UTC, as OpenRouter counts them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta


def of(moment: datetime) -> date:
    """The day on which a moment falls."""
    return moment.astimezone(UTC).date()


def begin(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def end(day: date) -> datetime:
    """The midnight at which the next day begins."""
    return begin(day + timedelta(days=1))
