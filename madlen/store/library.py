"""The one import of sqlite-utils, without pandas and numpy, for which it looks.

To load them takes a third of a second of every start, and nothing in a store uses them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def _hidden(*names: str) -> Iterator[None]:
    """For this import the modules are not there, except those that are loaded already."""
    absent = [name for name in names if name not in sys.modules]
    hidden = dict.fromkeys(absent)
    sys.modules.update(hidden)  # type: ignore[arg-type]  # None is Python's own sign for "not there"
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


with _hidden("pandas", "numpy"):
    from sqlite_utils import Database, Migrations
    from sqlite_utils.utils import sqlite3  # type: ignore[attr-defined]  # the one it picked

__all__ = ["Database", "Migrations", "sqlite3"]
