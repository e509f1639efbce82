"""What answers took, added up: tokens, cost, failures and times, by model, day or session."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal, get_args

from madlen import catalogue, days
from madlen.types import Model

By = Literal["model", "day", "session"]
Period = Literal["today", "7d", "30d", "all"]

GROUPINGS: tuple[By, ...] = get_args(By)
PERIODS: tuple[Period, ...] = get_args(Period)
MOST_GROUPS = 1000
NEWEST = 200
"""So many of the newest answers of a model, day or session say how long they take."""
_DAYS: dict[Period, int] = {"today": 1, "7d": 7, "30d": 30}


@dataclass(frozen=True, slots=True)
class Spread:
    """The middle and the slow end of what was measured; ``None`` where nothing was."""

    p50: float | None = None
    p95: float | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """What the answers of one model, day or session took; days are of UTC.

    ``key`` is the model's id, the day, or the session's id; empty for sessions that were deleted and for
    answers that belong to none, such as a judge's.
    """

    key: str
    answers: int = 0
    """All of them, also those that failed."""
    failures: int = 0
    stopped: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    reasoning_tokens: int = 0
    cost: Decimal = Decimal(0)
    """US dollars, as far as they are known."""
    first_token: Spread = Spread()
    """Seconds to the first visible text."""
    speed: Spread = Spread()
    """Tokens per second; its slow end is the speed that 95 % of the answers had or exceeded."""
    duration: Spread = Spread()
    """Seconds in all."""
    title: str = ""
    """Of a session."""

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True, slots=True)
class Slot:
    """What one model took within an hour or a day of UTC, which ``begin`` names: ``2026-11-23T14``."""

    begin: str
    model_id: str
    answers: int
    failures: int
    tokens: int
    cost: Decimal


def since(period: Period, now: datetime) -> datetime | None:
    """When a period begins: so many whole days of UTC with today; ``None`` for the beginning of time."""
    number = _DAYS.get(period)
    if number is None:
        return None
    return days.begin(days.of(now) - timedelta(days=number - 1))


def free_by_hour(slots: Iterable[Slot]) -> dict[int, int]:
    """How many requests of each hour of a day OpenRouter counts against the free ones; failures count too."""
    hours: dict[int, int] = {}
    for slot in slots:
        if catalogue.counts_against_quota(Model(slot.model_id, slot.model_id, "")):
            hour = int(slot.begin[-2:])
            hours[hour] = hours.get(hour, 0) + slot.answers
    return hours


def embedded(taken: Iterable[Taken]) -> list[Taken]:
    """What the models that run inside Madlen did, of figures by model."""
    return [one for one in taken if one.key.startswith("local/")]


def spread(measured: Iterable[float | None], *, slow_is_low: bool = False) -> Spread:
    """By nearest rank, of what is known."""
    known = sorted((one for one in measured if one is not None), reverse=slow_is_low)
    if not known:
        return Spread()
    return Spread(known[(len(known) - 1) // 2], known[(len(known) * 95 + 99) // 100 - 1])


def total(taken: Iterable[Taken]) -> Taken:
    """All of them together, without times."""
    found = list(taken)
    return Taken(
        "",
        answers=sum(one.answers for one in found),
        failures=sum(one.failures for one in found),
        stopped=sum(one.stopped for one in found),
        prompt_tokens=sum(one.prompt_tokens for one in found),
        completion_tokens=sum(one.completion_tokens for one in found),
        reasoning_tokens=sum(one.reasoning_tokens for one in found),
        cost=sum((one.cost for one in found), Decimal(0)),
    )
