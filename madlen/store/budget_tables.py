"""The ``BudgetStore`` contract in SQL that every back end understands.

Whoever changes a day's row has it locked from then on, so what belongs to it is read and changed after.
"""

# ruff: noqa: S608  # put together from the names in this file, never from values

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal

from madlen.spendings import UNIT, Abandoned, Account, Reservation, dollars, units
from madlen.store import rows
from madlen.store.tables import Tables, Transactions

_KEPT = timedelta(days=40)
_SPENT = """
    SELECT (SELECT coalesce(sum(cost), 0) FROM spendings WHERE day = ? AND cost IS NOT NULL)
        + (SELECT coalesce(sum(cost), 0) FROM usage WHERE moment >= ? AND moment < ?
            AND id NOT IN (SELECT id FROM spendings WHERE day = ?)) AS spent,
        (SELECT coalesce(sum(amount), 0) FROM spendings WHERE day = ? AND cost IS NULL) AS reserved
"""
_FITTING = "UPDATE budget_days SET reserved = reserved + ? WHERE day = ? AND spent + reserved + ? <= ?"


class BudgetTables(Transactions):
    """What a store does with budgets, in the transactions that it has."""

    def open_day(self, day: date) -> Account:
        with self._writing() as db:
            _lock(db, day)
            return _added_up(db, day)

    def account(self, day: date) -> Account:
        with self._reading() as db:
            return _account(db, day)

    def reserve(
        self, wanted: Sequence[Reservation], day: date, limit: Decimal, *, owner: str, now: datetime
    ) -> Mapping[str, Account]:
        most, refused = int((limit / UNIT).to_integral_value(ROUND_FLOOR)), {}
        with self._writing() as db:
            if _lock(db, day):
                _added_up(db, day)
                _forget(db, day - _KEPT)
            for one in wanted:
                amount = units(one.amount)
                if db.change(_FITTING, [amount, day.isoformat(), amount, most]):
                    db.change(
                        "INSERT INTO spendings (id, day, model_id, amount, owner, alive_at)"
                        " VALUES (?, ?, ?, ?, ?, ?)",
                        [one.id, day.isoformat(), one.model_id, amount, owner, rows.stamp(now)],
                    )
                else:
                    refused[one.id] = _account(db, day)
        return refused

    def began(self, reply_id: str, generation_id: str) -> None:
        with self._writing() as db:
            db.change("UPDATE spendings SET generation_id = ? WHERE id = ?", [generation_id, reply_id])

    def settle(self, reply_id: str, day: date, cost: Decimal | None, *, model_id: str = "") -> None:
        with self._writing() as db:
            known = db.rows("SELECT day FROM spendings WHERE id = ?", [reply_id])
            day = date.fromisoformat(known[0]["day"]) if known else day
            made = _lock(db, day)
            found = db.rows("SELECT amount, cost FROM spendings WHERE id = ?", [reply_id])
            if found:
                amount, before = int(found[0]["amount"]), found[0]["cost"]
                after = amount if cost is None else units(cost)
                db.change("UPDATE spendings SET cost = ? WHERE id = ?", [after, reply_id])
                given, more = (amount, after) if before is None else (0, after - int(before))
            else:
                given, more = 0, units(cost or Decimal(0))
                db.change(
                    "INSERT INTO spendings (id, day, model_id, amount, cost, owner, alive_at)"
                    " VALUES (?, ?, ?, 0, ?, '', '')",
                    [reply_id, day.isoformat(), model_id, more],
                )
            if made:
                _added_up(db, day)
                return
            db.change(
                "UPDATE budget_days SET spent = spent + ?, reserved = reserved - ? WHERE day = ?",
                [more, given, day.isoformat()],
            )

    def claim(self, before: datetime, *, owner: str, now: datetime) -> list[Abandoned]:
        late = "cost IS NULL AND alive_at < ? AND owner <> ?"
        values = [rows.stamp(before), owner]
        with self._reading() as db:
            if not db.rows(f"SELECT 1 FROM spendings WHERE {late} LIMIT 1", values):
                return []
        with self._writing() as db:
            found = db.rows(
                "SELECT s.id, s.model_id, s.amount, s.generation_id, s.alive_at, u.cost AS told"
                f" FROM (SELECT * FROM spendings WHERE {late}) s"
                " LEFT JOIN usage u ON u.id = s.id",
                values,
            )
            claimed = [
                row
                for row in found
                # Another process may have been faster.
                if db.change(
                    f"UPDATE spendings SET owner = ?, alive_at = ? WHERE id = ? AND {late}",
                    [owner, rows.stamp(now), row["id"], *values],
                )
            ]
        return [
            Abandoned(
                Reservation(row["id"], row["model_id"], dollars(int(row["amount"])), row["generation_id"]),
                None if row["told"] is None else dollars(int(row["told"])),
                datetime.fromisoformat(row["alive_at"]),
            )
            for row in claimed
        ]

    def beat_budget(self, owner: str, now: datetime) -> None:
        with self._writing() as db:
            db.change(
                "UPDATE spendings SET alive_at = ? WHERE owner = ? AND cost IS NULL", [rows.stamp(now), owner]
            )


def _lock(db: Tables, day: date) -> bool:
    """Holds a day's row against everybody else; says whether it was made for that."""
    if db.change(
        "INSERT INTO budget_days (day, spent, reserved) VALUES (?, 0, 0) ON CONFLICT DO NOTHING",
        [day.isoformat()],
    ):
        return True
    db.change("UPDATE budget_days SET spent = spent WHERE day = ?", [day.isoformat()])
    return False


def _added_up(db: Tables, day: date) -> Account:
    """Writes into a day's row what its answers say, whatever it said before."""
    begin, end = day.isoformat(), (day + timedelta(days=1)).isoformat()
    [row] = db.rows(_SPENT, [begin, begin, end, begin, begin])
    db.change(
        "UPDATE budget_days SET spent = ?, reserved = ? WHERE day = ?",
        [int(row["spent"]), int(row["reserved"]), begin],
    )
    return _account(db, day)


def _account(db: Tables, day: date) -> Account:
    found = db.rows("SELECT spent, reserved FROM budget_days WHERE day = ?", [day.isoformat()])
    if not found:
        return Account(day)
    return Account(day, dollars(int(found[0]["spent"])), dollars(int(found[0]["reserved"])))


def _forget(db: Tables, before: date) -> None:
    """What was spent on days long ago is known from the answers."""
    for table in ("spendings", "budget_days"):
        db.change(f"DELETE FROM {table} WHERE day < ?", [before.isoformat()])
