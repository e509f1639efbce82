"""Budgets on PostgreSQL: the day's row is locked for one statement only, however busy the process is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import ROUND_FLOOR, Decimal

from madlen.spendings import UNIT, Account, Reservation, dollars, units
from madlen.store import rows
from madlen.store.budget_tables import BudgetTables
from madlen.store.postgres_connections import Connections


class PostgresBudget(BudgetTables):
    """What a store does with budgets, on the connections that it has."""

    _connections: Connections

    def reserve(
        self, wanted: Sequence[Reservation], day: date, limit: Decimal, *, owner: str, now: datetime
    ) -> Mapping[str, Account]:
        most = int((limit / UNIT).to_integral_value(ROUND_FLOOR))
        refused: dict[str, Account] = {}
        for one in wanted:
            values = [one.id, day.isoformat(), one.model_id, units(one.amount), most, owner, rows.stamp(now)]
            with self._connections.plain() as connection:
                said = connection.execute(
                    "SELECT * FROM set_aside(%s, %s, %s, %s, %s, %s, %s)", values
                ).fetchone()
            if said is None:
                # Nobody has opened the day yet.
                refused |= super().reserve([one], day, limit, owner=owner, now=now)
            elif not said["fits"]:
                refused[one.id] = Account(day, dollars(said["spent"]), dollars(said["reserved"]))
        return refused

    def settle(self, reply_id: str, day: date, cost: Decimal | None, *, model_id: str = "") -> None:
        told = None if cost is None else units(cost)
        with self._connections.plain() as connection:
            done = connection.execute(
                "SELECT settle_spending(%s, %s, %s, %s) AS done", [reply_id, day.isoformat(), model_id, told]
            ).fetchone()
        if done is None or not done["done"]:
            super().settle(reply_id, day, cost, model_id=model_id)
