"""What readers change of a session, in the ``Store`` contract on SQLite."""

from __future__ import annotations

from collections.abc import Mapping

from madlen.origins import Fork
from madlen.remarks import Rating, Remarks, Thumbs
from madlen.store import revision_rows, rows
from madlen.store.connections import Connections


class SQLiteRevisions:
    """What a store does with revisions, on the connections that it has."""

    _connections: Connections

    def remarks(self, session_id: str) -> Remarks:
        with self._connections.read() as db:
            found = list(
                db.query(
                    "SELECT id, chosen, rating FROM messages"
                    " WHERE session_id = ? AND (chosen IS NOT NULL OR rating IS NOT NULL)",
                    [session_id],
                )
            )
        return revision_rows.remarks(found)

    def choose(self, turn_id: str, reply_id: str) -> None:
        with self._connections.write() as db:
            if not db.execute(
                "UPDATE messages SET chosen = ? WHERE id = ?"
                " AND EXISTS (SELECT 1 FROM messages reply WHERE reply.id = ? AND reply.turn_id = ?)",
                [reply_id, turn_id, reply_id, turn_id],
            ).rowcount:
                raise rows.no_message()

    def rate(self, reply_id: str, rating: Rating | None) -> None:
        with self._connections.write() as db:
            if not db.execute(
                "UPDATE messages SET rating = ? WHERE id = ? AND role = 'assistant'",
                [revision_rows.rating_column(rating), reply_id],
            ).rowcount:
                raise rows.no_message()

    def thumbs(self) -> Mapping[str, Thumbs]:
        with self._connections.read() as db:
            found = list(
                db.query(
                    "SELECT model_id, sum(rating = 1) AS up, sum(rating = -1) AS down FROM messages"
                    " WHERE rating IS NOT NULL GROUP BY model_id"
                )
            )
        return revision_rows.thumbs(found)

    def disliked(self) -> frozenset[str]:
        with self._connections.read() as db:
            found = list(db.query("SELECT extra_metadata FROM messages WHERE rating = -1"))
        return revision_rows.span_ids(found)

    def delete_turn(self, session_id: str, turn_id: str) -> None:
        with self._connections.write() as db:
            if not db.execute(
                "DELETE FROM messages WHERE id = ? AND session_id = ? AND role = 'user'",
                [turn_id, session_id],
            ).rowcount:
                raise rows.no_message()

    def forks(self, session_id: str) -> list[Fork]:
        with self._connections.read() as db:
            found = list(
                db.query(
                    "SELECT id, title, origin FROM chat_sessions WHERE origin IS NOT NULL"
                    " AND json_extract(origin, '$.session_id') = ?"
                    " AND json_extract(origin, '$.kind') = 'fork' ORDER BY seq",
                    [session_id],
                )
            )
        return revision_rows.forks(found)
