"""The ``Store`` contract on PostgreSQL, for several Madlens at once, through psycopg."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import LiteralString

from madlen.errors import StoreUnavailable
from madlen.store import rows
from madlen.store.asking import Asking
from madlen.store.keeping import Keeping
from madlen.store.postgres_budget import PostgresBudget
from madlen.store.postgres_connections import Connections
from madlen.store.postgres_history import PostgresHistory
from madlen.store.postgres_judgements import PostgresJudgements
from madlen.store.postgres_lane_sets import PostgresLaneSets
from madlen.store.postgres_listening import CHANNEL, PostgresListener
from madlen.store.postgres_overview import PostgresOverview
from madlen.store.postgres_presets import PostgresPresets
from madlen.store.postgres_revisions import PostgresRevisions
from madlen.store.postgres_schema import migrate
from madlen.store.postgres_sets import PostgresSets
from madlen.store.postgres_usage import PostgresUsage
from madlen.store.postgres_votes import PostgresVotes
from madlen.types import Choices, Failure, Lane, Parameters, Reply, Session, Status, Turn

_SESSION: LiteralString = """
    SELECT s.*, (SELECT count(*) FROM messages m WHERE m.session_id = s.id) AS message_count
    FROM chat_sessions s WHERE id = %s AND deleted_at IS NULL
"""
_MESSAGES: LiteralString = """
    SELECT * FROM messages WHERE session_id = %s
    AND session_id NOT IN (SELECT id FROM chat_sessions WHERE deleted_at IS NOT NULL) ORDER BY seq
"""
_REPLY: LiteralString = """
    SELECT * FROM messages WHERE id = %s AND role = 'assistant'
    AND session_id NOT IN (SELECT id FROM chat_sessions WHERE deleted_at IS NOT NULL)
"""
_PICTURES: LiteralString = """
    SELECT link.message_id, link.image_url, image.sha256, image.media_type, image.content
    FROM message_images link
    JOIN messages message ON message.id = link.message_id
    LEFT JOIN images image ON image.sha256 = link.sha256
