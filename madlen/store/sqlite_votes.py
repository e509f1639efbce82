"""The votes of the ``Store`` contract on SQLite."""

from __future__ import annotations

from madlen.store import rows
from madlen.store.connections import Connections
from madlen.types import Turn
from madlen.votes import Vote

_MESSAGES = """
    SELECT * FROM messages WHERE id IN (SELECT turn_id FROM votes)
    UNION ALL SELECT * FROM messages WHERE turn_id IN (SELECT turn_id FROM votes)
    ORDER BY seq
"""
_VOTES = """
    SELECT * FROM votes WHERE session_id NOT IN (SELECT id FROM chat_sessions WHERE deleted_at IS NOT NULL)
    ORDER BY voted_at, turn_id
"""
_PICTURES = """
    SELECT link.message_id, link.image_url, link.sha256, image.media_type, x'' AS content
    FROM message_images link LEFT JOIN images image ON image.sha256 = link.sha256
    WHERE link.message_id IN (SELECT turn_id FROM votes) ORDER BY link.message_id, link.position
"""


class SQLiteVotes:
    """What a store does with votes, on the connections that it has."""

    _connections: Connections

    def vote(self, vote: Vote) -> None:
        with self._connections.write() as db:
            if not db.table("messages").count_where("id = ? AND role = 'user'", [vote.turn_id]):
                raise rows.no_message()
            db.table("votes").upsert(rows.vote_columns(vote), pk="turn_id")

    def votes_of(self, session_id: str) -> list[Vote]:
        with self._connections.read() as db:
            found = list(
                db.query("SELECT * FROM votes WHERE session_id = ? ORDER BY voted_at, turn_id", [session_id])
            )
        return [rows.vote(row) for row in found]

    def ballots(self) -> list[tuple[Vote, Turn]]:
        with self._connections.read() as db:
            votes = list(db.query(_VOTES))
            messages, pictures = list(db.query(_MESSAGES)), list(db.query(_PICTURES))
        return rows.ballots(votes, messages, rows.pictures(pictures))
