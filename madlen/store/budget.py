"""Who remembers what a day may cost: the ``BudgetStore`` protocol, a part of ``Store``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from madlen.spendings import Abandoned, Account, Reservation


class BudgetStore(Protocol):
    """The budget of each day of UTC, shared by every process on the database.

    Every method raises ``StoreUnavailable`` when the database cannot be reached, read or written.
    """

    def open_day(self, day: date) -> Account:
        """Adds up anew what the day has cost, also while no budget was set, and what is set aside."""

    def account(self, day: date) -> Account:
        """How a day stands; nothing where it was never opened."""

    def reserve(
        self, wanted: Sequence[Reservation], day: date, limit: Decimal, *, owner: str, now: datetime
    ) -> Mapping[str, Account]:
        """Sets aside what fits into the limit, one after the other, in one transaction.

        Gives how the day stood for each that did not fit, by the reply's id.
        """

    def began(self, reply_id: str, generation_id: str) -> None:
        """Notes the name under which the provider can tell what an answer cost."""

    def settle(self, reply_id: str, day: date, cost: Decimal | None, *, model_id: str = "") -> None:
        """Puts what an answer cost in place of what was set aside; ``None`` for all of that.

        A later cost takes the place of an earlier one. One for which nothing was set aside counts too.
        """

    def claim(self, before: datetime, *, owner: str, now: datetime) -> list[Abandoned]:
        """Takes over what is set aside by processes that have not beaten since then."""

    def beat_budget(self, owner: str, now: datetime) -> None:
        """Says that what the owner set aside is still needed."""
