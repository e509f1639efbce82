"""Sets of lanes, and how long answers were, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable
from typing import LiteralString

from madlen.lane_sets import LaneSet
from madlen.store import rows
from madlen.store.lane_sets import RECENT_ANSWERS, medians, no_lane_set
from madlen.store.postgres_connections import Connections

_KEEP: LiteralString = """
    INSERT INTO lane_sets (name, lanes, updated_at) VALUES (%(name)s, %(lanes)s, %(updated_at)s)
    ON CONFLICT (name) DO UPDATE SET lanes = excluded.lanes, updated_at = excluded.updated_at
"""
_ANSWERS: LiteralString = """
    SELECT (without_nul(extra_metadata) #>> '{usage,completion_tokens}')::bigint AS tokens FROM messages
    WHERE model_id = %s AND role = 'assistant' AND status = 'complete' ORDER BY seq DESC LIMIT %s
"""


class PostgresLaneSets:
    """What a store does with sets of lanes, on the connections that it has."""

    _connections: Connections

    def lane_sets(self) -> list[LaneSet]:
        with self._connections.read() as connection:
            found = connection.execute("SELECT * FROM lane_sets ORDER BY name").fetchall()
        return [rows.lane_set(row) for row in found]

    def lane_set(self, name: str) -> LaneSet:
        with self._connections.read() as connection:
            found = connection.execute("SELECT * FROM lane_sets WHERE name = %s", [name]).fetchone()
        if found is None:
            raise no_lane_set()
        return rows.lane_set(found)

    def keep_lane_set(self, wanted: LaneSet) -> None:
        with self._connections.write() as connection:
            connection.execute(_KEEP, rows.lane_set_columns(wanted))

    def delete_lane_set(self, name: str) -> None:
        with self._connections.write() as connection:
            if not connection.execute("DELETE FROM lane_sets WHERE name = %s", [name]).rowcount:
                raise no_lane_set()

    def median_answers(self, model_ids: Iterable[str]) -> dict[str, int]:
        with self._connections.read() as connection:
            found = {
                one: connection.execute(_ANSWERS, [one, RECENT_ANSWERS]).fetchall() for one in set(model_ids)
            }
        return medians(
            {one: (row["tokens"] for row in answers if row["tokens"]) for one, answers in found.items()}
        )
