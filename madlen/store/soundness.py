"""What is asked of a SQLite file before it is used: is it whole, and does this Madlen know its schema."""

from __future__ import annotations

import hashlib
from contextlib import closing
from pathlib import Path
from typing import Any

from madlen.errors import StoreUnavailable
from madlen.store.library import Database, sqlite3
from madlen.store.schema import migrations

INDEXES = ("messages_search", "sessions_search")
_MOST_FINDINGS = 20


def address(path: str, mode: str) -> str:
    """The URI under which SQLite opens a file that is there, ``ro`` or ``rw``; it makes none anew."""
    return f"{Path(path).resolve().as_uri()}?mode={mode}"


def damaged(path: str) -> str:
    return (
        f"The database {path} is damaged or not a SQLite file; nothing in it was changed. Put a backup in "
        "its place, or move it and any -wal file beside it away, or set DATABASE_URL to another file."
    )


def refuse_unsound(path: str) -> None:
    """Raises ``StoreUnavailable`` for a file that must not be written to; changes nothing in it.

    Every page is read, which takes about a second for each gigabyte.
    """
    if _only_its_log_is_left(path):
        raise StoreUnavailable(damaged(path))
    # On its last close a connection that may write folds the log into the file, damaged as it is. But
    # only one that may write can roll back what another left half done in a journal.
    mode = "rw" if Path(f"{path}-journal").exists() else "ro"
    with closing(sqlite3.connect(address(path, mode), uri=True)) as connection:
        connection.execute("PRAGMA busy_timeout = 5000")
        try:
            sound = connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"
            newer = _unknown_steps(connection) if sound else []
        except UnicodeDecodeError:
            # What SQLite says of a damaged schema holds the bytes that it found there.
            sound = False
        if not sound:
            raise StoreUnavailable(damaged(path))
        if newer:
            raise StoreUnavailable(_newer(path, newer[-1]))


def findings(path: str) -> list[str]:
    """Everything that is wrong with a file, as sentences; another process may use it meanwhile.

    Raises SQLite's ``OperationalError`` where it cannot be opened, read or locked.
    """
    if _only_its_log_is_left(path):
        return [damaged(path)]
    with closing(sqlite3.connect(address(path, "rw"), uri=True, isolation_level=None)) as connection:
        connection.execute("PRAGMA busy_timeout = 5000")
        try:
            found = [
                *_pages(connection, path),
                *_references(connection),
                *_indexes(connection),
                *_images(connection),
            ]
            newer = _unknown_steps(connection)
        except sqlite3.OperationalError:
            raise
        except (sqlite3.DatabaseError, UnicodeDecodeError):
            return [damaged(path)]
    return [*found, *([_newer(path, newer[-1])] if newer else [])]


def reindex(path: str) -> None:
    """Makes the search indexes anew from the texts, in one transaction. Raises SQLite's errors."""
    with closing(sqlite3.connect(address(path, "rw"), uri=True)) as connection, connection:
        connection.execute("PRAGMA busy_timeout = 5000")
        connection.execute("BEGIN IMMEDIATE")
        for index in INDEXES:
            connection.execute(f"INSERT INTO {index} ({index}) VALUES ('rebuild')")  # noqa: S608


def _only_its_log_is_left(path: str) -> bool:
    """Whether the file is empty beside a log that is not: SQLite would delete the log."""
    file, log = Path(path), Path(f"{path}-wal")
    return file.exists() and not file.stat().st_size and log.exists() and log.stat().st_size > 0


def _unknown_steps(connection: Any) -> list[str]:
    """The steps of the schema that the file has taken and this Madlen does not know."""
    ours = {step.name for step in migrations.pending(Database(memory=True))}
    return sorted({step.name for step in migrations.applied(Database(connection))} - ours)


def _newer(path: str, step: str) -> str:
    return (
        f"The database {path} was made by a newer Madlen (it has taken the step {step}); nothing in it was "
        "changed. Use that version, or set DATABASE_URL to another file."
    )


def _pages(connection: Any, path: str) -> list[str]:
    said = [row[0] for row in connection.execute(f"PRAGMA integrity_check({_MOST_FINDINGS})")]
    return [] if said == ["ok"] else [damaged(path), *(f"SQLite says: {one}." for one in said)]


def _references(connection: Any) -> list[str]:
    broken = connection.execute("PRAGMA foreign_key_check").fetchmany(_MOST_FINDINGS)
    return [
        f"Row {row} of {table} belongs to a row of {parent} that is not there."
        for table, row, parent, _ in broken
    ]


def _images(connection: Any) -> list[str]:
    """Each image is kept under the hash of its bytes, which tells when one of them is wrong."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'images'").fetchone():
        return []
    damaged = 0
    for name, content in connection.execute("SELECT sha256, content FROM images"):
        damaged += hashlib.sha256(content).hexdigest() != name
    images = "1 image is" if damaged == 1 else f"{damaged} images are"
    return [f"{images} damaged; a backup may have it whole."] if damaged else []


def _indexes(connection: Any) -> list[str]:
    there = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    found = []
    for index in INDEXES:
        if index in there:
            try:
                connection.execute(f"INSERT INTO {index} ({index}, rank) VALUES ('integrity-check', 1)")  # noqa: S608
            except sqlite3.OperationalError:
                raise
            except sqlite3.DatabaseError:
                found.append(
                    f"The search index {index} does not match its texts: one of the two is damaged or was "
                    "changed from outside. Compare with a backup, then run python -m madlen reindex."
                )
    return found
