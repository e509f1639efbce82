"""Care for a database that may be in use: a copy of it, and whether it is sound."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from madlen.errors import BadSetting, StoreUnavailable
from madlen.store import copies, open_store, soundness
from madlen.store.connections import cause
from madlen.store.library import sqlite3

_SQLITE = "sqlite:///"


def backup(url: str, target: Path) -> None:
    """Copies the database as it is at this moment into one file; writers go on meanwhile.

    The file is there only when it is whole and was found sound. Raises ``StoreUnavailable``, also
    where it exists already, and ``BadSetting`` for a database that has a tool of its own for this.
    """
    if not url.startswith(_SQLITE):
        raise BadSetting(
            "A PostgreSQL database is backed up by its own tool, which also works while it is in use: "
            f"pg_dump --format=custom --file={target} with the address in DATABASE_URL."
        )
    path = url.removeprefix(_SQLITE)
    _refuse_to_replace(target)
    part = target.with_name(f"{target.name}.part")
    with _sentences(str(target)):
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        with (
            _sentences(path),
            closing(sqlite3.connect(soundness.address(path, "rw"), uri=True)) as source,
            _sentences(str(part)),
        ):
            copies.into(source, part)
        if findings := check(f"{_SQLITE}{part}"):
            raise StoreUnavailable(
                f"The database {path} is damaged, so no backup was made of it: {findings[0]}"
            )
        _refuse_to_replace(target)
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)


def check(url: str) -> list[str]:
    """A sentence for each thing that is wrong with a database; none when it is sound.

    Raises ``StoreUnavailable`` where it cannot be opened or is locked, so that nothing can be said.
    """
    if not url.startswith(_SQLITE):
        store = open_store(url)
        try:
            store.check()
        finally:
            store.close()
        return []
    path = url.removeprefix(_SQLITE)
    with _sentences(path):
        return soundness.findings(path)


def reindex(url: str) -> None:
    """Makes the search indexes anew. PostgreSQL has none that could be out of step.

    Raises ``StoreUnavailable``.
    """
    if url.startswith(_SQLITE):
        path = url.removeprefix(_SQLITE)
        with _sentences(path):
            soundness.reindex(path)


def _refuse_to_replace(target: Path) -> None:
    if target.exists():
        raise StoreUnavailable(f"{target} exists already and is left as it is; name another file.")


@contextmanager
def _sentences(path: str) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise StoreUnavailable(cause(error, path)) from error
