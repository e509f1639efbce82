"""A reply in flight: it runs on the server's loop whether or not anybody watches.

A generation consumes its provider's stream, keeps the text, brings the stored row up to date and
wakes whoever follows. Followers replay what there is and then go on with it, so that any number of
pages and clients see all of one answer.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, replace

import anyio
import anyio.to_thread
from anyio.from_thread import BlockingPortal
from opentelemetry.trace import Span

from madlen import tracing
from madlen.errors import Interrupted, MadlenError, StoreUnavailable, UpstreamTimeout
from madlen.providers import Provider
from madlen.store import Store
from madlen.types import Done, Event, Failure, Reasoning, Reply, Request, Started, Status, Text

CHECKPOINT_SECONDS = 0.25
CHECKPOINT_CHARACTERS = 1000
IDLE_SECONDS = 0.25
"""How often a follower is told that nothing is new, so that it can show that it waits."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds: the longest silence before and between chunks, keep-alives not counted; the whole answer."""

    silence: float = 120.0
    total: float = 1800.0


@dataclass(frozen=True, slots=True)
class Update:
    """What is new since the follower's last update; ``ended`` is the whole reply, once it is one."""

    text: str = ""
    reasoning: str = ""
    ended: Reply | None = None


@dataclass(frozen=True, slots=True)
class _Cursor:
    text: int = 0
    reasoning: int = 0


