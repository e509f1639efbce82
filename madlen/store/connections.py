"""Connections to one SQLite file: how each is set up, and how a transaction begins.

A connection belongs to the thread that made it and Streamlit makes a thread for each run, so none
is kept but the anchor, which does nothing: while it is open, closing another is not the last close,
on which SQLite would fold the whole write-ahead log into the file.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlite_utils import Database
from sqlite_utils.utils import sqlite3  # type: ignore[attr-defined]  # the one it picked

from madlen.errors import StoreUnavailable

VERSION: str = sqlite3.sqlite_version
VERSION_INFO: tuple[int, int, int] = sqlite3.sqlite_version_info
_PRAGMAS = (
    "busy_timeout = 5000",
    "foreign_keys = ON",
    "synchronous = FULL",
    "secure_delete = ON",
    "journal_size_limit = 67108864",
)


class Connections:
    """Opens the file, made readable by its owner only, in WAL mode. Raises ``StoreUnavailable``."""

    def __init__(self, path: str, migrate: Callable[[Database], None]) -> None:
        self._path = path
        with self._sentences():
            if not Path(path).exists():
                os.close(os.open(path, os.O_CREAT, 0o600))
            self._anchor = sqlite3.connect(path, check_same_thread=False)
        try:
            with self._sentences():
                self._anchor.execute("PRAGMA journal_mode = WAL").fetchall()
            with self.write() as db:
                migrate(db)
        except BaseException:
            self._anchor.close()
            raise

    def close(self) -> None:
        self._anchor.close()

    @contextmanager
    def read(self) -> Iterator[Database]:
        """One snapshot for all that is read in it."""
        with self._opened() as db:
            db.conn.execute("BEGIN")
            try:
                yield db
            finally:
                db.conn.execute("ROLLBACK")

    @contextmanager
    def write(self) -> Iterator[Database]:
        """A transaction that holds the write lock from its first moment.

        sqlite-utils begins deferred, where reading and then writing fails at once beside another writer.
        """
        with self._opened() as db:
            db.conn.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.conn.execute("COMMIT")
            except BaseException:
                if db.conn.in_transaction:
                    db.conn.execute("ROLLBACK")
                raise

    @contextmanager
    def _opened(self) -> Iterator[Database]:
        # Never made anew here: a file that was removed meanwhile must not come back empty.
        address = f"{Path(self._path).resolve().as_uri()}?mode=rw"
        with self._sentences(), closing(sqlite3.connect(address, uri=True)) as connection:
            db = Database(connection)
            for pragma in _PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")
            yield db

    @contextmanager
    def _sentences(self) -> Iterator[None]:
        """Turns the errors of SQLite and the file system into sentences that name the file."""
        try:
            yield
        except sqlite3.IntegrityError:
            # A defect of ours, not a state of the database.
            raise
        except (sqlite3.Error, OSError) as error:
            raise StoreUnavailable(_cause(error, self._path)) from error


def is_safe(version: tuple[int, int, int]) -> bool:
    """Whether the version is free of the WAL-reset defect: 3.51.3 and later, and its two backports."""
    backports = ((3, 44, 6), (3, 50, 7))
    return version >= (3, 51, 3) or any(version[:2] == fixed[:2] and version >= fixed for fixed in backports)


def _cause(error: Exception, path: str) -> str:
    # An OSError's text holds the path, which may say anything.
    said = error.strerror if isinstance(error, OSError) else str(error)
    text, known = (said or "").lower(), f"The database {path}"
    if "locked" in text or "busy" in text:
        return f"{known} is in use by another program that does not let go; close it and try again."
    if "full" in text or "no space" in text:
        return f"{known} cannot be written because the disk is full; free some space and try again."
    if "readonly" in text or "read-only" in text or "permission" in text:
        return f"{known} cannot be written; give this user the right to write to it and its folder."
    if "not a database" in text or "malformed" in text:
        return f"{known} is damaged or not a SQLite file; move it away or set DATABASE_URL to another."
    if "unable to open" in text or isinstance(error, OSError):
        return f"{known} cannot be opened; make its folder or set DATABASE_URL to another path."
    return f"{known} failed: {error}."
