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


class _Turn:
    """One thread's: it waits for news until it is inside."""

    __slots__ = ("inside", "news")

    def __init__(self) -> None:
        self.news = threading.Event()
        self.inside = False


class Turnstile:
    """One thread at a time, in the order in which they came, and the next also when one stays too long."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._waiting: deque[_Turn] = deque()
        self._inside: _Turn | None = None
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
                self._admit()

    def aside(self, seconds: float) -> None:
        """Waits for so long while others are drawn, and then for another turn; who has none gets none."""
        entered = getattr(self._own, "turn", None) is not None
        self.leave()
        time.sleep(seconds)
        if entered:
            self._own.turn = self._enter()

    def _enter(self) -> _Turn:
        turn = _Turn()
        with self._mutex:
            self._waiting.append(turn)
            if self._inside is None:
                self._admit()
        while not turn.inside:
            # Only who is next looks at the clock: a hundred that do would keep each page from being drawn.
            turn.news.wait(self._patience(turn))
        return turn

    def _patience(self, turn: _Turn) -> float | None:
        """For how long the one inside is still waited for, by whoever is next; else ``None``."""
        with self._mutex:
            turn.news.clear()
            if turn.inside:
                return 0
            if self._waiting[0] is not turn:
                return None
            left = self._since + PATIENCE_SECONDS - time.monotonic()
            if left <= 0:
                self._admit()
            return max(left, 0)

    def _admit(self) -> None:
        """Lets the next one in, if any, and tells who is next then."""
        self._inside, self._since = None, time.monotonic()
        if self._waiting:
            self._inside = self._waiting.popleft()
            self._inside.inside = True
            self._inside.news.set()
        if self._waiting:
            self._waiting[0].news.set()


_pages = Turnstile()
one, leave, aside = _pages.one, _pages.leave, _pages.aside
