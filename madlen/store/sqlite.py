"""The ``Store`` contract on one SQLite file, through sqlite-utils."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from madlen.store import copies, rows
from madlen.store.asking import Asking
from madlen.store.budget_tables import BudgetTables
from madlen.store.connections import VERSION, VERSION_INFO, Connections, is_safe
from madlen.store.history_tables import LISTED
from madlen.store.keeping import Keeping
from madlen.store.library import Database
from madlen.store.listening import SQLiteListener
from madlen.store.schema import migrations
from madlen.store.sqlite_history import SQLiteHistory
from madlen.store.sqlite_judgements import SQLiteJudgements
from madlen.store.sqlite_lane_sets import SQLiteLaneSets
from madlen.store.sqlite_overview import SQLiteOverview
from madlen.store.sqlite_presets import SQLitePresets
from madlen.store.sqlite_revisions import SQLiteRevisions
from madlen.store.sqlite_sets import SQLiteSets
from madlen.store.sqlite_usage import SQLiteUsage
from madlen.store.sqlite_votes import SQLiteVotes
from madlen.types import Choices, Lane, Parameters, Reply, Session, Status, Turn

_MESSAGES = """
    SELECT * FROM messages WHERE session_id = ?
    AND session_id NOT IN (SELECT id FROM chat_sessions WHERE deleted_at IS NOT NULL) ORDER BY seq
"""
_REPLY = """
    SELECT * FROM messages WHERE id = ? AND role = 'assistant'
    AND session_id NOT IN (SELECT id FROM chat_sessions WHERE deleted_at IS NOT NULL)
"""
_PICTURES = """
    SELECT link.message_id, link.image_url, image.sha256, image.media_type, image.content
    FROM message_images link
    JOIN messages message ON message.id = link.message_id
    LEFT JOIN images image ON image.sha256 = link.sha256
    WHERE {which} ORDER BY link.message_id, link.position
