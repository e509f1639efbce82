"""Hearing from PostgreSQL what other processes do to replies, by LISTEN and NOTIFY."""

from __future__ import annotations

import psycopg

from madlen.store.postgres_connections import Connection, Connections

CHANNEL = "madlen_replies"


class PostgresListener:
    """Keeps the ``Listener`` protocol, on a connection of its own that is made when it first is used."""

    def __init__(self, connections: Connections, name: str) -> None:
        self._connections = connections
        self._name = name
        self._connection: Connection | None = None

    def heard(self, seconds: float) -> set[str] | None:
        with self._connections.sentences():
            if self._connection is None:
                self._connection = self._listening()
                return None
            try:
                told = list(self._connection.notifies(timeout=seconds, stop_after=1))
            except psycopg.Error:
                self.close()
                raise
        words = [notice.payload.partition(" ") for notice in told]
        return {reply_id for name, _, reply_id in words if name != self._name}

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _listening(self) -> Connection:
        connection = self._connections.alone()
        try:
            connection.execute(f"LISTEN {CHANNEL}")
        except psycopg.Error:
            connection.close()
            raise
        return connection