class Generation:
    """One reply being made. ``store`` is ``None`` for an answer that nobody asked to keep."""

    def __init__(
        self,
        reply: Reply,
        request: Request,
        provider: Provider,
        *,
        store: Store | None,
        tracer: tracing.Tracing,
        portal: BlockingPortal,
        deadlines: Deadlines,
    ) -> None:
        self._reply = reply
        self._request = request
        self._provider = provider
        self._store = store
        self._tracer = tracer
        self._portal = portal
        self._deadlines = deadlines
        self._lock = threading.Lock()
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._ended: Reply | None = None
        self._wakers: set[Callable[[], None]] = set()
        self._scope: anyio.CancelScope | None = None
        self._stopped_as: Status | None = None
        self._unsaved = 0
        self._checkpoint_due = anyio.Event()

    @property
    def id(self) -> str:
        return self._reply.id

    @property
    def kept(self) -> bool:
        return self._store is not None

    @property
    def head(self) -> Reply:
        """The reply without its text, at no cost."""
        return self._reply

    def reply(self) -> Reply:
        """The reply as it stands."""
        with self._lock:
            return self._ended or self._snapshot()

    def stop(self, status: Status = Status.STOPPED) -> None:
        """Ends the answer here, also while the model is silent. Callable from any thread but the loop's."""
        self._portal.start_task_soon(self.cancel, status)

    def cancel(self, status: Status = Status.STOPPED) -> None:
        """``stop`` for the loop's own thread."""
        if self._ended is None and self._stopped_as is None:
            self._stopped_as = status
            if self._scope is not None:
                self._scope.cancel()

    def follow(self, *, every: float) -> Iterator[Update]:
        """For script threads: everything so far, then what comes, at most once in ``every`` seconds."""
        news = threading.Event()
        with self._watch(news.set):
            cursor = _Cursor()
            while True:
                news.clear()
                update, cursor = self._since(cursor)
                yield update
                if update.ended is not None:
                    return
                told = time.monotonic()
                news.wait(IDLE_SECONDS)
                time.sleep(max(0.0, every - (time.monotonic() - told)))

    async def afollow(self) -> AsyncGenerator[Update]:
        """For HTTP handlers on a loop of their own: everything so far, then each chunk as it comes."""
        loop, news = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            loop.call_soon_threadsafe(news.set)

        with self._watch(wake):
            cursor = _Cursor()
            while True:
                news.clear()
                update, cursor = self._since(cursor)
                yield update
                if update.ended is not None:
                    return
                await news.wait()

    async def run(self, context: tracing.Context) -> None:
        """Makes the answer. Runs once, as one task on the loop, in the context of whoever asked."""
        with (
            tracing.within(context),
            self._tracer.chat(self._request, self._provider.source) as span,
            anyio.CancelScope() as self._scope,
        ):
            if self._stopped_as is not None:
                self._scope.cancel()
            self._reply = replace(self._reply, trace_id=tracing.current_trace_id())
            status, failure = Status.INTERRUPTED, None
            try:
                status, failure = await self._answer(span)
            except anyio.get_cancelled_exc_class():
                status = self._stopped_as or Status.INTERRUPTED
                failure = _why_stopped(status)
                span.add_event(tracing.STOPPED)
                raise
            finally:
                with anyio.CancelScope(shield=True):
                    await self._finish(replace(self._snapshot(), status=status, failure=failure), span)

    async def _answer(self, span: Span) -> tuple[Status, Failure | None]:
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(self._checkpoints, span)
                failure = await self._consume(span)
                group.cancel_scope.cancel()
        except Exception as error:
            # The edge of a task: a defect of ours must still end its reply, and be seen.
            span.record_exception(error)
            return Status.FAILED, Failure(
                MadlenError.kind, "Madlen failed while it answered; this is a defect. Try again.", 500
            )
        match failure:
            case None:
                return Status.COMPLETE, None
            case Interrupted():
                return Status.INTERRUPTED, failure_of(failure)
            case _:
                return Status.FAILED, failure_of(failure)

    async def _consume(self, span: Span) -> MadlenError | None:
        """Reads the stream to its end; gives back what went wrong, with the text so far kept."""
        try:
            await self._provider.prepare(self._request.model_id)
            asked = time.monotonic()
            deadline = asked + self._deadlines.total
            async with aclosing(self._provider.stream(self._request)) as events:
                while True:
                    with anyio.fail_after(
                        min(self._deadlines.silence, max(0.0, deadline - time.monotonic()))
                    ):
                        event = await anext(events)
                    self._take(event, time.monotonic() - asked, span)
                    if isinstance(event, Done):
                        return None
        except StopAsyncIteration:
            return Interrupted(
                f"The answer of {self._request.model_id} ended before it was whole. Try again."
            )
        except TimeoutError:
            return UpstreamTimeout(
                f"{self._request.model_id} has been silent for too long. Try again or choose another model."
            )
        except MadlenError as error:
            return error

    def _take(self, event: Event, elapsed: float, span: Span) -> None:
        with self._lock:
            timing = self._reply.timing
            if isinstance(event, Text | Reasoning) and timing.time_to_first_chunk is None:
                timing = replace(timing, time_to_first_chunk=elapsed)
                span.add_event(tracing.FIRST_CHUNK)
            if isinstance(event, Text) and timing.time_to_first_token is None:
                timing = replace(timing, time_to_first_token=elapsed)
                span.add_event(tracing.FIRST_VISIBLE_TEXT)
            self._reply = replace(self._reply, timing=replace(timing, duration=elapsed))
            match event:
                case Text(text):
                    self._text.append(text)
                    self._unsaved += len(text)
                case Reasoning(text):
                    self._reasoning.append(text)
                    self._unsaved += len(text)
                case Started(model, provider, generation_id):
                    self._reply = replace(
                        self._reply, model=model, provider=provider, generation_id=generation_id
                    )
                case Done(finish_reason, usage):
                    self._reply = replace(self._reply, finish_reason=finish_reason, usage=usage)
        if self._unsaved >= CHECKPOINT_CHARACTERS:
            self._checkpoint_due.set()
        self._wake()

    async def _checkpoints(self, span: Span) -> None:
        """Keeps the stored row at most 250 ms or 1,000 characters behind."""
        if self._store is None:
            return
        while True:
            with anyio.move_on_after(CHECKPOINT_SECONDS):
                await self._checkpoint_due.wait()
            self._checkpoint_due = anyio.Event()
            if self._unsaved:
                self._unsaved = 0
                try:
                    await anyio.to_thread.run_sync(self._store.save, self.reply())
                except StoreUnavailable:
                    # The next one holds the same text and more; the last one must succeed.
                    span.add_event(tracing.CHECKPOINT_MISSED)

    async def _finish(self, ended: Reply, span: Span) -> None:
        """Stores the end of the reply, and only then shows it."""
        if self._store is not None:
            try:
                with self._tracer.span(tracing.STORE_FINISH):
                    await anyio.to_thread.run_sync(self._store.save, ended)
            except StoreUnavailable as error:
                ended = replace(ended, status=Status.FAILED, failure=failure_of(error))
        tracing.answered(span, ended)
        with self._lock:
            self._ended = ended
        self._wake()

    def _snapshot(self) -> Reply:
        return replace(self._reply, text="".join(self._text), reasoning="".join(self._reasoning))

    def _since(self, cursor: _Cursor) -> tuple[Update, _Cursor]:
        with self._lock:
            update = Update(
                "".join(self._text[cursor.text :]),
                "".join(self._reasoning[cursor.reasoning :]),
                self._ended,
            )
            return update, _Cursor(len(self._text), len(self._reasoning))

    @contextmanager
    def _watch(self, waker: Callable[[], None]) -> Iterator[None]:
        with self._lock:
            self._wakers.add(waker)
        try:
            yield
        finally:
            with self._lock:
                self._wakers.discard(waker)

    def _wake(self) -> None:
        with self._lock:
            wakers = tuple(self._wakers)
        for waker in wakers:
            try:
                waker()
            except RuntimeError:
                # The follower's loop has closed; its handler cannot take itself out any more.
                with self._lock:
                    self._wakers.discard(waker)


def failure_of(error: MadlenError) -> Failure:
    return Failure(error.kind, str(error), error.status, dict(error.extra()))


def _why_stopped(status: Status) -> Failure | None:
    if status is Status.STOPPED:
        return None
    return failure_of(Interrupted("Madlen was shut down before the answer was whole. Try again."))
