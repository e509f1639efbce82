"""The local file with the newest spans, which several processes may share.

A file of its own, so that whatever happens to it happens to no chat. It has a rollback journal and no
write-ahead log: one who writes in batches gains nothing from a log, and a log outlives a file that is
deleted while it is in use.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from madlen.errors import StoreUnavailable
from madlen.store.library import Database, sqlite3
from madlen.traces import spans
from madlen.traces.spans import Span
from madlen.tracing import names

_BUSY_SECONDS = 2.0
_SCHEMA = 1
_TABLE = """
    CREATE TABLE IF NOT EXISTS spans (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        trace_id TEXT NOT NULL,
        span_id TEXT NOT NULL,
        parent_id TEXT NOT NULL,
        name TEXT NOT NULL,
        kind TEXT NOT NULL,
        begun INTEGER NOT NULL,
        ended INTEGER NOT NULL,
        error TEXT NOT NULL,
        session_id TEXT NOT NULL,
        model_id TEXT NOT NULL,
        cost REAL,
        tokens_in INTEGER,
        tokens_out INTEGER,
        first_chunk INTEGER,
        rest TEXT NOT NULL,
        UNIQUE (trace_id, span_id)
    ) STRICT
"""
_INSERT = """
    INSERT OR IGNORE INTO spans (
        trace_id, span_id, parent_id, name, kind, begun, ended, error, session_id, model_id, cost,
        tokens_in, tokens_out, first_chunk, rest
    ) VALUES (
        :trace_id, :span_id, :parent_id, :name, :kind, :begun, :ended, :error, :session_id, :model_id, :cost,
        :tokens_in, :tokens_out, :first_chunk, :rest
    )
"""


class Ring:
    """The newest ``kept`` spans in the file at ``path``, which is made when the first of them comes."""

    def __init__(self, path: str, kept: int) -> None:
        self.path = path
        self._kept = kept
        self._open: tuple[Any, tuple[int, int]] | None = None

    def write(self, batch: Sequence[Span]) -> None:
        """Keeps spans and lets the oldest go; for one thread alone.

        Raises ``StoreUnavailable``. A span that is there already is not kept twice, so a batch may be
        written again after an error.
        """
        with self._sentences():
            connection = self._connection()
            try:
                with _transaction(connection):
                    connection.executemany(_INSERT, map(_columns, batch))
                    connection.execute(
                        "DELETE FROM spans WHERE seq <= (SELECT max(seq) FROM spans) - ?", [self._kept]
                    )
            except BaseException:
                self.close()
                raise

    def read(self, sql: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """The rows of a query; none where there is no file yet. Raises ``StoreUnavailable``."""
        if not Path(self.path).exists():
            return []
        with self._sentences(), closing(self._connected()) as connection:
            connection.execute("PRAGMA query_only = ON")
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'spans'").fetchone():
                return []
            return list(Database(connection).query(sql, values))

    def close(self) -> None:
        if self._open is not None:
            connection, self._open = self._open[0], None
            connection.close()

    def _connection(self) -> Any:
        """The one that is open, while the file that it was opened on is still the one at the path."""
        if self._open is not None:
            if self._file() == self._open[1]:
                return self._open[0]
            self.close()
        if not Path(self.path).exists():
            Path(self.path).parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_CREAT, 0o600))
        elif not os.access(self.path, os.W_OK):
            raise PermissionError(errno.EACCES, "permission denied")
        file = self._file()
        connection = self._connected()
        try:
            _prepare(connection)
        except BaseException:
            connection.close()
            raise
        self._open = (connection, file or (0, 0))
        return connection

    def _connected(self) -> Any:
        address = f"{Path(self.path).resolve().as_uri()}?mode=rw"
        return sqlite3.connect(
            address, uri=True, check_same_thread=False, timeout=_BUSY_SECONDS, isolation_level=None
        )

    def _file(self) -> tuple[int, int] | None:
        """Which file stands at the path."""
        try:
            found = os.stat(self.path)
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    @contextmanager
    def _sentences(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
            raise StoreUnavailable(_sentence(error, self.path)) from error


def _prepare(connection: Any) -> None:
    """Makes the table; that of another version of it goes, for spans are no one's only copy of anything."""
    # A disk that fails may take the newest spans along, but no chat waits for it.
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA cache_size = -128")
    with _transaction(connection):
        [version] = connection.execute("PRAGMA user_version").fetchone()
        if version not in {0, _SCHEMA}:
            connection.execute("DROP TABLE IF EXISTS spans")
        connection.execute(_TABLE)
        connection.execute("CREATE INDEX IF NOT EXISTS spans_begun ON spans (begun)")
        connection.execute(f"PRAGMA user_version = {_SCHEMA}")


@contextmanager
def _transaction(connection: Any) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _columns(span: Span) -> dict[str, Any]:
    return {
        "trace_id": span.trace_id,
        "span_id": span.span_id,
        "parent_id": span.parent_id,
        "name": span.name,
        "kind": span.kind,
        "begun": span.begun,
        "ended": span.ended,
        "error": span.error,
        "session_id": span.session_id,
        "model_id": span.model_id,
        "cost": span.cost,
        "tokens_in": span.count(names.INPUT_TOKENS),
        "tokens_out": span.count(names.OUTPUT_TOKENS),
        "first_chunk": span.first(names.FIRST_CHUNK),
        "rest": spans.written(span),
    }


def _sentence(error: Exception, path: str) -> str:
    """What an error of SQLite or the file system means for the traces, as a sentence."""
    said = error.strerror if isinstance(error, OSError) else str(error)
    text, known = (said or "").lower(), f"The file of the traces, {path},"
    if "locked" in text or "busy" in text:
        return f"{known} is in use by another program that does not let go; close that."
    if "full" in text or "no space" in text or "i/o error" in text:
        return f"{known} cannot be written because its disk is full or fails; free some space."
    if "readonly" in text or "read-only" in text or "permission" in text:
        return f"{known} cannot be written; give this user the right to write to it and its folder."
    if any(word in text for word in ("not a database", "malformed", "decode", "corrupt")):
        return f"{known} is damaged or no file of traces; delete it, and new traces are kept again."
    if "unable to open" in text or isinstance(error, OSError):
        return f"{known} cannot be opened; see that its folder is there and can be written."
    return f"{known} failed: {error}."
