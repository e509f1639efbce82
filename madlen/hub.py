"""The replies in flight in this process: started, found, followed, stopped, kept alive."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, aclosing, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import anyio
import anyio.to_thread
from anyio.from_thread import BlockingPortal

from madlen import tracing
from madlen.budget import Budget
from madlen.checkpoints import Checkpoints
from madlen.costs import Costs
from madlen.deadlines import Deadlines
from madlen.errors import MadlenError, StoreUnavailable
from madlen.generation import Generation
from madlen.providers import Provider
from madlen.replicas import Replicas
from madlen.store import Store
from madlen.tasks import Task
from madlen.transcript import IDLE_SECONDS, Update
from madlen.types import Reply, Request, Status

BEAT_SECONDS = 2.0
ABANDONED_SECONDS = 10.0
STOP_SECONDS = 5.0
RECEIPT_TRIES = 6
RECEIPT_SECONDS = 4.0
_DEADLINES = Deadlines()
ABANDONED_SENTENCE = "Madlen ended before the answer was whole. Try again."


class Hub:
    """Starts generations on the loop behind ``portal`` and knows them until they end.

    A reply that another process makes is followed from the database instead.
    """

    def __init__(
        self,
        portal: BlockingPortal,
        store: Store,
        tracer: tracing.Tracing,
        *,
        deadlines: Deadlines = _DEADLINES,
        budget: Budget | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._portal = portal
        self._loop = portal.call(asyncio.get_running_loop)
        self._store = store
        self._tracer = tracer
        self.deadlines = deadlines
        """Those of answers that begin from now on."""
        self.costs = Costs(store, budget)
        self._now = now
        self._running: dict[str, tuple[Generation, Task]] = {}
        self._checkpoints = Checkpoints(store, tracer)
        self._replicas = Replicas(store, self._kept)
        self._unstored: dict[str, Reply] = {}
        self._unsettled: dict[str, tuple[Generation, int]] = {}
        self._beaten = now()
        self._patient_until = self._beaten
        self._ending = False

    @property
    def ending(self) -> bool:
        """Whether the process is about to end, so that nothing should be started any more."""
        return self._ending

    def start(self, reply: Reply, request: Request, provider: Provider, *, kept: bool = True) -> Generation:
        """Sets a generation going in the caller's trace and returns at once.

        One for which nothing was set aside, and nothing can be, fails with the reason.
        """
        provider = self.costs.answering(reply, request, provider)
        generation = Generation(
            reply,
            request,
            provider,
            store=self._store if kept else None,
            checkpoints=self._checkpoints,
            tracer=self._tracer,
            portal=self._portal,
            deadlines=self.deadlines,
            began=self.costs.began,
            settle=partial(self.costs.settle, kept=kept) if self.costs.limited or not kept else None,
        )
        task = Task.start(self._loop, generation.run, tracing.detached())
        self._running[reply.id] = (generation, task)
        task.tell(partial(self._ended, generation))
        self._replicas.rouse()
        return generation

    def _ended(self, generation: Generation) -> None:
        self._running.pop(generation.id, None)
        if generation.unstored is not None:
            self._unstored[generation.id] = generation.unstored
        ended = generation.reply()
        unknown = ended.status is not Status.COMPLETE and ended.usage.cost is None
        if (generation.kept and unknown) or self.costs.holds(generation.id):
            self._unsettled[generation.id] = (generation, RECEIPT_TRIES)

    def find(self, reply_id: str) -> Generation | None:
        running = self._running.get(reply_id)
        return running[0] if running else None

    def is_answering(self, session_id: str) -> bool:
        """Whether a reply of the session is made in this process and has not been told to have ended."""
        made = self._of_session(session_id) if session_id else []
        return any(generation.reply().status is Status.STREAMING for generation in made)

    def stop(self, reply_id: str) -> None:
        """Ends a reply; where another process makes it, that one is asked to. Does not wait for the end."""
        if generation := self.find(reply_id):
            generation.stop()
        else:
            self._store.request_stop(reply_id)

    async def astop(self, reply_id: str) -> Reply:
        """``stop`` for HTTP handlers: the reply as it ended, or as it stands after five seconds.

        Raises ``NotFound``.
        """
        if generation := self.find(reply_id):
            generation.stop()
            async with aclosing(generation.afollow()) as updates:
                async for _ in updates:
                    pass
            return generation.reply()
        await anyio.to_thread.run_sync(self._store.request_stop, reply_id)
        with anyio.move_on_after(STOP_SECONDS):
            async with aclosing(self._replicas.afollow(reply_id)) as updates:
                async for update in updates:
                    if update.ended is not None:
                        return update.ended
        return await anyio.to_thread.run_sync(self._store.reply, reply_id)

    def stop_session(self, session_id: str) -> None:
        """Ends every reply of a session that this process makes."""
        for generation in self._of_session(session_id):
            generation.stop()

    def follow(self, reply_id: str, *, every: float) -> Iterator[Update]:
        """Everything of a reply and then what comes, in flight here, elsewhere, or long done.

        Raises ``NotFound``.
        """
        if generation := self.find(reply_id):
            yield from generation.follow(every=every)
        else:
            yield from self._replicas.follow(reply_id, every=every)

    def follow_all(self, reply_ids: Sequence[str], *, every: float) -> Iterator[dict[str, Update]]:
        """What is new of each reply, by its id: everything at first, then at most once in ``every`` seconds.

        Also tells now and then that nothing is new, and the end of a reply that is made here at once. A
        reply that ended is told of once more and then left out; when all have, that is the end. Raises
        ``NotFound`` for an unknown one.
        """
        news, over = threading.Event(), threading.Event()
        with ExitStack() as stack:
            tails = {
                reply_id: stack.enter_context(self._tail(reply_id, news, over))
                for reply_id in dict.fromkeys(reply_ids)
            }
            while tails:
                news.clear()
                over.clear()
                told = time.monotonic()
                updates = {reply_id: tail() for reply_id, tail in tails.items()}
                yield updates
                tails = {reply_id: tails[reply_id] for reply_id in tails if updates[reply_id].ended is None}
                if tails:
                    news.wait(IDLE_SECONDS)
                    over.wait(max(0.0, every - (time.monotonic() - told)))

    def _tail(
        self, reply_id: str, news: threading.Event, over: threading.Event
    ) -> AbstractContextManager[Callable[[], Update]]:
        running = self._running.get(reply_id)
        if running is None:
            return self._replicas.tail(reply_id, news.set)
        generation, task = running
        task.tell(over.set)
        return generation.tail(news.set)

    async def afollow(self, reply_id: str) -> AsyncGenerator[Update]:
        """``follow`` for HTTP handlers."""
        generation = self.find(reply_id)
        following = generation.afollow() if generation else self._replicas.afollow(reply_id)
        async with aclosing(following) as updates:
            async for update in updates:
                yield update

    async def keep_stored(self) -> None:
        """Stores what replies have so far, for as long as the process runs."""
        await self._checkpoints.keep()

    async def keep_listening(self) -> None:
        """Hears of what other processes do to replies, for as long as the process runs."""
        await self._replicas.keep_listening()

    async def keep_alive(self) -> None:
        """Says every two seconds that our replies live, and ends those that nobody says it of.

        Runs on the loop for as long as the process does.
        """
        while True:
            # Where the database is locked or full for now, the next beat says the same.
            with suppress(StoreUnavailable):
                await anyio.to_thread.run_sync(self._beat)
            await anyio.sleep(BEAT_SECONDS)

    async def keep_settled(self) -> None:
        """Asks every two seconds what stopped answers came to, for as long as the process runs."""
        while True:
            with suppress(StoreUnavailable):
                await self.settle()
            await anyio.sleep(BEAT_SECONDS)

    async def settle(self) -> None:
        """Asks once more what each stopped answer came to, and stores it where it is known by now."""
        for generation, tries in tuple(self._unsettled.values()):
            reply, usage = generation.reply(), None
            if reply.generation_id:
                with anyio.move_on_after(RECEIPT_SECONDS), suppress(MadlenError):
                    usage = await generation.provider.receipt(reply.generation_id)
            told = replace(reply, usage=usage) if usage is not None else reply
            if usage is not None and generation.kept and generation.unstored is None:
                await anyio.to_thread.run_sync(self._store.save, told)
            last = tries <= 1 or not reply.generation_id
            if usage is not None or last:
                await anyio.to_thread.run_sync(
                    partial(self.costs.settle, told, kept=generation.kept, last=True)
                )
                del self._unsettled[generation.id]
            else:
                self._unsettled[generation.id] = (generation, tries - 1)

    def _beat(self) -> None:
        for reply in tuple(self._unstored.values()):
            self._store.save(reply)
            self._unstored.pop(reply.id, None)
        if ours := self._kept():
            self._store.beat([generation.id for generation in ours], self._now())
        now, long = self._now(), timedelta(seconds=ABANDONED_SECONDS)
        if now - self._beaten > long / 2:
            # The database was away, or the machine slept, or its clock was set: whoever lives had no
            # chance to say so in time.
            self._patient_until = now + long
        self._beaten = now
        if now >= self._patient_until:
            self._store.interrupt_abandoned(now - long, ABANDONED_SENTENCE)

    def _of_session(self, session_id: str) -> list[Generation]:
        return [one for one, _ in tuple(self._running.values()) if one.head.session_id == session_id]

    def _kept(self) -> list[Generation]:
        return [generation for generation, _ in tuple(self._running.values()) if generation.kept]

    def close(self) -> None:
        """Interrupts what runs and returns when all of it is stored. Starts are not expected any more."""
        running = tuple(self._running.values())
        self.interrupt()
        for _, task in running:
            task.wait()
        with suppress(StoreUnavailable):
            self._beat()

    def interrupt(self) -> None:
        """Begins to interrupt what runs, and lets go who follows what runs elsewhere.

        Does not wait, so that a signal's handler may call it.
        """
        self._ending = True
        for generation, _ in tuple(self._running.values()):
            generation.stop(Status.INTERRUPTED)
        self._replicas.interrupt()
