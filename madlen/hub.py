"""The replies in flight in this process: started, found, followed, stopped, kept alive."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import anyio
import anyio.to_thread
from anyio.from_thread import BlockingPortal

from madlen import tracing
from madlen.errors import MadlenError, StoreUnavailable
from madlen.generation import Deadlines, Generation
from madlen.providers import Provider
from madlen.store import Store
from madlen.transcript import IDLE_SECONDS, Update
from madlen.types import Reply, Request, Status

BEAT_SECONDS = 2.0
ABANDONED_SECONDS = 10.0
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
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._portal = portal
        self._store = store
        self._tracer = tracer
        self._deadlines = deadlines
        self._now = now
        self._running: dict[str, tuple[Generation, Future[None]]] = {}
        self._unstored: dict[str, Reply] = {}
        self._unsettled: dict[str, tuple[Generation, int]] = {}

    def start(self, reply: Reply, request: Request, provider: Provider, *, kept: bool = True) -> Generation:
        """Sets a generation going in the caller's trace and returns at once."""
        generation = Generation(
            reply,
            request,
            provider,
            store=self._store if kept else None,
            tracer=self._tracer,
            portal=self._portal,
            deadlines=self._deadlines,
        )
        task = self._portal.start_task_soon(generation.run, tracing.current_context())
        self._running[reply.id] = (generation, task)
        task.add_done_callback(lambda _: self._ended(generation))
        return generation

    def _ended(self, generation: Generation) -> None:
        self._running.pop(generation.id, None)
        if generation.unstored is not None:
            self._unstored[generation.id] = generation.unstored
        if generation.kept and generation.reply().status is Status.STOPPED:
            self._unsettled[generation.id] = (generation, RECEIPT_TRIES)

    def find(self, reply_id: str) -> Generation | None:
        running = self._running.get(reply_id)
        return running[0] if running else None

    def stop(self, reply_id: str) -> None:
        """Ends a reply that this process makes; any other is left as it is."""
        if generation := self.find(reply_id):
            generation.stop()

    def stop_session(self, session_id: str) -> None:
        """Ends every reply of a session that this process makes."""
        for generation, _ in tuple(self._running.values()):
            if generation.head.session_id == session_id:
                generation.stop()

    def follow(self, reply_id: str, *, every: float) -> Iterator[Update]:
        """Everything of a reply and then what comes, in flight here, elsewhere, or long done.

        Raises ``NotFound``.
        """
        if generation := self.find(reply_id):
            yield from generation.follow(every=every)
            return
        seen = Update()
        while seen.ended is None:
            update, seen = _news(self._store.reply(reply_id), seen)
            yield update
            if seen.ended is None:
                time.sleep(max(every, IDLE_SECONDS))

    async def afollow(self, reply_id: str) -> AsyncGenerator[Update]:
        """``follow`` for HTTP handlers."""
        if generation := self.find(reply_id):
            async for update in generation.afollow():
                yield update
            return
        seen = Update()
        while seen.ended is None:
            reply = await anyio.to_thread.run_sync(self._store.reply, reply_id)
            update, seen = _news(reply, seen)
            yield update
            if seen.ended is None:
                await anyio.sleep(IDLE_SECONDS)

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
            if usage is not None:
                await anyio.to_thread.run_sync(self._store.save, replace(reply, usage=usage))
            if usage is not None or tries <= 1 or not reply.generation_id:
                del self._unsettled[generation.id]
            else:
                self._unsettled[generation.id] = (generation, tries - 1)

    def _beat(self) -> None:
        for reply in tuple(self._unstored.values()):
            self._store.save(reply)
            self._unstored.pop(reply.id, None)
        ours = [generation.id for generation, _ in tuple(self._running.values()) if generation.kept]
        if ours:
            self._store.beat(ours, self._now())
        self._store.interrupt_abandoned(
            self._now() - timedelta(seconds=ABANDONED_SECONDS), ABANDONED_SENTENCE
        )

    def close(self) -> None:
        """Interrupts what runs and returns when all of it is stored. Starts are not expected any more."""
        running = tuple(self._running.values())
        self.interrupt()
        for _, task in running:
            task.result()
        with suppress(StoreUnavailable):
            self._beat()

    def interrupt(self) -> None:
        """Begins to interrupt what runs; does not wait, so that a signal's handler may call it."""
        for generation, _ in tuple(self._running.values()):
            generation.stop(Status.INTERRUPTED)


def _news(reply: Reply, seen: Update) -> tuple[Update, Update]:
    """What a stored reply has beyond what was seen, and what has been seen then."""
    ended = None if reply.status is Status.STREAMING else reply
    return (
        Update(reply.text[len(seen.text) :], reply.reasoning[len(seen.reasoning) :], ended=ended),
        Update(reply.text, reply.reasoning, ended=ended),
    )
