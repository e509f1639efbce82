"""What runs on the loop, as far as other threads need to know of it.

A portal's future and what it runs a coroutine in take some 3 kB, of which a thousand answers in flight would
keep a thousand.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import threading
from collections.abc import Callable, Coroutine

_Run = Callable[[], Coroutine[object, object, None]]
log = logging.getLogger("madlen.tasks")


class Task:
    """A coroutine on the loop: others may wait for its end, or be told of it."""

    __slots__ = ("_lock", "_task", "_told")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._task: asyncio.Task[None] | None = None
        """Held, for a loop does not hold its tasks."""
        self._told: list[Callable[[], None]] | None = []
        """Who is told of the end; ``None`` once it has come."""

    @classmethod
    def start(cls, loop: asyncio.AbstractEventLoop, run: _Run, context: contextvars.Context) -> Task:
        """Sets it going and returns at once; from any thread. Raises ``RuntimeError`` for a closed loop."""
        task = cls()
        loop.call_soon_threadsafe(task._begin, run, context)
        return task

    def tell(self, callback: Callable[[], None]) -> None:
        """Has it called at the end, on the loop; at once where the end has come."""
        with self._lock:
            if self._told is not None:
                self._told.append(callback)
                return
        callback()

    def wait(self) -> None:
        """Returns at the end; for any thread but the loop's."""
        ended = threading.Event()
        self.tell(ended.set)
        ended.wait()

    def _begin(self, run: _Run, context: contextvars.Context) -> None:
        self._task = asyncio.get_running_loop().create_task(run(), context=context)
        # Without one of its own, a callback keeps the caller's context until it is called.
        self._task.add_done_callback(self._ended, context=context)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("A task ended by a defect", exc_info=error)
        with self._lock:
            told, self._told, self._task = self._told or [], None, None
        for callback in told:
            callback()
