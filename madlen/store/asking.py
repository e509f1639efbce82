"""Prompts and answers of the ``Store`` contract, as they begin and as they end, on every back end."""

from __future__ import annotations

from collections.abc import Sequence

from madlen.store import rows, tables
from madlen.store.tables import Transactions
from madlen.types import Reply, Session, Turn


class Asking(Transactions):
    """What a store does from Enter to the last word, in the transactions that it has.

    In few statements: after each one a thread waits for Python's lock, and here a prompt waits with it.
    """

    def create_session(self, session: Session) -> None:
        with self._writing() as db:
            tables.insert(db, "chat_sessions", [rows.session_columns(session)])

    def begin(
        self, turn: Turn, replies: Sequence[Reply], *, model_id: str, session: Session | None = None
    ) -> None:
        now = rows.stamp(replies[0].created_at if replies else turn.created_at)
        with self._writing() as db:
            if session is not None:
                latest = {"updated_at": now, "model_id": model_id}
                tables.insert(db, "chat_sessions", [rows.session_columns(session) | latest])
            # In PostgreSQL the row's lock keeps the messages of a session in the order of their transactions.
            elif not db.change(
                "UPDATE chat_sessions SET updated_at = ?, model_id = ? WHERE id = ? AND deleted_at IS NULL",
                [now, model_id, turn.session_id],
            ):
                raise rows.no_session()
            if session is not None or not db.change(
                "UPDATE messages SET chosen = NULL WHERE id = ?", [turn.id]
            ):
                tables.insert(db, "messages", [rows.prompt_columns(turn)])
                tables.show(db, [turn])
            tables.insert(db, "messages", [rows.reply_columns(reply, now) for reply in replies])
            # In one order everywhere: two that wait for each other's row would wait for ever.
            asked = sorted({reply.model_id for reply in replies})
            tables.insert(
                db,
                "model_choices",
                [{"model_id": model, "used_at": now} for model in asked],
                " ON CONFLICT (model_id) DO UPDATE SET used_at = excluded.used_at",
            )

    def save(self, reply: Reply) -> None:
        with self._writing() as db:
            if db.change(
                "UPDATE messages SET content = ?, reasoning = ?, status = ?, extra_metadata = ? WHERE id = ?",
                [reply.text, reply.reasoning, reply.status.value, rows.metadata(reply), reply.id],
            ):
                tables.show(db, [reply])