"""


class SQLiteStore(
    SQLiteHistory,
    SQLiteVotes,
    SQLiteLaneSets,
    SQLiteSets,
    SQLiteJudgements,
    SQLitePresets,
    SQLiteRevisions,
    SQLiteOverview,
    Asking,
    Keeping,
    SQLiteUsage,
    BudgetTables,
):
    """Keeps the ``Store`` protocol. ``path`` is relative to the working folder or absolute."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._connections = Connections(path, self._upgrade)

    def _upgrade(self, db: Database) -> None:
        copies.before_upgrade(db, self._path)
        migrations.apply(db)

    @property
    def description(self) -> str:
        return f"SQLite {VERSION} in {self._path}"

    @property
    def warnings(self) -> Sequence[str]:
        if is_safe(VERSION_INFO):
            return ()
        return (
            f"SQLite {VERSION} may lose data when several writers meet (fixed in 3.51.3). "
            "Install pysqlite3, which brings a current one, or a newer SQLite.",
        )

    def close(self) -> None:
        self._connections.close()

    def session(self, session_id: str) -> Session:
        with self._connections.read() as db:
            found = list(db.query(f"{LISTED} WHERE id = ? AND deleted_at IS NULL", [session_id]))
        if not found:
            raise rows.no_session()
        return rows.session(found[0])

    def rename_session(self, session_id: str, title: str, now: datetime) -> None:
        with self._connections.write() as db:
            if not db.execute(
                "UPDATE chat_sessions SET title = ?, updated_at = ?, named = 1"
                " WHERE id = ? AND deleted_at IS NULL",
                [title, rows.stamp(now), session_id],
            ).rowcount:
                raise rows.no_session()

    def configure(self, session_id: str, *, system: str, parameters: Parameters) -> None:
        with self._connections.write() as db:
            if not db.execute(
                "UPDATE chat_sessions SET system = ?, parameters = ? WHERE id = ? AND deleted_at IS NULL",
                [system, rows.parameters(parameters), session_id],
            ).rowcount:
                raise rows.no_session()

    def arrange(self, session_id: str, lanes: Sequence[Lane]) -> None:
        with self._connections.write() as db:
            if not db.execute(
                "UPDATE chat_sessions SET lanes = ? WHERE id = ? AND deleted_at IS NULL",
                [rows.lanes(lanes), session_id],
            ).rowcount:
                raise rows.no_session()

    def delete_session(self, session_id: str) -> None:
        with self._connections.write() as db:
            if not db.execute(
                "DELETE FROM chat_sessions WHERE id = ? AND deleted_at IS NULL", [session_id]
            ).rowcount:
                raise rows.no_session()

    def turns(self, session_id: str) -> list[Turn]:
        with self._connections.read() as db:
            messages = list(
                db.query(
                    _MESSAGES,
                    [session_id],
                )
            )
            pictures = _pictures(db, "message.session_id = ?", session_id)
        return rows.turns(messages, pictures)

    def checkpoint(self, replies: Sequence[Reply]) -> None:
        with self._connections.write() as db:
            db.conn.executemany(
                "UPDATE messages SET content = ?, reasoning = ?, extra_metadata = ?"
                " WHERE id = ? AND status = 'streaming'",
                [(reply.text, reply.reasoning, rows.metadata(reply), reply.id) for reply in replies],
            )

    def reply(self, reply_id: str) -> Reply:
        with self._connections.read() as db:
            found = list(
                db.query(
                    _REPLY,
                    [reply_id],
                )
            )
            if not found:
                raise rows.no_message()
            pictures = _pictures(db, "link.message_id = ?", reply_id)
        return rows.reply(found[0], pictures.get(reply_id, ()))

    def choices(self, *, recent: int = 8) -> Choices:
        with self._connections.read() as db:
            pinned = list(
                db.query("SELECT model_id FROM model_choices WHERE pinned_at IS NOT NULL ORDER BY pinned_at")
            )
            used = list(
                db.query(
                    "SELECT model_id FROM model_choices WHERE used_at IS NOT NULL"
                    " ORDER BY used_at DESC, model_id LIMIT ?",
                    [recent],
                )
            )
        return Choices(
            tuple(row["model_id"] for row in pinned),
            tuple(row["model_id"] for row in used),
        )

    def pin_model(self, model_id: str, now: datetime | None) -> None:
        with self._connections.write() as db:
            db.execute(
                "INSERT INTO model_choices (model_id, pinned_at) VALUES (?, ?)"
                " ON CONFLICT (model_id) DO UPDATE SET pinned_at = excluded.pinned_at",
                [model_id, now and rows.stamp(now)],
            )

    def beat(self, reply_ids: Sequence[str], now: datetime) -> None:
        with self._connections.write() as db:
            db.execute(
                "UPDATE messages SET alive_at = ? WHERE id IN (SELECT value FROM json_each(?))",
                [rows.stamp(now), json.dumps(list(reply_ids))],
            )

    def request_stop(self, reply_id: str) -> None:
        with self._connections.write() as db:
            db.execute(
                "UPDATE messages SET stop_requested = 1 WHERE id = ? AND status = ?",
                [reply_id, Status.STREAMING.value],
            )

    def unwanted(self, reply_ids: Sequence[str]) -> set[str]:
        with self._connections.read() as db:
            # A connection keeps its statements: with a mark for each id, one for every number of answers in
            # flight, which took megabytes beside a thousand of them.
            wanted = db.query(
                "SELECT id FROM messages WHERE id IN (SELECT value FROM json_each(?)) AND NOT stop_requested",
                [json.dumps(list(reply_ids))],
            )
            return {*reply_ids} - {row["id"] for row in wanted}

    def listen(self) -> SQLiteListener:
        return SQLiteListener(self._path)

    def interrupt_abandoned(self, before: datetime, sentence: str) -> int:
        with self._connections.write() as db:
            return db.execute(
                """
                UPDATE messages SET status = ?, extra_metadata = json_set(
                    coalesce(extra_metadata, '{}'), '$.error',
                    json_object('kind', 'interrupted', 'sentence', ?, 'status', 502))
                WHERE status = 'streaming' AND alive_at < ?
                """,
                [Status.INTERRUPTED.value, sentence, rows.stamp(before)],
            ).rowcount

    def check(self) -> None:
        with self._connections.write() as db:
            # A no-op update takes the write lock and touches the log, where disk full shows.
            db.execute("UPDATE _sqlite_migrations SET name = name")


def _pictures(db: Database, which: str, value: str) -> rows.Pictures:
    return rows.pictures(list(db.query(_PICTURES.format(which=which), [value])))
