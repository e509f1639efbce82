"""Copies of a SQLite database that is in use: one file each, which is there only when it is whole."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from madlen.errors import StoreUnavailable
from madlen.store import soundness
from madlen.store.library import Database, sqlite3
from madlen.store.schema import migrations

log = logging.getLogger("madlen.store")

KEPT = 2
"""How many copies from before upgrades stay beside a database."""


def into(source: sqlite3.Connection, part: Path) -> None:
    """Copies what is committed at this moment into an empty file. Raises SQLite's errors."""
    with closing(sqlite3.connect(part)) as copy:
        # In one step: a copy in several begins again whenever somebody writes in between.
        source.backup(copy, pages=-1)
        # One file is the whole of it then; opened by Madlen, it has a log again.
        copy.execute("PRAGMA journal_mode = DELETE").fetchall()


def before_upgrade(db: Database, path: str) -> None:
    """Keeps a copy beside a database with chats in it whose schema is about to change.

    To be called with the write lock held, so that nothing comes in between the copy and the change. The
    newest two stay. Raises ``StoreUnavailable`` when no copy can be made: then nothing must be changed.
    """
    pending = migrations.pending(db)
    if not pending or not migrations.applied(db) or not _has_chats(db):
        return
    file = Path(path)
    kept = file.with_name(f"{_beginning(file)}{pending[0].name}{file.suffix}")
    with _refusing(path):
        _keep(path, kept)
    for old in _others(file, kept)[KEPT - 1 :]:
        with suppress(OSError):
            old.unlink()
    log.info("The database as it was before its upgrade is kept in %s", kept)


def _keep(path: str, kept: Path) -> None:
    part = kept.with_name(f"{kept.name}.part")
    # What a process left behind that was killed: its journal would be played into the new file.
    for left in (part, part.with_name(f"{part.name}-journal")):
        left.unlink(missing_ok=True)
    try:
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        # Another connection than the one with the lock: it sees what is committed.
        with closing(sqlite3.connect(soundness.address(path, "rw"), uri=True)) as source:
            into(source, part)
        part.rename(kept)
        _sync(kept.parent)
    finally:
        part.unlink(missing_ok=True)


def _has_chats(db: Database) -> bool:
    there = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'chat_sessions'").fetchone()
    return there is not None and db.execute("SELECT 1 FROM chat_sessions LIMIT 1").fetchone() is not None


def _beginning(file: Path) -> str:
    return f"{file.stem}-before-"


def _others(file: Path, kept: Path) -> list[Path]:
    """The older copies of the same database, the newest first."""
    found = [
        one
        for one in file.parent.iterdir()
        if one.name.startswith(_beginning(file)) and one.suffix == file.suffix and one != kept
    ]
    return sorted(found, key=lambda one: one.stat().st_mtime_ns, reverse=True)


def _sync(folder: Path) -> None:
    """Makes the name of a file survive a power cut; its content does already."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@contextmanager
def _refusing(path: str) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        said = error.strerror if isinstance(error, OSError) else str(error)
        raise StoreUnavailable(
            f"The database {path} must be brought up to date, and no copy of it could be made ({said}); "
            "it was left as it is. Make room for a second file of its size in its folder and start again."
        ) from error
