"""Sessions of the ``Store`` contract that are kept whole, on PostgreSQL, and where they came from."""

from __future__ import annotations

from collections.abc import Sequence

from madlen.origins import Origin
from madlen.store import rows
from madlen.store.postgres_connections import Connections
from madlen.store.postgres_rows import insert, insert_pictures
from madlen.types import Session, Turn
from madlen.votes import Vote


class PostgresKeeping:
    """What a store does with whole sessions, on the connections that it has."""

    _connections: Connections

    def keep(
        self,
        session: Session,
        turns: Sequence[Turn],
        *,
        votes: Sequence[Vote] = (),
        origin: Origin | None = None,
    ) -> None:
        now = rows.stamp(session.updated_at)
        with self._connections.write() as connection:
            columns = {**rows.session_columns(session), "origin": rows.origin_column(origin)}
            insert(connection, "chat_sessions", columns)
            for turn in turns:
                insert(connection, "messages", rows.prompt_columns(turn))
                insert_pictures(connection, turn.id, turn.pictures)
                for reply in turn.replies:
                    insert(connection, "messages", rows.reply_columns(reply, now))
                    insert_pictures(connection, reply.id, reply.pictures)
            for vote in votes:
                insert(connection, "votes", rows.vote_columns(vote))

    def origin(self, session_id: str) -> Origin | None:
        with self._connections.read() as connection:
            found = connection.execute(
                "SELECT origin FROM chat_sessions WHERE id = %s", [session_id]
            ).fetchone()
        if found is None:
            raise rows.no_session()
        return rows.origin(found)
