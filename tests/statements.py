"""How many statements a store carries out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from madlen.store import Store
from madlen.store.sqlite import SQLiteStore

# How an index of words reads its own tables, which depends on what its connection remembers.
_OF_AN_INDEX = "'main'.'"
_OF_A_TRANSACTION = ("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA", "--")


@contextmanager
def counted(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The statements that a page has a store on SQLite carry out, without those that begin and end."""
    assert isinstance(store, SQLiteStore)
    connections, carried_out = store._connections, []
    lent = connections._lent

    def heard(statement: str) -> None:
        # What the process does by itself meanwhile, such as looking for runs, is done by such threads.
        by_itself = threading.current_thread().name.startswith("AnyIO")
        inner = statement.lstrip().startswith(_OF_A_TRANSACTION) or _OF_AN_INDEX in statement
        if not by_itself and not inner:
            carried_out.append(statement)

    def traced() -> Any:
        one = lent()
        one.db.conn.set_trace_callback(heard)
        return one

    with monkeypatch.context() as patched:
        patched.setattr(connections, "_lent", traced)
        yield carried_out
    while connections._idle:
        connections._idle.pop().db.conn.close()
