"""The messages of a SQLite file, read past the store so that they are compared as they are."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

from sqlite_utils.utils import sqlite3  # type: ignore[attr-defined]  # the one it picked

Messages = set[tuple[Any, ...]]


def messages(path: Path) -> Messages:
    with closing(sqlite3.connect(path)) as connection:
        # A damaged text may be no text any more.
        connection.text_factory = bytes
        found = connection.execute("SELECT id, session_id, role, content, timestamp, turn_id FROM messages")
        return set(found)
