"""The services that this process runs with, made once for all of its pages and its API."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from madlen import logs
from madlen import settings as settings_module
from madlen.errors import BadSetting
from madlen.services.wiring import Services

__all__ = ["Services", "close", "current", "using"]

_lock = threading.Lock()
_current: Services | None = None
_copied = False


def current() -> Services:
    """The services of this process, made from the environment at the first call.

    Raises ``BadSetting`` or ``StoreUnavailable`` with a sentence for whoever starts the process.
    """
    global _current
    with _lock:
        if _copied:
            raise BadSetting(
                "This process is a copy of a Madlen that had begun already, and a copy has no threads: "
                "let each process load Madlen by itself (gunicorn without --preload)."
            )
        if _current is None:
            settings = settings_module.load()
            logs.to_stderr(debug=settings.debug)
            _current = Services(settings)
        return _current


def _note_copy() -> None:
    """Remembers, in a process that was just forked, that what is there works in another one only."""
    global _lock, _copied
    _lock = threading.Lock()
    _copied = _copied or _current is not None


os.register_at_fork(after_in_child=_note_copy)


def close() -> None:
    """Closes the current services, if there are any and they are this process's own."""
    global _current
    with _lock:
        if _copied:
            return
        closing, _current = _current, None
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
