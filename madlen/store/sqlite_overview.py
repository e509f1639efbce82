"""Figures over all sessions on SQLite, and ways to empty them."""

from __future__ import annotations

from pathlib import Path

from madlen.holdings import Holdings
from madlen.store.connections import Connections
from madlen.store.overview import check_number
from madlen.track_records import NEWEST, TrackRecord, collected

# Only the newest of each model are read: a million answers take as long as a thousand, but for the count,
# which the index of models answers.
_ANSWERED = """
    WITH counted AS (
        SELECT model_id, count(*) AS answers FROM messages
        WHERE role = 'assistant' AND model_id <> '' GROUP BY model_id
    )
    SELECT counted.model_id, counted.answers, sum(message.status = 'failed') AS failures,
        json_group_array(json_array(
            json_extract(message.extra_metadata, '$.timing.time_to_first_token'),
            json_extract(message.extra_metadata, '$.timing.time_to_first_chunk'),
            json_extract(message.extra_metadata, '$.timing.duration'),
            json_extract(message.extra_metadata, '$.usage.completion_tokens')
        )) AS measured
    FROM counted CROSS JOIN messages message ON message.seq IN (
        SELECT seq FROM messages WHERE role = 'assistant' AND model_id = counted.model_id
        ORDER BY seq DESC LIMIT ?
    )
    GROUP BY counted.model_id
"""
_FOUGHT = """
    WITH placed AS (
        SELECT vote.turn_id, answer.model_id, grouped.key AS place
        FROM votes vote, json_each(vote.choice) grouped, json_each(grouped.value) one
        JOIN messages answer ON answer.id = one.value AND answer.turn_id = vote.turn_id
    )
    SELECT a.model_id, sum(a.place < b.place) AS won, sum(a.place > b.place) AS lost
    FROM placed a JOIN placed b ON b.turn_id = a.turn_id AND b.model_id <> a.model_id
    GROUP BY a.model_id
"""
_COUNTED = """
    SELECT (SELECT count(*) FROM chat_sessions WHERE kind = 'chat') AS chats,
        (SELECT count(*) FROM messages) AS messages, (SELECT count(*) FROM images) AS images,
        (SELECT count(*) FROM votes) AS votes
"""


class SQLiteOverview:
    """What a store says of everything it holds, on the connections that it has."""

    _connections: Connections
    _path: str

    def track_records(self) -> dict[str, TrackRecord]:
        with self._connections.read() as db:
            return collected(list(db.query(_ANSWERED, [NEWEST])), list(db.query(_FOUGHT)))

    def holdings(self) -> Holdings:
        with self._connections.read() as db:
            [row] = list(db.query(_COUNTED))
        return Holdings(**row, bytes=_size(self._path), log_bytes=_size(f"{self._path}-wal"))

    def delete_chats(self, number: int) -> list[str]:
        with self._connections.write() as db:
            found = [row["id"] for row in db.query("SELECT id FROM chat_sessions WHERE kind = 'chat'")]
            check_number(number, len(found))
            db.execute("DELETE FROM chat_sessions WHERE kind = 'chat'")
        return found

    def forget_choices(self) -> None:
        with self._connections.write() as db:
            db.execute("DELETE FROM model_choices")


def _size(path: str) -> int:
    """Bytes of a file, which may come and go: SQLite removes its log with the last connection."""
    try:
        return Path(path).stat().st_size
    except FileNotFoundError:
        return 0
