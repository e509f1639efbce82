"""The prompt sets and runs of the ``Store`` contract on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from madlen.store.postgres_connections import Connection, Connections
from madlen.store.rows import Row
from madlen.store.set_tables import SetTables


class PostgresSets(SetTables):
    """What a store does with prompt sets and runs, on the connections that it has."""

    _connections: Connections

    @contextmanager
    def _reading(self) -> Iterator[_Tables]:
        with self._connections.read() as connection:
            yield _Tables(connection)

    @contextmanager
    def _writing(self) -> Iterator[_Tables]:
        with self._connections.write() as connection:
            yield _Tables(connection)


class _Tables:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[Row]:
        return [*self._connection.execute(_marked(statement), values).fetchall()]

    def each(self, statement: str, values: Sequence[Any] = ()) -> Iterator[Sequence[Any]]:
        for row in self._connection.execute(_marked(statement), values):
            yield [*row.values()]

    def change(self, statement: str, values: Sequence[Any] = ()) -> int:
        return self._connection.execute(_marked(statement), values).rowcount

    def change_all(self, statement: str, values: Sequence[Sequence[Any]]) -> None:
        with self._connection.cursor() as cursor:
            cursor.executemany(_marked(statement), values)


def _marked(statement: str) -> bytes:
    """The statement with the marks that psycopg wants."""
    return statement.replace("?", "%s").encode()
