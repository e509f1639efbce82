"""The services that this process runs with, made once for all of its pages and its API."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from madlen import logs
from madlen import settings as settings_module
from madlen.errors import BadSetting
from madlen.settings import Settings
from madlen.store import Store, open_store

if TYPE_CHECKING:
    from madlen.services.wiring import Services

_lock = threading.Lock()
_begun: tuple[Settings, Store] | None = None
_current: Services | None = None
_copied = False


def begin() -> Settings:
    """Reads the environment and opens the database; ``current`` makes the rest, which takes longer.

    Raises ``BadSetting`` or ``StoreUnavailable`` with a sentence for whoever starts the process.
    """
    with _lock:
        _refuse_a_copy()
        return _current.settings if _current is not None else _opened()[0]


def current() -> Services:
    """The services of this process, made from the environment at the first call.

    Raises ``BadSetting`` or ``StoreUnavailable`` with a sentence for whoever starts the process.
    """
    global _begun, _current
    with _lock:
        _refuse_a_copy()
        if _current is None:
            settings, store = _opened()
            # Not before it is wanted: it loads most of Madlen, and a server can listen without it.
            from madlen.services.wiring import Services  # noqa: PLC0415

            _begun = None
            _current = Services(settings, store=store)
        return _current


def _refuse_a_copy() -> None:
    if _copied:
        raise BadSetting(
            "This process is a copy of a Madlen that had begun already, and a copy has no threads: "
            "let each process load Madlen by itself (gunicorn without --preload)."
        )


def _opened() -> tuple[Settings, Store]:
    global _begun
    if _begun is None:
        settings = settings_module.load()
        logs.to_stderr(debug=settings.debug)
        _begun = settings, open_store(settings.database_url)
    return _begun


def _note_copy() -> None:
    """Remembers, in a process that was just forked, that what is there works in another one only."""
    global _lock, _copied
    _lock = threading.Lock()
    _copied = _copied or _current is not None or _begun is not None


os.register_at_fork(after_in_child=_note_copy)


def interrupt() -> None:
    """Ends every answer as interrupted; for a handler of signals, so it waits for no lock."""
    if (running := _current) is not None:
        running.hub.interrupt()


def close() -> None:
    """Closes the current services, if there are any and they are this process's own."""
    global _begun, _current
    with _lock:
        if _copied:
            return
        begun, _begun = _begun, None
        closing, _current = _current, None
    if begun is not None:
        begun[1].close()
    if closing is not None:
        closing.close()


@contextmanager
def using(services: Services) -> Iterator[Services]:
    """Makes the given services the current ones for a while."""
    global _current
    with _lock:
        before, _current = _current, services
    try:
        yield services
    finally:
        with _lock:
            _current = before
