"""A reply in flight: it runs on the server's loop whether or not anybody watches.

A generation consumes its provider's stream into a transcript that pages and clients follow, and
brings the stored row up to date while it grows.
"""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractContextManager, aclosing
from dataclasses import replace

import anyio
import anyio.to_thread
from anyio.from_thread import BlockingPortal

from madlen import failures, images, tracing
from madlen.checkpoints import CHARACTERS, Checkpoints
from madlen.deadlines import Deadlines
from madlen.errors import Interrupted, MadlenError, StoreUnavailable
from madlen.providers import Provider
from madlen.store import Store
from madlen.transcript import Transcript, Update
from madlen.types import (
    Done,
    Event,
    Failure,
    Image,
    Reasoning,
    Reply,
    Request,
    Retrying,
    Spent,
    Started,
    Status,
    Text,
)

log = logging.getLogger("madlen.generation")


class Generation:
    """One reply being made. ``store`` is ``None`` for an answer that nobody asked to keep.

    ``began`` is told the reply's id with the provider's name for it, on the loop; ``settle`` the reply as
    it ended, in a worker thread, before anybody is shown that it did.
    """

    def __init__(
        self,
        reply: Reply,
        request: Request,
        provider: Provider,
        *,
        store: Store | None,
        checkpoints: Checkpoints,
        tracer: tracing.Tracing,
        portal: BlockingPortal,
        deadlines: Deadlines,
        began: Callable[[str, str], None] = lambda _reply_id, _generation_id: None,
        settle: Callable[[Reply], None] | None = None,
    ) -> None:
        self.head = reply
        """The reply as far as it is known, without its text."""
        self._request = request
        self.provider = provider
        self._store, self._checkpoints = store, checkpoints
        self._tracer = tracer
        self._portal = portal
        self._deadlines = deadlines
        self._began, self._settle = began, settle
        self.unstored: Reply | None = None
        """The reply as it ended, where its row could not be written yet."""
        self._transcript = Transcript()
        # An answer that is continued begins with the words it has.
        self._transcript.write(text=reply.text, reasoning=reply.reasoning)
        self._asked: float | None = None
        self._scope: anyio.CancelScope | None = None
        self._stopped_as: Status | None = None
        self._unsaved = 0
        self._inference: tracing.Inference | None = None

    @property
    def id(self) -> str:
        return self.head.id

    @property
    def kept(self) -> bool:
        return self._store is not None

    def reply(self) -> Reply:
        """The reply as it stands."""
        return self._transcript.ended or self._snapshot()

    def checkpoint(self) -> Reply:
        """The reply as it stands, to be stored."""
        self._unsaved = 0
        return self._snapshot()

    def missed(self) -> None:
        """Takes note that its row could not be brought up to date this time."""
        if self._inference is not None:
            self._inference.event(tracing.CHECKPOINT_MISSED)

    def stop(self, status: Status = Status.STOPPED) -> None:
        """Ends the answer here, also while the model is silent. Callable from any thread but the loop's."""
        self._portal.start_task_soon(self._cancel, status)

    def tail(self, waker: Callable[[], None]) -> AbstractContextManager[Callable[[], Update]]:
        """Something that gives what is new since it was last called; ``waker`` is called when there is."""
        return self._transcript.tail(waker)

    def follow(self, *, every: float) -> Generator[Update]:
        """For script threads: everything so far, then what comes, at most once in ``every`` seconds."""
        return self._transcript.follow(every=every)

    def afollow(self) -> AsyncGenerator[Update]:
        """For HTTP handlers: everything so far, then each chunk as it comes."""
        return self._transcript.afollow()

    async def ended(self) -> Reply:
        """The reply, once it has ended; to be awaited on any loop."""
        async with aclosing(self.afollow()) as updates:
            async for _ in updates:
                pass
        return self.reply()

    async def run(self) -> None:
        """Makes the answer. Runs once, as one task on the loop."""
        with (
            self._tracer.chat(self._request, self.provider.source, self.id) as inference,
            anyio.CancelScope() as self._scope,
        ):
            self._inference = inference
            if self._stopped_as is not None:
                self._scope.cancel()
            self.head = replace(
                self.head, trace_id=tracing.current_trace_id(), span_id=tracing.current_span_id()
            )
            status: Status = Status.INTERRUPTED
            failure: Failure | None = failures.SHUT_DOWN
            try:
                status, failure = await self._answer(inference)
            except anyio.get_cancelled_exc_class():
                if self._stopped_as is Status.STOPPED:
                    status, failure = Status.STOPPED, None
                inference.event(tracing.STOPPED)
                raise
            finally:
                with anyio.CancelScope(shield=True):
                    await self._finish(status, failure, inference)

    def _cancel(self, status: Status) -> None:
        if self._transcript.ended is None and self._stopped_as is None:
            self._stopped_as = status
            if self._scope is not None:
                self._scope.cancel()

    async def _answer(self, inference: tracing.Inference) -> tuple[Status, Failure | None]:
        try:
            problem = await self._consume(inference)
        except Exception as error:
            # The edge of a task: a defect of ours must still end its reply, and be seen in the trace.
            inference.defect(error)
            log.error("A reply failed by a defect (%s), trace %s", type(error).__name__, self.head.trace_id)
            return Status.FAILED, failures.DEFECT
        match problem:
            case None:
                return Status.COMPLETE, None
            case Interrupted():
                return Status.INTERRUPTED, failures.of(problem)
            case _:
                return Status.FAILED, failures.of(problem)

    async def _consume(self, inference: tracing.Inference) -> MadlenError | None:
        """Reads the stream to its end; gives back what went wrong, with the text so far kept."""
        model_id = self._request.model_id
        try:
            await self.provider.prepare(model_id)
            self._asked = asked = time.monotonic()
            async with aclosing(self.provider.stream(self._request)) as events:
                with self._deadlines.patience(model_id) as patience:
                    async for event in events:
                        now = time.monotonic()
                        self._take(event, now - asked, inference)
                        match event:
                            case Image(url):
                                patience.suspend()
                                await self._keep_picture(url)
                                now = time.monotonic()
                            case Done():
                                return None
                        patience.renew(now, event.seconds if isinstance(event, Retrying) else 0.0)
            return Interrupted(f"The answer of {model_id} ended before it was whole. Try again.")
        except MadlenError as error:
            return error

    def _take(self, event: Event, elapsed: float, inference: tracing.Inference) -> None:
        match event:
            case Text(text):
                self._time(elapsed, inference, visible=True)
                self._write(text=text)
            case Reasoning(text):
                self._time(elapsed, inference, visible=False)
                self._write(reasoning=text)
            case Image():
                self._time(elapsed, inference, visible=False)
            case Retrying(kind, seconds):
                inference.retrying(kind, seconds)
                self._transcript.wait(
                    f"The provider is not ready ({kind.replace('-', ' ')}); asking again in {seconds:.0f} s"
                )
            case Started(model, provider, generation_id):
                self.head = replace(self.head, model=model, provider=provider, generation_id=generation_id)
                self._began(self.id, generation_id)
            case Spent(usage):
                self.head = replace(self.head, usage=usage)
            case Done(finish_reason, usage, thoughts):
                self.head = replace(
                    self.head, finish_reason=finish_reason, usage=usage, reasoning_details=thoughts
                )

    def _time(self, elapsed: float, inference: tracing.Inference, *, visible: bool) -> None:
        """Takes note of when a chunk came."""
        inference.chunk(elapsed, visible=visible)
        timing = self.head.timing
        if timing.time_to_first_chunk is None:
            timing = replace(timing, time_to_first_chunk=elapsed)
        if visible and timing.time_to_first_token is None:
            timing = replace(timing, time_to_first_token=elapsed)
        if timing is not self.head.timing:
            self.head = replace(self.head, timing=timing)

    async def _keep_picture(self, url: str) -> None:
        """Takes a picture that the model made, written anew like any other; a bad one is only noted."""
        try:
            picture = await anyio.to_thread.run_sync(images.from_url, url)
        except MadlenError as error:
            self.head = replace(self.head, notes=(*self.head.notes, f"An image was left out: {error}"))
        else:
            self.head = replace(self.head, pictures=(*self.head.pictures, picture))

    def _write(self, *, text: str = "", reasoning: str = "") -> None:
        self._transcript.write(text=text, reasoning=reasoning)
        self._unsaved += len(text) + len(reasoning)
        if self.kept:
            self._checkpoints.mark(self, urgent=self._unsaved >= CHARACTERS)

    async def _finish(self, status: Status, failure: Failure | None, inference: tracing.Inference) -> None:
        """Stores the end of the reply, and only then shows it."""
        self._checkpoints.forget(self.id)
        self._transcript.close()
        if self._asked is not None:
            timing = replace(self.head.timing, duration=time.monotonic() - self._asked)
            self.head = replace(self.head, timing=timing)
        ended = replace(self._snapshot(), status=status, failure=failure)
        if status is Status.STOPPED and (note := self.provider.after_stop(self.head.provider)):
            ended = replace(ended, notes=(*ended.notes, note))
        shown = replace(ended, status=Status.FAILED, failure=failures.DEFECT)
        try:
            shown = await self._stored(ended)
            if self._settle is not None:
                await anyio.to_thread.run_sync(self._settle, ended)
        finally:
            # Whatever happens to the row, nobody must wait for ever.
            inference.answered(shown)
            self._transcript.end(shown)
        await inference.measured()
        log.debug("%s ended as %s after %s s", shown.model_id, shown.status, shown.timing.duration)

    async def _stored(self, ended: Reply) -> Reply:
        """The reply as it may be shown: as it ended when that is stored, else as not stored yet."""
        if self._store is None:
            return ended
        try:
            with self._tracer.store("finish"):
                await anyio.to_thread.run_sync(self._store.save, ended)
        except StoreUnavailable as error:
            self.unstored = ended
            return replace(ended, status=Status.FAILED, failure=failures.of(error))
        return ended

    def _snapshot(self) -> Reply:
        text, reasoning = self._transcript.words()
        return replace(self.head, text=text, reasoning=reasoning)
