"""Sessions of the ``Store`` contract that are kept whole, and where they came from, on every back end."""

from __future__ import annotations

from collections.abc import Sequence

from madlen.origins import Origin
from madlen.store import rows, tables
from madlen.store.tables import Transactions
from madlen.types import Session, Turn
from madlen.votes import Vote


class Keeping(Transactions):
    """What a store does with whole sessions, in the transactions that it has."""

    def keep(
        self,
        session: Session,
        turns: Sequence[Turn],
        *,
        votes: Sequence[Vote] = (),
        origin: Origin | None = None,
    ) -> None:
        now = rows.stamp(session.updated_at)
        columns = {**rows.session_columns(session), "origin": rows.origin_column(origin)}
        with self._writing() as db:
            tables.insert(db, "chat_sessions", [columns])
            for turn in turns:
                tables.insert(db, "messages", [rows.prompt_columns(turn)])
                tables.insert(db, "messages", [rows.reply_columns(reply, now) for reply in turn.replies])
                tables.show(db, [turn, *turn.replies])
            tables.insert(db, "votes", [rows.vote_columns(vote) for vote in votes])

    def origin(self, session_id: str) -> Origin | None:
        with self._reading() as db:
            found = db.rows(
                "SELECT origin FROM chat_sessions WHERE id = ? AND deleted_at IS NULL", [session_id]
            )
        if not found:
            raise rows.no_session()
        return rows.origin(found[0])
