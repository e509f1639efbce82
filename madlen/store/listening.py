"""Hearing on one SQLite file what other processes write to it."""

from __future__ import annotations

import time

from madlen.errors import StoreUnavailable
from madlen.store import soundness
from madlen.store.library import sqlite3

_LOOK_SECONDS = 0.1


class SQLiteListener:
    """Keeps the ``Listener`` protocol: looks ten times a second whether anybody has written.

    SQLite cannot say what was written, and a write of this process counts as well.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._version = -1

    def heard(self, seconds: float) -> set[str] | None:
        until = time.monotonic() + seconds
        while True:
            before, self._version = self._version, self._look()
            if self._version != before:
                return None
            left = until - time.monotonic()
            if left <= 0:
                return set()
            time.sleep(min(_LOOK_SECONDS, left))

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _look(self) -> int:
        try:
            if self._connection is None:
                self._connection = sqlite3.connect(
                    soundness.address(self._path, "ro"), uri=True, check_same_thread=False
                )
            version: int = self._connection.execute("PRAGMA data_version").fetchone()[0]
        except sqlite3.Error as error:
            self.close()
            raise StoreUnavailable(f"The database {self._path} failed: {error}.") from error
        return version
