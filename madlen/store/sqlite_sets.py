"""The prompt sets and runs of the ``Store`` contract on SQLite."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

from madlen.store.connections import Connections
from madlen.store.library import Database
from madlen.store.rows import Row
from madlen.store.set_tables import SetTables


class SQLiteSets(SetTables):
    """What a store does with prompt sets and runs, on the connections that it has."""

    _connections: Connections

    @contextmanager
    def _reading(self) -> Iterator[_Tables]:
        with self._connections.read() as db:
            yield _Tables(db)

    @contextmanager
    def _writing(self) -> Iterator[_Tables]:
        with self._connections.write() as db:
            yield _Tables(db)


class _Tables:
    def __init__(self, db: Database) -> None:
        self._db = db

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[Row]:
        return list(self._db.query(statement, list(values)))

    def each(self, statement: str, values: Sequence[Any] = ()) -> Iterator[Sequence[Any]]:
        with closing(self._db.execute(statement, list(values))) as found:
            yield from found

    def change(self, statement: str, values: Sequence[Any] = ()) -> int:
        return self._db.execute(statement, list(values)).rowcount

    def change_all(self, statement: str, values: Sequence[Sequence[Any]]) -> None:
        self._db.conn.executemany(statement, values)
