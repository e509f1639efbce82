"""The votes of the ``Store`` contract on PostgreSQL."""

from __future__ import annotations

from typing import LiteralString

from madlen.store import rows
from madlen.store.postgres_connections import Connections
from madlen.types import Turn
from madlen.votes import Vote

_MESSAGES: LiteralString = """
    SELECT * FROM messages WHERE id IN (SELECT turn_id FROM votes)
    UNION ALL SELECT * FROM messages WHERE turn_id IN (SELECT turn_id FROM votes)
    ORDER BY seq
"""
_PICTURES: LiteralString = """
    SELECT link.message_id, link.image_url, link.sha256, image.media_type, ''::bytea AS content
    FROM message_images link LEFT JOIN images image ON image.sha256 = link.sha256
    WHERE link.message_id IN (SELECT turn_id FROM votes) ORDER BY link.message_id, link.position
"""
_VOTES: LiteralString = """
    SELECT * FROM votes WHERE session_id NOT IN (SELECT id FROM chat_sessions WHERE deleted_at IS NOT NULL)
    ORDER BY voted_at, turn_id
"""
_KEEP: LiteralString = """
    INSERT INTO votes (turn_id, session_id, choice, voted_at, bad, blind, note, tags)
    VALUES (%(turn_id)s, %(session_id)s, %(choice)s, %(voted_at)s, %(bad)s, %(blind)s, %(note)s, %(tags)s)
    ON CONFLICT (turn_id) DO UPDATE SET choice = excluded.choice, voted_at = excluded.voted_at,
        bad = excluded.bad, blind = excluded.blind, note = excluded.note, tags = excluded.tags
"""


class PostgresVotes:
    """What a store does with votes, on the connections that it has."""

    _connections: Connections

    def vote(self, vote: Vote) -> None:
        with self._connections.write() as connection:
            # Whoever deletes the turn waits, and then takes the vote with it.
            if not connection.execute(
                "SELECT 1 FROM messages WHERE id = %s AND role = 'user' FOR KEY SHARE", [vote.turn_id]
            ).fetchone():
                raise rows.no_message()
            connection.execute(_KEEP, rows.vote_columns(vote))

    def votes_of(self, session_id: str) -> list[Vote]:
        with self._connections.read() as connection:
            found = connection.execute(
                "SELECT * FROM votes WHERE session_id = %s ORDER BY voted_at, turn_id", [session_id]
            ).fetchall()
        return [rows.vote(row) for row in found]

    def ballots(self) -> list[tuple[Vote, Turn]]:
        with self._connections.read() as connection:
            votes = connection.execute(_VOTES).fetchall()
            messages = connection.execute(_MESSAGES).fetchall()
            pictures = connection.execute(_PICTURES).fetchall()
        return rows.ballots(votes, messages, rows.pictures(pictures))
