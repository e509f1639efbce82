"""Figures over all sessions on PostgreSQL, and ways to empty them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import LiteralString

from madlen.holdings import Holdings
from madlen.store.overview import check_number
from madlen.store.postgres_connections import Connections
from madlen.track_records import NEWEST, TrackRecord, collected
from madlen.types import Status

# Only the newest of each model are read: a million answers take as long as a thousand, but for the count.
_ANSWERED: LiteralString = """
    WITH counted AS (
        SELECT model_id, count(*) AS answers FROM messages
        WHERE role = 'assistant' AND model_id <> '' GROUP BY model_id
    )
    SELECT counted.model_id, counted.answers, count(*) FILTER (WHERE newest.status = 'failed') AS failures,
        json_agg(json_build_array(
            newest.extra #> '{timing,time_to_first_token}', newest.extra #> '{timing,time_to_first_chunk}',
            newest.extra #> '{timing,duration}', newest.extra #> '{usage,completion_tokens}'
        ))::text AS measured
    FROM counted CROSS JOIN LATERAL (
        SELECT status, without_nul(extra_metadata) AS extra FROM messages
        WHERE role = 'assistant' AND model_id = counted.model_id ORDER BY seq DESC LIMIT %s
    ) newest
    GROUP BY counted.model_id, counted.answers
"""
_FOUGHT: LiteralString = """
    WITH placed AS (
        SELECT vote.turn_id, answer.model_id, grouped.place
        FROM votes vote
        CROSS JOIN LATERAL json_array_elements(vote.choice) WITH ORDINALITY AS grouped (replies, place)
        CROSS JOIN LATERAL json_array_elements_text(grouped.replies) AS one (reply_id)
        JOIN messages answer ON answer.id = one.reply_id AND answer.turn_id = vote.turn_id
    )
    SELECT a.model_id, count(*) FILTER (WHERE a.place < b.place) AS won,
        count(*) FILTER (WHERE a.place > b.place) AS lost
    FROM placed a JOIN placed b ON b.turn_id = a.turn_id AND b.model_id <> a.model_id
    GROUP BY a.model_id
"""
_COUNTED: LiteralString = """
    SELECT (SELECT count(*) FROM chat_sessions WHERE kind = 'chat') AS chats,
        (SELECT count(*) FROM messages) AS messages, (SELECT count(*) FROM images) AS images,
        (SELECT count(*) FROM votes) AS votes, pg_database_size(current_database()) AS bytes
"""


class PostgresOverview(ABC):
    """What a store says of everything it holds, on the connections that it has."""

    _connections: Connections

    def track_records(self) -> dict[str, TrackRecord]:
        with self._connections.read() as connection:
            answered = connection.execute(_ANSWERED, [NEWEST]).fetchall()
            fought = connection.execute(_FOUGHT).fetchall()
        return collected(answered, fought)

    def holdings(self) -> Holdings:
        with self._connections.read() as connection:
            [row] = connection.execute(_COUNTED).fetchall()
        return Holdings(**row)

    def delete_chats(self, number: int) -> list[str]:
        with self._connections.write() as connection:
            # Nobody begins a chat while they are counted and deleted.
            connection.execute("LOCK TABLE chat_sessions IN SHARE ROW EXCLUSIVE MODE")
            in_flight = connection.execute(
                "SELECT m.id FROM messages m JOIN chat_sessions s ON s.id = m.session_id"
                " WHERE s.kind = 'chat' AND m.status = %s",
                [Status.STREAMING.value],
            ).fetchall()
            gone = connection.execute("DELETE FROM chat_sessions WHERE kind = 'chat' RETURNING id").fetchall()
            check_number(number, len(gone))
        self._tell(row["id"] for row in in_flight)
        return [row["id"] for row in gone]

    def forget_choices(self) -> None:
        with self._connections.write() as connection:
            connection.execute("DELETE FROM model_choices")

    @abstractmethod
    def _tell(self, reply_ids: Iterable[str]) -> None: ...
