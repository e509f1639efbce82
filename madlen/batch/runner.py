"""Runs in progress: taken from the database, worked on, and left to others when this process ends."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import timedelta

import anyio
import anyio.to_thread
from anyio.abc import TaskGroup

from madlen.batch.work import Means, Work
from madlen.errors import StoreUnavailable
from madlen.hub import ABANDONED_SECONDS, BEAT_SECONDS

log = logging.getLogger("madlen.batch")

_DEFECT = "Madlen failed while it carried this run out; this is a defect. Resume it to try again."


class Runner:
    """Brings every run to its end that this process has taken; on the services' loop.

    A run is one process's at a time. It says every two seconds that it still has it; another takes over
    the run of one that has not said so for ten.
    """

    def __init__(self, means: Means) -> None:
        self._means = means
        self._working: dict[str, Work] = {}
        self._roused = anyio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing = False

    def rouse(self) -> None:
        """Says that a run began, goes on, or is not to. Callable from any thread."""
        # The loop may have ended with the process.
        with suppress(RuntimeError):
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._wake)

    async def keep(self) -> None:
        """Takes runs and works on them, for as long as the process does."""
        self._loop = asyncio.get_running_loop()
        try:
            async with anyio.create_task_group() as group:
                while True:
                    self._roused = anyio.Event()
                    # Where the database is away, the next beat finds the same.
                    with suppress(StoreUnavailable):
                        await self._take(group)
                    with anyio.move_on_after(BEAT_SECONDS):
                        await self._roused.wait()
        finally:
            with anyio.CancelScope(shield=True), suppress(StoreUnavailable):
                await anyio.to_thread.run_sync(self._means.store.leave_runs, self._means.owner)

    async def close(self) -> None:
        """Returns when nothing more is being started."""
        self._closing = True
        for work in tuple(self._working.values()):
            await work.quiet()

    def _wake(self) -> None:
        self._roused.set()

    async def _take(self, group: TaskGroup) -> None:
        means, now = self._means, self._means.now()
        long_ago = now - timedelta(seconds=ABANDONED_SECONDS)
        taken = await anyio.to_thread.run_sync(means.store.take_runs, means.owner, now, long_ago)
        if self._closing or means.hub.ending:
            taken = []
        for run_id in taken:
            if run_id not in self._working:
                self._working[run_id] = Work(run_id, means)
                group.start_soon(self._carry_out, self._working[run_id])
        share = means.limits.share(len(taken))
        for run_id, work in self._working.items():
            work.allow(share if run_id in taken else 0)

    async def _carry_out(self, work: Work) -> None:
        try:
            await work.carry_out()
        except Exception as error:
            # The edge of a task: a defect in one run must not end the others, nor be met again at once.
            log.error("A run failed by a defect", exc_info=error)
            await work.pause(_DEFECT)
        finally:
            del self._working[work.run_id]
            # One that was set going meanwhile begins anew, and what another waits for may be over.
            self._wake()
