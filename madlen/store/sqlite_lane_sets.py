"""Sets of lanes, and how long answers were, on SQLite."""

from __future__ import annotations

from collections.abc import Iterable

from madlen.lane_sets import LaneSet
from madlen.store import rows
from madlen.store.connections import Connections
from madlen.store.lane_sets import RECENT_ANSWERS, medians, no_lane_set

_ANSWERS = """
    SELECT json_extract(extra_metadata, '$.usage.completion_tokens') AS tokens FROM messages
    WHERE model_id = ? AND role = 'assistant' AND status = 'complete' ORDER BY seq DESC LIMIT ?
"""


class SQLiteLaneSets:
    """What a store does with sets of lanes, on the connections that it has."""

    _connections: Connections

    def lane_sets(self) -> list[LaneSet]:
        with self._connections.read() as db:
            found = list(db.query("SELECT * FROM lane_sets ORDER BY name"))
        return [rows.lane_set(row) for row in found]

    def lane_set(self, name: str) -> LaneSet:
        with self._connections.read() as db:
            found = list(db.query("SELECT * FROM lane_sets WHERE name = ?", [name]))
        if not found:
            raise no_lane_set()
        return rows.lane_set(found[0])

    def keep_lane_set(self, wanted: LaneSet) -> None:
        with self._connections.write() as db:
            db.table("lane_sets").upsert(rows.lane_set_columns(wanted), pk="name")

    def delete_lane_set(self, name: str) -> None:
        with self._connections.write() as db:
            if not db.execute("DELETE FROM lane_sets WHERE name = ?", [name]).rowcount:
                raise no_lane_set()

    def median_answers(self, model_ids: Iterable[str]) -> dict[str, int]:
        with self._connections.read() as db:
            found = {one: list(db.query(_ANSWERS, [one, RECENT_ANSWERS])) for one in set(model_ids)}
        return medians(
            {one: (row["tokens"] for row in answers if row["tokens"]) for one, answers in found.items()}
        )
