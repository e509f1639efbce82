"""What a day's budget is spent on: what was reserved, what an answer really cost, what is left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_CEILING, Decimal

from madlen import days

MOST = Decimal(1_000_000)
"""US dollars: nothing counts as more, whatever a provider says, so that sums fit into a database."""
UNIT = Decimal("1e-12")
"""US dollars of one picodollar, in which stores count, so that sums are exact."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """The most that an answer can cost, set aside until it is known what it did cost."""

    id: str
    """The reply's."""
    model_id: str
    amount: Decimal
    generation_id: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """What a day's answers have cost, and what is set aside for those in flight, in US dollars."""

    day: date
    spent: Decimal = Decimal(0)
    reserved: Decimal = Decimal(0)

    @property
    def resets_at(self) -> datetime:
        """When the next day begins, with nothing spent."""
        return days.end(self.day)

    def left(self, limit: Decimal) -> Decimal:
        """What may still be set aside."""
        return max(limit - self.spent - self.reserved, Decimal(0))


@dataclass(frozen=True, slots=True)
class Abandoned:
    """A reservation whose process has gone, with what its answer's row says."""

    reservation: Reservation
    cost: Decimal | None
    asked_at: datetime


def units(dollars: Decimal) -> int:
    """Picodollars, upwards: what is set aside or spent is never counted as less than it is."""
    return int((min(dollars, MOST) / UNIT).to_integral_value(ROUND_CEILING))


def dollars(units: int) -> Decimal:
    """The same in US dollars, without zeros that say nothing."""
    return (units * UNIT).normalize() if units else Decimal(0)