"""
_IN_ORDER: LiteralString = " ORDER BY link.message_id, link.position"


class PostgresStore(
    PostgresHistory,
    PostgresVotes,
    PostgresLaneSets,
    PostgresSets,
    PostgresJudgements,
    PostgresPresets,
    PostgresRevisions,
    PostgresOverview,
    Asking,
    Keeping,
    PostgresUsage,
    PostgresBudget,
):
    """Keeps the ``Store`` protocol. ``url`` is what libpq takes: ``postgresql://user:password@host/database``."""

    def __init__(self, url: str) -> None:
        self._connections = Connections(url, migrate)
        self._name = uuid.uuid4().hex

    @property
    def description(self) -> str:
        return f"PostgreSQL {self._connections.version} on {self._connections.place}"

    @property
    def warnings(self) -> Sequence[str]:
        return ()

    def close(self) -> None:
        self._connections.close()

    def session(self, session_id: str) -> Session:
        with self._connections.read() as connection:
            found = connection.execute(_SESSION, [session_id]).fetchone()
        if found is None:
            raise rows.no_session()
        return rows.session(found)

    def rename_session(self, session_id: str, title: str, now: datetime) -> None:
        with self._connections.write() as connection:
            if not connection.execute(
                "UPDATE chat_sessions SET title = %s, updated_at = %s, named = true"
                " WHERE id = %s AND deleted_at IS NULL",
                [title, rows.stamp(now), session_id],
            ).rowcount:
                raise rows.no_session()

    def configure(self, session_id: str, *, system: str, parameters: Parameters) -> None:
        with self._connections.write() as connection:
            if not connection.execute(
                "UPDATE chat_sessions SET system = %s, parameters = %s WHERE id = %s AND deleted_at IS NULL",
                [system, rows.parameters(parameters), session_id],
            ).rowcount:
                raise rows.no_session()

    def arrange(self, session_id: str, lanes: Sequence[Lane]) -> None:
        with self._connections.write() as connection:
            if not connection.execute(
                "UPDATE chat_sessions SET lanes = %s WHERE id = %s AND deleted_at IS NULL",
                [rows.lanes(lanes), session_id],
            ).rowcount:
                raise rows.no_session()

    def delete_session(self, session_id: str) -> None:
        with self._connections.write() as connection:
            in_flight = connection.execute(
                "SELECT id FROM messages WHERE session_id = %s AND status = %s FOR UPDATE",
                [session_id, Status.STREAMING.value],
            ).fetchall()
            if not connection.execute(
                "DELETE FROM chat_sessions WHERE id = %s AND deleted_at IS NULL", [session_id]
            ).rowcount:
                raise rows.no_session()
        self._tell(row["id"] for row in in_flight)

    def turns(self, session_id: str) -> list[Turn]:
        with self._connections.read() as connection:
            messages = connection.execute(_MESSAGES, [session_id]).fetchall()
            pictures = connection.execute(
                _PICTURES + " WHERE message.session_id = %s" + _IN_ORDER, [session_id]
            ).fetchall()
        return rows.turns(messages, rows.pictures(pictures))

    def save(self, reply: Reply) -> None:
        super().save(reply)
        self._tell([reply.id])

    def checkpoint(self, replies: Sequence[Reply]) -> None:
        with self._connections.write() as connection, connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE messages SET content = %s, reasoning = %s, extra_metadata = %s"
                " WHERE id = %s AND status = 'streaming'",
                [(reply.text, reply.reasoning, rows.metadata(reply), reply.id) for reply in replies],
            )
        self._tell([reply.id for reply in replies])

    def reply(self, reply_id: str) -> Reply:
        with self._connections.read() as connection:
            found = connection.execute(_REPLY, [reply_id]).fetchone()
            if found is None:
                raise rows.no_message()
            pictures = connection.execute(
                _PICTURES + " WHERE link.message_id = %s" + _IN_ORDER, [reply_id]
            ).fetchall()
        return rows.reply(found, rows.pictures(pictures).get(reply_id, ()))

    def choices(self, *, recent: int = 8) -> Choices:
        with self._connections.read() as connection:
            pinned = connection.execute(
                "SELECT model_id FROM model_choices WHERE pinned_at IS NOT NULL ORDER BY pinned_at"
            ).fetchall()
            used = connection.execute(
                "SELECT model_id FROM model_choices WHERE used_at IS NOT NULL"
                " ORDER BY used_at DESC, model_id LIMIT %s",
                [recent],
            ).fetchall()
        return Choices(
            tuple(row["model_id"] for row in pinned),
            tuple(row["model_id"] for row in used),
        )

    def pin_model(self, model_id: str, now: datetime | None) -> None:
        with self._connections.write() as connection:
            connection.execute(
                "INSERT INTO model_choices (model_id, pinned_at) VALUES (%s, %s)"
                " ON CONFLICT (model_id) DO UPDATE SET pinned_at = excluded.pinned_at",
                [model_id, now and rows.stamp(now)],
            )

    def beat(self, reply_ids: Sequence[str], now: datetime) -> None:
        with self._connections.write() as connection:
            # One whose row is being written this moment lives; the next beat says so.
            connection.execute(
                "UPDATE messages SET alive_at = %s WHERE id IN"
                " (SELECT id FROM messages WHERE id = ANY(%s) FOR UPDATE SKIP LOCKED)",
                [rows.stamp(now), list(reply_ids)],
            )

    def request_stop(self, reply_id: str) -> None:
        with self._connections.write() as connection:
            connection.execute(
                "UPDATE messages SET stop_requested = true WHERE id = %s AND status = %s",
                [reply_id, Status.STREAMING.value],
            )
        self._tell([reply_id])

    def unwanted(self, reply_ids: Sequence[str]) -> set[str]:
        with self._connections.read() as connection:
            wanted = connection.execute(
                "SELECT id FROM messages WHERE id = ANY(%s) AND NOT stop_requested", [list(reply_ids)]
            ).fetchall()
        return {*reply_ids} - {row["id"] for row in wanted}

    def listen(self) -> PostgresListener:
        return PostgresListener(self._connections, self._name)

    def interrupt_abandoned(self, before: datetime, sentence: str) -> int:
        failure = Failure("interrupted", sentence, 502)
        with self._connections.write() as connection:
            abandoned = connection.execute(
                "SELECT id, extra_metadata FROM messages WHERE status = %s AND alive_at < %s"
                " FOR UPDATE SKIP LOCKED",
                [Status.STREAMING.value, rows.stamp(before)],
            ).fetchall()
            for row in abandoned:
                connection.execute(
                    "UPDATE messages SET status = %s, extra_metadata = %s WHERE id = %s",
                    [Status.INTERRUPTED.value, rows.failed(row["extra_metadata"], failure), row["id"]],
                )
        self._tell(row["id"] for row in abandoned)
        return len(abandoned)

    def check(self) -> None:
        with self._connections.write() as connection, connection.transaction(force_rollback=True):
            connection.execute("UPDATE madlen_migrations SET name = name")

    def _tell(self, reply_ids: Iterable[str]) -> None:
        """Lets the other processes hear of the replies.

        In a transaction of its own, which need not wait for the disk: all those that tell something
        commit one after the other. Followers look by themselves after a while, so it may fail.
        """
        with suppress(StoreUnavailable):
            if told := [f"{self._name} {reply_id}" for reply_id in reply_ids]:
                with self._connections.plain() as connection:
                    connection.execute(
                        "SELECT pg_notify(%s, word) FROM unnest(%s::text[]) word", [CHANNEL, told]
                    )
