"""OpenTelemetry in one place: set-up, spans and metrics, and what is written into them.

Prompts and answers are recorded only where the operator asks for them; titles, file names and keys never.
"""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.propagate import set_global_textmap
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.trace import Link, NonRecordingSpan, Span, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue

from madlen.errors import MadlenError
from madlen.tracing import attributes, content, discretion, names
from madlen.tracing.inference import Inference as Inference
from madlen.tracing.inference import failed
from madlen.tracing.measuring import Measuring
from madlen.tracing.measuring import Outlets as Outlets
from madlen.tracing.names import CHECKPOINT_MISSED as CHECKPOINT_MISSED
from madlen.tracing.names import STOPPED as STOPPED
from madlen.types import Reply, Request
from madlen.votes import Vote

_SHUTDOWN_SECONDS = 1.0
_NO_OUTLETS = Outlets()


class Tracing:
    """Makes spans and metrics, and exports them where an outlet is given.

    Without one there is no exporter, queue or thread; spans then go to ``processors`` alone, and lend
    their ids to replies. ``enabled=False`` makes no spans at all.
    """

    def __init__(
        self,
        *,
        enabled: bool = True,
        service_name: str = "madlen",
        service_version: str = "",
        outlets: Outlets = _NO_OUTLETS,
        processors: Sequence[SpanProcessor] = (),
        genai_names: names.Choice = "both",
        captures_content: bool = False,
        database: str = "sqlite",
    ) -> None:
        self.enabled = enabled
        self._choice = genai_names
        self._captures_content = captures_content
        self._database: attributes.Attributes = {names.DATABASE: database}
        self._servers: dict[str, attributes.Attributes] = {}
        self._provider: TracerProvider | None = None
        resource = Resource.create({"service.name": service_name, "service.version": service_version})
        self._measuring = Measuring(resource, outlets, genai_names, spans=enabled)
        if enabled:
            # Alone: baggage of a caller is none of OpenRouter's business.
            set_global_textmap(TraceContextTextMapPropagator())
            # The SDK's own exit hook may hold a process for 30 s when the collector is gone.
            self._provider = TracerProvider(
                resource=resource,
                shutdown_on_exit=False,
                span_limits=SpanLimits(max_attribute_length=content.BYTES),
            )
            self._provider.add_span_processor(discretion.Gate([*self._measuring.queues, *processors]))
        self._tracer = self.provider.get_tracer(discretion.SCOPE, service_version)

    @property
    def provider(self) -> trace.TracerProvider:
        return self._provider or trace.NoOpTracerProvider()

    @contextmanager
    def span(self, name: str, **known: AttributeValue) -> Iterator[Span]:
        """A current span around some work of ours; an error marks it without its message."""
        with self._current(name, SpanKind.INTERNAL, known) as span:
            yield span

    @contextmanager
    def ask(self, session_id: str, lanes: int) -> Iterator[Span]:
        """The span ``ask`` around a prompt; it and all in it say which session they are of."""
        trace.get_current_span().set_attribute(names.SESSION, session_id)
        with (
            _within(otel_context.set_value(discretion.SESSION_KEY, session_id)),
            self._current(names.ASK, SpanKind.INTERNAL, {names.LANES: lanes}) as span,
        ):
            yield span

    @contextmanager
    def chat(self, request: Request, source: str, reply_id: str = "") -> Iterator[Inference]:
        """The span ``chat {model}`` around one whole answer, retries included."""
        at = self._servers.get(source, {})
        known = attributes.request(request, source, at)
        if reply_id:
            known[names.REPLY] = reply_id
        if self._captures_content:
            known |= content.asked(request.messages)
        identity: attributes.Attributes = {}
        instruments = self._measuring.instruments
        if instruments is not None:
            identity = attributes.identity(request, source, at)
            instruments.begun(identity)
        try:
            with self._current(f"{names.CHAT} {request.model_id}", SpanKind.CLIENT, known) as span:
                yield Inference(
                    span, identity, instruments, self._choice, captures_content=self._captures_content
                )
        finally:
            if instruments is not None:
                instruments.over(identity)

    @contextmanager
    def vote(self, vote: Vote, replies: Sequence[Reply]) -> Iterator[Span]:
        """The span ``vote``, linked to the ``chat`` spans of the replies, with a result for each of them."""
        known: attributes.Attributes = {
            names.CONVERSATION: vote.session_id,
            names.SESSION: vote.session_id,
            names.BLIND: vote.blind,
        }
        with self._current(names.VOTE, SpanKind.INTERNAL, known, attributes.links(replies)) as span:
            yield span
            for reply in replies:
                span.add_event(names.EVALUATION, attributes.evaluation(vote, reply))

    @contextmanager
    def rating(self, rating: str | None, reply: Reply) -> Iterator[Span]:
        """The span ``rating``, linked to the reply's ``chat`` span; one that is taken back has no result."""
        known: attributes.Attributes = {
            names.CONVERSATION: reply.session_id,
            names.SESSION: reply.session_id,
        }
        with self._current(names.RATING, SpanKind.INTERNAL, known, attributes.links([reply])) as span:
            yield span
            if rating is not None:
                score = 1.0 if rating == "up" else 0.0
                span.add_event(names.EVALUATION, attributes.result(names.RATING, score, rating, reply))

    @contextmanager
    def store(self, operation: str) -> Iterator[Span]:
        """The span ``store {operation}`` around a write, which is also measured."""
        known = {**self._database, names.DATABASE_OPERATION: operation}
        with (
            self.stored(operation),
            self._current(f"{names.STORE} {operation}", SpanKind.INTERNAL, known) as span,
        ):
            yield span

    @contextmanager
    def stored(self, operation: str) -> Iterator[None]:
        """Measures a write that belongs to no trace, or to many."""
        instruments = self._measuring.instruments
        if instruments is None:
            yield
            return
        began, error = time.perf_counter(), ""
        try:
            yield
        except MadlenError as caught:
            error = caught.kind
            raise
        finally:
            instruments.stored(operation, time.perf_counter() - began, self._database, error)

    def _current(
        self,
        name: str,
        kind: SpanKind,
        known: attributes.Attributes,
        links: Sequence[Link] = (),
    ) -> _Current:
        return _Current(
            self._tracer.start_span(
                name,
                kind=kind,
                attributes=known,
                links=links,
                record_exception=False,
                set_status_on_exception=False,
            )
        )

    def instrument_client(self, client: Any, source: str = "", address: str = "") -> None:
        """Gives each request of an httpx client a span of its own.

        ``source`` is the provider whose requests go to ``address`` alone.
        """
        if address:
            self._servers[source] = attributes.server(address)
        if self.enabled:
            HTTPXClientInstrumentor.instrument_client(client, tracer_provider=self.provider)

    def instrument_api(self, app: Any) -> None:
        """Gives each request to a FastAPI application a span, continuing the caller's trace.

        The answer names the span in the header ``traceresponse``. Whoever looks every few seconds whether
        all is well, or how it is, is not traced.
        """
        if self.enabled:
            # Imports FastAPI, for which the first page need not wait.
            from opentelemetry.instrumentation import propagators  # noqa: PLC0415
            from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor  # noqa: PLC0415

            propagators.set_global_response_propagator(  # type: ignore[no-untyped-call]
                propagators.TraceResponsePropagator()
            )
            FastAPIInstrumentor.instrument_app(
                app,
                tracer_provider=self.provider,
                excluded_urls="/health$,/metrics$",
                exclude_spans=["send", "receive"],
            )

    def exposition(self) -> str | None:
        """All metrics as Prometheus reads them; ``None`` where nobody asked for that."""
        return self._measuring.exposition()

    def close(self) -> None:
        """Exports what is queued, spans and metrics together for at most a second."""
        closing: list[Callable[[], None]] = [partial(self._measuring.close, _SHUTDOWN_SECONDS)]
        if self._provider is not None:
            closing.append(self._provider.shutdown)
        threads = [threading.Thread(target=close, daemon=True) for close in closing]
        until = time.monotonic() + _SHUTDOWN_SECONDS
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
        for queue in self._measuring.queues:
            queue.abandon()


