"""Figures of answers on PostgreSQL."""

from __future__ import annotations

from madlen.store.usage_tables import UsageTables


class PostgresUsage(UsageTables):
    """What a store does with figures of answers, in the transactions that it has."""

    _newest = "CROSS JOIN LATERAL (SELECT * FROM usage WHERE {which} ORDER BY moment DESC LIMIT {number}) u"
