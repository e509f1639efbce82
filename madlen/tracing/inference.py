"""One answer as its span and the metrics see it."""

from __future__ import annotations

import time
import traceback
from array import array

import anyio.to_thread
from opentelemetry.trace import Span, Status, StatusCode

from madlen.tracing import attributes, content, names
from madlen.tracing.attributes import Attributes
from madlen.tracing.metrics import Instruments
from madlen.types import Reply

_FRAMES = 20


class Inference:
    """What becomes of a request. To be used by one task."""

    def __init__(
        self,
        span: Span,
        identity: Attributes,
        instruments: Instruments | None,
        choice: names.Choice,
        *,
        captures_content: bool,
    ) -> None:
        self._span = span
        self._identity = identity
        self._instruments = instruments
        self._choice = choice
        self._captures_content = captures_content
        self._began = time.monotonic()
        self._last: float | None = None
        self._visible = False
        self._gaps = array("d")
        """Seconds between chunks, where somebody measures them."""
        self._firsts: tuple[tuple[str, int], ...] = ()
        """Events that the span, where each takes a third of a kilobyte, has not got yet; and their times."""

    def event(self, name: str, said: Attributes | None = None) -> None:
        self._catch_up()
        self._span.add_event(name, said)

    def chunk(self, elapsed: float, *, visible: bool) -> None:
        """Takes note of a chunk that came ``elapsed`` seconds after the request left."""
        if self._last is None:
            self._first(names.FIRST_CHUNK)
        elif self._instruments is not None:
            self._gaps.append(elapsed - self._last)
        self._last = elapsed
        if visible and not self._visible:
            self._visible = True
            self._first(names.FIRST_VISIBLE_TEXT)

    def retrying(self, kind: str, seconds: float) -> None:
        self.event(names.RETRYING, {names.ERROR_TYPE: kind, names.WAIT_SECONDS: seconds})

    def defect(self, error: BaseException) -> None:
        """Says where an error came from; its message may repeat what somebody wrote."""
        where = "".join(traceback.format_tb(error.__traceback__)[-_FRAMES:])
        self.event(
            names.EXCEPTION,
            {names.EXCEPTION_TYPE: type(error).__qualname__, names.EXCEPTION_STACKTRACE: where},
        )

    def answered(self, reply: Reply) -> None:
        """Writes what the answer was into its span, and counts it."""
        self._catch_up()
        self._span.set_attributes(attributes.answer(reply, self._choice))
        if self._captures_content:
            self._span.set_attributes(content.answered(reply))
        if reply.failure is not None:
            failed(self._span, reply.failure.kind)
        if self._instruments is not None:
            seconds = reply.timing.duration
            self._instruments.answered(
                reply, self._identity, time.monotonic() - self._began if seconds is None else seconds
            )

    async def measured(self) -> None:
        """Records the waits between chunks, for which no other answer should have to wait."""
        if self._gaps and self._instruments is not None:
            await anyio.to_thread.run_sync(self._instruments.gaps, self._gaps, self._identity)

    def _first(self, name: str) -> None:
        self._firsts = (*self._firsts, (name, time.time_ns()))

    def _catch_up(self) -> None:
        firsts, self._firsts = self._firsts, ()
        for name, moment in firsts:
            self._span.add_event(name, timestamp=moment)


def failed(span: Span, kind: str) -> None:
    span.set_status(Status(StatusCode.ERROR))
    span.set_attribute(names.ERROR_TYPE, kind)