def detached() -> contextvars.Context:
    """A context in which to start what outlives the caller, as a part of the caller's trace.

    Of the caller's span it has the ids alone: one that has ended need not wait for an answer that has not.
    """
    alone = contextvars.Context()
    known = NonRecordingSpan(trace.get_current_span().get_span_context())
    alone.run(otel_context.attach, trace.set_span_in_context(known))
    return alone


class _Current:
    """As ``use_span``, without the two managers and generators that it keeps for the span's time."""

    __slots__ = ("_span", "_token")

    def __init__(self, span: Span) -> None:
        self._span = span

    def __enter__(self) -> Span:
        self._token = otel_context.attach(trace.set_span_in_context(self._span))
        return self._span

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, Exception):
            # Whatever it was goes on to the caller; the span only says of which kind.
            failed(self._span, error.kind if isinstance(error, MadlenError) else type(error).__name__)
        otel_context.detach(self._token)
        self._span.end()


@contextmanager
def _within(context: otel_context.Context) -> Iterator[None]:
    token = otel_context.attach(context)
    try:
        yield
    finally:
        otel_context.detach(token)


def current_trace_id() -> str:
    """32 hexadecimal digits, or empty where nothing is traced."""
    found = trace.get_current_span().get_span_context()
    return trace.format_trace_id(found.trace_id) if found.is_valid else ""


def current_span_id() -> str:
    """16 hexadecimal digits, or empty where nothing is traced."""
    found = trace.get_current_span().get_span_context()
    return trace.format_span_id(found.span_id) if found.is_valid else ""
