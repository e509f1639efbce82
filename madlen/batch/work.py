"""The work on one run: which cell is asked next, and what becomes of its answer."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

import anyio
import anyio.to_thread
from anyio.abc import TaskGroup

from madlen.batch.asking import Asking
from madlen.batch.limits import BUSY, Channel, Limits, next_day
from madlen.batch.verdicts import Verdicts
from madlen.errors import DailyLimit, NotFound, OverBudget, StoreUnavailable
from madlen.hub import Hub
from madlen.prompt_sets import Cell, CellState, Check, Prompt, RunStatus
from madlen.store import Store
from madlen.store.set_tables import MOST_ATTEMPTS
from madlen.types import Lane, Reply, Status

LOOK_SECONDS = 2.0
"""How often something is looked at again that nobody tells of."""
QUOTA_SECONDS = 5.0
"""How long a run waits at its beginning to learn what the account may still do."""
BUSY_SECONDS = 15.0
"""How long a busy model is left alone that does not say for how long."""
USED_UP = (
    "The free requests of today are used up, so the run has paused. It goes on by itself after midnight UTC, "
    "or when you resume it."
)


@dataclass(frozen=True)
class Means:
    """What runs are carried out with, the same for all of this process, which they know as ``owner``."""

    owner: str
    store: Store
    hub: Hub
    asking: Asking
    limits: Limits
    renew_quota: Callable[[], Awaitable[None]]
    """Asks the account anew what it may still do."""
    now: Callable[[], datetime]
    verdicts: Verdicts
    """Come to as answers end, so that nobody who looks at a run has to wait for them."""


class Work:
    """Asks the cells of a run that wait, as many at once as is allowed. On the loop only."""

    def __init__(self, run_id: str, means: Means) -> None:
        self.run_id = run_id
        self._means = means
        self._session_id = ""
        self._checks: tuple[Check, ...] = ()
        self._lanes: dict[str, Lane] = {}
        self._prompts: dict[str, Prompt] = {}
        self._places: dict[str, int] = {}
        self._channels: dict[str, Channel] = {}
        self._waiting: dict[str, deque[Cell]] = {}
        self._share = 0
        self._starting = 0
        self._in_flight = 0
        self._looked = float("-inf")
        self._news = anyio.Event()

    def allow(self, share: int) -> None:
        """Says how many may be in flight; what is in flight goes on either way."""
        if share != self._share:
            self._share = share
            self._tell()

    async def quiet(self) -> None:
        """Returns when nothing more is being started."""
        self.allow(0)
        while self._starting:
            await self._news.wait()

    async def pause(self, note: str, *, until: datetime | None = None) -> None:
        """Lets the run rest, with a sentence that says why."""
        pause = partial(
            self._means.store.change_run,
            self.run_id,
            RunStatus.PAUSED,
            self._means.now(),
            among=[RunStatus.RUNNING],
            note=note,
            resume_at=until,
        )
        # Where it cannot be written, the run is taken up again and comes to the same.
        with suppress(NotFound, StoreUnavailable):
            await anyio.to_thread.run_sync(pause)

    async def carry_out(self) -> None:
        """Returns when the run has ended, or when no more may be asked and nothing is in flight."""
        # One that was deleted in this moment, or cannot be read, is done with or taken up again.
        with suppress(NotFound, StoreUnavailable):
            await self._prepare()
            async with anyio.create_task_group() as group:
                while self._in_flight or self._may_ask():
                    news, seconds = self._news, LOOK_SECONDS
                    if self._may_ask():
                        if await self._over():
                            return
                        seconds = self._ask_all(group)
                    if not self._in_flight and self._only_the_day_helps():
                        await self.pause(USED_UP, until=next_day(self._means.now()))
                        return
                    with anyio.move_on_after(min(seconds, LOOK_SECONDS)):
                        await news.wait()

    async def _prepare(self) -> None:
        run = await anyio.to_thread.run_sync(self._means.store.run, self.run_id)
        self._session_id, self._checks = run.session_id, run.checks
        self._lanes = {lane.name: lane for lane in run.lanes}
        self._prompts = {prompt.id: prompt for prompt in run.prompts}
        self._places = {prompt.id: place for place, prompt in enumerate(run.prompts)}
        self._channels = {lane.name: await self._means.asking.channel(lane) for lane in run.lanes}
        self._waiting = {lane.name: deque() for lane in run.lanes}
        if any(channel.free for channel in self._channels.values()):
            # Whoever resumes a run knows of requests that we do not.
            self._means.limits.try_again()
            with anyio.move_on_after(QUOTA_SECONDS):
                await self._means.renew_quota()

    def _tell(self) -> None:
        self._news.set()
        self._news = anyio.Event()

    def _may_ask(self) -> bool:
        return self._share > 0 and not self._means.hub.ending

    async def _over(self) -> bool:
        """Whether no cell is left. Reads anew which wait once all that were known have been asked."""
        recently = self._in_flight and anyio.current_time() - self._looked < LOOK_SECONDS
        if any(self._waiting.values()) or recently:
            return False
        self._looked = anyio.current_time()
        # Where the database is away, the next look finds the same.
        with suppress(StoreUnavailable):
            return await self._finished()
        return False

    async def _finished(self) -> bool:
        store = self._means.store
        cells = await anyio.to_thread.run_sync(store.cells, self.run_id)
        for cell in cells:
            if cell.state is CellState.WAITING:
                self._waiting[cell.lane].append(cell)
        if self._in_flight or any(cell.state in {CellState.WAITING, CellState.ASKING} for cell in cells):
            # Those that a process asked which has ended wait again as soon as that is noticed.
            return False
        return await anyio.to_thread.run_sync(store.finish_run, self.run_id, self._means.owner)

    def _ask_all(self, group: TaskGroup) -> float:
        """Asks what may be asked, prompt by prompt; gives the seconds until more may be."""
        limits = self._means.limits
        while self._in_flight < self._share:
            filled = {name: cells for name, cells in self._waiting.items() if cells}
            waits = {name: limits.wait(self._channels[name]) for name in filled}
            ready = [name for name, seconds in waits.items() if not seconds]
            if not ready:
                return min(waits.values(), default=LOOK_SECONDS)
            name = min(ready, key=lambda name: self._places[filled[name][0].prompt_id])
            limits.take(self._channels[name])
            self._in_flight += 1
            self._starting += 1
            group.start_soon(self._ask, filled[name].popleft())
        return LOOK_SECONDS

    async def _ask(self, cell: Cell) -> None:
        channel = self._channels[cell.lane]
        try:
            reply = await self._answer(cell)
            if reply is not None:
                asked = replace(cell, reply_id=reply.id, attempts=cell.attempts + 1)
                await self._judge(asked, reply, channel)
        finally:
            self._means.limits.give(channel)
            self._in_flight -= 1
            self._tell()

    async def _answer(self, cell: Cell) -> Reply | None:
        """The reply as it ended; ``None`` where the cell could not be asked or need not be."""
        generation = None
        try:
            if self._may_ask():
                generation = await self._means.asking.ask(
                    cell,
                    self._prompts[cell.prompt_id],
                    self._lanes[cell.lane],
                    session_id=self._session_id,
                    owner=self._means.owner,
                )
        except StoreUnavailable:
            generation = None
        except OverBudget as error:
            if not error.for_now:
                await self.pause(f"The run has paused. {error}", until=next_day(self._means.now()))
                self.allow(0)
        finally:
            self._starting -= 1
            self._tell()
        if generation is None:
            # Why is known at the next beat; what still waits is read anew then.
            await anyio.sleep(LOOK_SECONDS)
            return None
        return await generation.ended()

    async def _judge(self, asked: Cell, reply: Reply, channel: Channel) -> None:
        """Checks an answer, and lets a cell wait again whose answer came to nothing that counts."""
        failure = reply.failure
        if reply.status is Status.COMPLETE:
            prompt = self._prompts[asked.prompt_id]
            await anyio.to_thread.run_sync(self._means.verdicts.of, reply, prompt, self._checks)
        elif failure and failure.kind == DailyLimit.kind and channel.free:
            self._means.limits.end_day()
            await self._release(asked)
        elif failure and failure.kind in BUSY and asked.attempts < MOST_ATTEMPTS:
            self._means.limits.hold(channel, float(failure.extra.get("retry_after", BUSY_SECONDS)))
            await self._release(asked)
        elif reply.status is Status.INTERRUPTED and asked.attempts < MOST_ATTEMPTS:
            self._waiting[asked.lane].append(asked)

    async def _release(self, asked: Cell) -> None:
        # Where it cannot be written, the cell has failed and can be retried.
        with suppress(StoreUnavailable):
            await anyio.to_thread.run_sync(self._means.store.release_cell, asked.reply_id)
            self._waiting[asked.lane].append(replace(asked, reply_id=""))

    def _only_the_day_helps(self) -> bool:
        left = [self._channels[name] for name, cells in self._waiting.items() if cells]
        return bool(left) and all(self._means.limits.day_used_up(channel) for channel in left)
