"""Pages are drawn one after the other, each in the few milliseconds that it takes.

A hundred threads that draw at once hand Python's lock around until all are done: each page is as late as the
last, and the process keeps the memory that a hundred half-made pages took.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE_SECONDS = 0.1
"""One that takes longer waits for something, and the others do not wait with it."""


class Turnstile:
    """One thread at a time, in the order in which they came, and the next also when one stays too long."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._inside: threading.Event | None = None
        self._since = 0.0
        self._own = threading.local()

    @contextmanager
    def one(self) -> Iterator[None]:
        """Waits for its turn and ends it with the block; one within another is the same turn."""
        if getattr(self._own, "turn", None) is not None:
            yield
            return
        self._own.turn = self._enter()
        try:
            yield
        finally:
            self.leave()

    def leave(self) -> None:
        """Ends the turn of this thread early, for what follows takes long; without one it does nothing."""
        turn, self._own.turn = getattr(self._own, "turn", None), None
        with self._mutex:
            if turn is not None and self._inside is turn:
                self._admit(self._waiting.popleft() if self._waiting else None)

    def aside(self, seconds: float) -> None:
        """Waits for so long while others are drawn, and then for another turn; who has none gets none."""
        entered = getattr(self._own, "turn", None) is not None
        self.leave()
        time.sleep(seconds)
        if entered:
            self._own.turn = self._enter()

    def _enter(self) -> threading.Event:
        turn = threading.Event()
        with self._mutex:
            if self._inside is None:
                self._admit(turn)
                return turn
            self._waiting.append(turn)
        while not turn.wait(PATIENCE_SECONDS):
            with self._mutex:
                if (
                    not turn.is_set()
                    and self._waiting[0] is turn
                    and time.monotonic() - self._since >= PATIENCE_SECONDS
                ):
                    self._admit(self._waiting.popleft())
        return turn

    def _admit(self, turn: threading.Event | None) -> None:
        self._inside, self._since = turn, time.monotonic()
        if turn is not None:
            turn.set()


_pages = Turnstile()
one, leave, aside = _pages.one, _pages.leave, _pages.aside
