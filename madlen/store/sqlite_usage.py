"""Figures of answers on SQLite."""

from __future__ import annotations

from madlen.store.usage_tables import UsageTables


class SQLiteUsage(UsageTables):
    """What a store does with figures of answers, in the transactions that it has."""

    _newest = (
        "CROSS JOIN usage u ON u.seq IN"
        " (SELECT seq FROM usage WHERE {which} ORDER BY moment DESC LIMIT {number})"
    )
