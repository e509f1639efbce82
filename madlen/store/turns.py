"""Threads that take turns, in the order in which they came."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Turns:
    """One at a time. A plain lock lets whoever comes at the right moment go first, others wait on.

    ``now`` is a clock in seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._mutex = threading.Lock()
        self._taken = False
        self._waiting: deque[threading.Lock] = deque()
        self._now = now
        self._well = -math.inf
        """When a turn last ended without an error."""

    @contextmanager
    def one(self, *, seconds: float) -> Iterator[float]:
        """Waits for its turn, for so long after another went well: a long queue that moves is no reason to
        give up. Gives the moment until which its own work may wait. Raises ``TimeoutError``.
        """
        came = self._now()
        if not self._take(came, seconds):
            raise TimeoutError
        try:
            yield self._until(came, seconds)
            self._well = self._now()
        finally:
            self._give()

    def _take(self, came: float, seconds: float) -> bool:
        with self._mutex:
            if not self._taken:
                self._taken = True
                return True
            gate = threading.Lock()
            gate.acquire()
            self._waiting.append(gate)
        while not gate.acquire(timeout=max(0.0, self._until(came, seconds) - self._now())):
            with self._mutex:
                if gate not in self._waiting:
                    # It was given in the moment that the wait ended.
                    return True
                if self._now() >= self._until(came, seconds):
                    self._waiting.remove(gate)
                    return False
        return True

    def _until(self, came: float, seconds: float) -> float:
        return max(came, self._well) + seconds

    def _give(self) -> None:
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False
