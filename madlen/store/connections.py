"""Connections to one SQLite file: how each is set up, and how a transaction begins.

Streamlit makes a thread for each run, so connections belong to none: each is lent to one thread at a
time. The anchor does nothing: while it is open, closing another is not the last close, on which SQLite
would fold the whole write-ahead log into the file.
"""

from __future__ import annotations

import errno
import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from madlen.errors import StoreUnavailable
from madlen.store import soundness
from madlen.store.library import Database, sqlite3
from madlen.store.schema import migrations
from madlen.store.turns import Turns

BUSY_SECONDS = 5.0
"""How long a write waits for others before it says so."""
UPGRADE_SECONDS = 60.0
"""How long a start waits where another process may be bringing the same file up to date."""
_PAUSE_SECONDS = 0.001
VERSION: str = sqlite3.sqlite_version
VERSION_INFO: tuple[int, int, int] = sqlite3.sqlite_version_info
_PRAGMAS = (
    "busy_timeout = 5000",
    "foreign_keys = ON",
    "cache_size = -128",
    "synchronous = FULL",
    "secure_delete = ON",
    "journal_size_limit = 64000000",
)


_MOST_IDLE = 8


@dataclass(frozen=True, slots=True)
class _Lent:
    """A connection, and the device and inode of the file that it was opened on."""

    db: Database
    file: tuple[int, int]


class Connections:
    """Opens the file, made readable by its owner only, in WAL mode.

    Raises ``StoreUnavailable``, also for a file that is damaged or of a newer Madlen; that one stays as
    it is to the byte.
    """

    def __init__(self, path: str, migrate: Callable[[Database], None]) -> None:
        self._path = path
        self._turns = Turns()
        self._idle: deque[_Lent] = deque()
        self._closed = False
        with self._sentences():
            if not Path(path).exists():
                os.close(os.open(path, os.O_CREAT, 0o600))
            if not all(os.access(one, os.W_OK) for one in (path, Path(path).parent)):
                # Where it is so, SQLite may open the file and fail at the first write only.
                raise PermissionError(errno.EROFS, "read-only")
            soundness.refuse_unsound(path)
            self._anchor = sqlite3.connect(path, check_same_thread=False)
        try:
            with self._sentences():
                _when_free(self._anchor, "PRAGMA journal_mode = WAL", time.monotonic() + BUSY_SECONDS)
            with self.write(seconds=UPGRADE_SECONDS if self._is_behind() else BUSY_SECONDS) as db:
                migrate(db)
            with self._sentences():
                # Only one that has read holds the log open.
                self._anchor.execute("SELECT count(*) FROM sqlite_master").fetchall()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._closed = True
        while self._idle:
            with suppress(IndexError):
                self._idle.pop().db.conn.close()
        self._anchor.close()

    def _is_behind(self) -> bool:
        with self.read() as db:
            return bool(migrations.applied(db) and migrations.pending(db))

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
    def write(self, *, seconds: float = BUSY_SECONDS) -> Iterator[Database]:
        """A transaction that holds the write lock from its first moment.

        sqlite-utils begins deferred, where reading and then writing fails at once beside another writer.
        Threads queue for their turn, for SQLite lets whoever asks at the right moment go first: among
        many, some would wait until they give up. ``seconds`` is for what another process holds.
        """
        # The turn first, so that those who wait need no connections.
        with self._sentences(), self._turn(seconds) as until, self._opened() as db:
            db.conn.execute("PRAGMA busy_timeout = 50")
            _when_free(db.conn, "BEGIN IMMEDIATE", until)
            # Other locks, such as that of a checkpoint, are held for a moment only.
            db.conn.execute("PRAGMA busy_timeout = 5000")
            try:
                yield db
                db.conn.execute("COMMIT")
            except BaseException:
                if db.conn.in_transaction:
                    db.conn.execute("ROLLBACK")
                raise

    @contextmanager
    def _turn(self, seconds: float) -> Iterator[float]:
        with ExitStack() as stack:
            try:
                until = stack.enter_context(self._turns.one(seconds=seconds))
            except TimeoutError as error:
                raise sqlite3.OperationalError("database is locked") from error
            yield until

    @contextmanager
    def _opened(self) -> Iterator[Database]:
        """A connection for a while; one that went through an error is not lent again."""
        with self._sentences():
            lent = self._lent()
            try:
                yield lent.db
            except BaseException:
                lent.db.conn.close()
                raise
            if len(self._idle) < _MOST_IDLE and not self._closed:
                self._idle.append(lent)
            else:
                lent.db.conn.close()

    def _lent(self) -> _Lent:
        # Never made anew here: a file that was removed meanwhile must not come back empty, and what
        # is written to one that was removed or replaced is lost.
        file = self._file()
        while self._idle:
            # Another thread may take the last one first.
            with suppress(IndexError):
                lent = self._idle.pop()
                if lent.file == file:
                    return lent
                lent.db.conn.close()
        connection = sqlite3.connect(soundness.address(self._path, "rw"), uri=True, check_same_thread=False)
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        return _Lent(Database(connection), file)

    def _file(self) -> tuple[int, int]:
        """Which file stands at the path."""
        found = os.stat(self._path)
        return found.st_dev, found.st_ino

    @contextmanager
    def _sentences(self) -> Iterator[None]:
        """Turns the errors of SQLite and the file system into sentences that name the file."""
        try:
            yield
        except sqlite3.IntegrityError:
            # A defect of ours, not a state of the database.
            raise
        except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
            raise StoreUnavailable(cause(error, self._path)) from error


def _when_free(connection: sqlite3.Connection, statement: str, until: float) -> None:
    """Carries out what needs a lock as soon as no other process has it, or raises when it is too late.

    SQLite waits too, but ever more rarely asks, and not at all where two would wait for each other.
    """
    while True:
        try:
            connection.execute(statement).fetchall()
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(_PAUSE_SECONDS)
        else:
            return


def is_safe(version: tuple[int, int, int]) -> bool:
    """Whether the version is free of the WAL-reset defect: 3.51.3 and later, and its two backports."""
    backports = ((3, 44, 6), (3, 50, 7))
    return version >= (3, 51, 3) or any(version[:2] == fixed[:2] and version >= fixed for fixed in backports)


def cause(error: Exception, path: str) -> str:
    """What an error of SQLite or the file system means for whoever named the path, as a sentence."""
    # An OSError's text holds the path, which may say anything.
    said = error.strerror if isinstance(error, OSError) else str(error)
    text, known = (said or "").lower(), f"The database {path}"
    if "locked" in text or "busy" in text:
        return f"{known} is in use by another program that does not let go; close it and try again."
    if "full" in text or "no space" in text:
        return f"{known} cannot be written because the disk is full; free some space and try again."
    if "i/o error" in text:
        return f"{known} cannot be read or written; its disk is full, fails or allows no larger files."
    if "readonly" in text or "read-only" in text or "permission" in text:
        return f"{known} cannot be written; give this user the right to write to it and its folder."
    if any(word in text for word in ("not a database", "malformed", "vtable constructor", "decode")):
        return soundness.damaged(path)
    if "unable to open" in text or isinstance(error, OSError):
        return f"{known} cannot be opened; make its folder or set DATABASE_URL to another path."
    return f"{known} failed: {error}."
