"""OpenTelemetry in one place: set-up, span names and attributes.

Attribute names follow the GenAI semantic conventions (open-telemetry/semantic-conventions-genai).
Prompts, answers, titles, file names and keys are never recorded.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, Span, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from opentelemetry.util.types import AttributeValue

from madlen.errors import MadlenError
from madlen.types import Reply, Request
from madlen.votes import Vote

ASK = "ask"
STORE_BEGIN = "store begin"
STORE_FINISH = "store finish"
FIRST_CHUNK = "madlen.first_chunk"
FIRST_VISIBLE_TEXT = "madlen.first_visible_text"
VOTE = "vote"
RATING = "rating"
EVALUATION = "gen_ai.evaluation.result"
STOPPED = "madlen.stopped"
RETRYING = "madlen.retrying"
CHECKPOINT_MISSED = "madlen.checkpoint_missed"

Context = otel_context.Context
_SHUTDOWN_SECONDS = 1.5
_EXPORT_SECONDS = 2.0


class Tracing:
    """Makes spans, and exports them where an endpoint is given.

    Without an endpoint there is no exporter, queue or thread; spans then only lend their ids to
    replies. ``enabled=False`` makes no spans at all.
    """

    def __init__(
        self,
        *,
        enabled: bool = True,
        service_name: str = "madlen",
        service_version: str = "",
        endpoint: str | None = None,
        processor: SpanProcessor | None = None,
    ) -> None:
        self.enabled = enabled
        self._provider: TracerProvider | None = None
        if enabled:
            # The SDK's own exit hook may hold a process for 30 s when the collector is gone.
            self._provider = TracerProvider(
                resource=Resource.create({"service.name": service_name, "service.version": service_version}),
                shutdown_on_exit=False,
            )
            if endpoint is not None:
                # gRPC takes a tenth of a second to load, which only a start with a collector has to wait for.
                from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import (  # noqa: PLC0415
                    OTLPSpanExporter,
                )

                exporter = OTLPSpanExporter(
                    endpoint=endpoint,
                    insecure=endpoint.startswith("http://"),
                    timeout=_EXPORT_SECONDS,
                )
                self._provider.add_span_processor(BatchSpanProcessor(exporter))
            if processor is not None:
                self._provider.add_span_processor(processor)
        self._tracer = self.provider.get_tracer("madlen", service_version)

    @property
    def provider(self) -> trace.TracerProvider:
        return self._provider or trace.NoOpTracerProvider()

    @contextmanager
    def span(self, name: str, **attributes: AttributeValue) -> Iterator[Span]:
        """A current span around some work of ours; an error marks it without its message."""
        with self._current(name, SpanKind.INTERNAL, attributes) as span:
            yield span

    @contextmanager
    def chat(self, request: Request, source: str) -> Iterator[Span]:
        """The span ``chat {model}`` around one whole answer, retries included."""
        attributes = _request_attributes(request, source)
        with self._current(f"chat {request.model_id}", SpanKind.CLIENT, attributes) as span:
            yield span

    @contextmanager
    def vote(self, vote: Vote, replies: Sequence[Reply]) -> Iterator[Span]:
        """The span ``vote``, linked to the ``chat`` spans of the replies, with a result for each of them."""
        attributes: dict[str, AttributeValue] = {
            "gen_ai.conversation.id": vote.session_id,
            "madlen.blind": vote.blind,
        }
        with self._current(VOTE, SpanKind.INTERNAL, attributes, _links(replies)) as span:
            yield span
            for reply in replies:
                span.add_event(EVALUATION, _evaluation(vote, reply))

    @contextmanager
    def rating(self, rating: str | None, reply: Reply) -> Iterator[Span]:
        """The span ``rating``, linked to the reply's ``chat`` span; one that is taken back has no result."""
        attributes: dict[str, AttributeValue] = {"gen_ai.conversation.id": reply.session_id}
        with self._current(RATING, SpanKind.INTERNAL, attributes, _links([reply])) as span:
            yield span
            if rating is not None:
                score = 1.0 if rating == "up" else 0.0
                span.add_event(EVALUATION, _result("rating", score, rating, reply))

    @contextmanager
    def _current(
        self,
        name: str,
        kind: SpanKind,
        attributes: dict[str, AttributeValue],
        links: Sequence[Link] = (),
    ) -> Iterator[Span]:
        with self._tracer.start_as_current_span(
            name,
            kind=kind,
            attributes=attributes,
            links=links,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield span
            except Exception as error:
                failed(span, error.kind if isinstance(error, MadlenError) else type(error).__name__)
                raise

    def instrument_client(self, client: Any) -> None:
        """Gives each request of an httpx client a span of its own."""
        if self.enabled:
            HTTPXClientInstrumentor.instrument_client(client, tracer_provider=self.provider)

    def instrument_api(self, app: Any) -> None:
        """Gives each request to a FastAPI application a span, continuing the caller's trace."""
        if self.enabled:
            # Imports FastAPI, for which the first page need not wait.
            from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor  # noqa: PLC0415

            FastAPIInstrumentor.instrument_app(
                app,
                tracer_provider=self.provider,
                exclude_spans=["send", "receive"],
                server_request_hook=_without_query,
            )

    def close(self) -> None:
        """Exports what is queued, for at most a second and a half."""
        if self._provider is None:
            return
        flusher = threading.Thread(target=self._provider.shutdown, daemon=True)
        flusher.start()
        flusher.join(_SHUTDOWN_SECONDS)


def current_context() -> Context:
    """The caller's context, to be handed to ``within`` in another thread or task."""
    return otel_context.get_current()


@contextmanager
def within(context: Context) -> Iterator[None]:
    """Runs in a context that was taken elsewhere; only inside one task, from start to end."""
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


def failed(span: Span, kind: str) -> None:
    span.set_status(Status(StatusCode.ERROR))
    span.set_attribute("error.type", kind)


def answered(span: Span, reply: Reply) -> None:
    """Writes what an answer was into its ``chat`` span. A cut stream finishes with ``error``."""
    usage, timing = reply.usage, reply.timing
    known: dict[str, AttributeValue | None] = {
        "gen_ai.response.id": reply.generation_id or None,
        "gen_ai.response.model": reply.model or None,
        "gen_ai.response.finish_reasons": [reply.finish_reason or "error"],
        "gen_ai.response.time_to_first_chunk": timing.time_to_first_chunk,
        "gen_ai.usage.input_tokens": usage.prompt_tokens,
        "gen_ai.usage.output_tokens": usage.completion_tokens,
        "gen_ai.usage.reasoning.output_tokens": usage.reasoning_tokens,
        "gen_ai.usage.cache_read.input_tokens": usage.cached_tokens,
        "openrouter.provider": reply.provider or None,
        "madlen.cost_usd": None if usage.cost is None else float(usage.cost),
    }
    for name, value in known.items():
        if value is not None:
            span.set_attribute(name, value)
    if reply.failure is not None:
        failed(span, reply.failure.kind)


def _links(replies: Sequence[Reply]) -> list[Link]:
    """To the spans of the replies that were traced."""
    sampled = TraceFlags(TraceFlags.SAMPLED)
    return [
        Link(
            SpanContext(int(reply.trace_id, 16), int(reply.span_id, 16), is_remote=True, trace_flags=sampled)
        )
        for reply in replies
        if reply.trace_id and reply.span_id
    ]


def _evaluation(vote: Vote, reply: Reply) -> dict[str, AttributeValue]:
    """How a reply fared, from 1 for the best group down to 0 for the last; what was written is left out."""
    groups = len(vote.order)
    place = next(place for place, group in enumerate(vote.order) if reply.id in group)
    if groups == 1:
        score, label = 0.5, "tie"
    else:
        score = 1 - place / (groups - 1)
        label = "best" if place == 0 else "worst" if place == groups - 1 else "between"
    return _result("vote", 0.0 if vote.bad else score, "bad" if vote.bad else label, reply)


def _result(name: str, score: float, label: str, reply: Reply) -> dict[str, AttributeValue]:
    return {
        "gen_ai.evaluation.name": name,
        "gen_ai.evaluation.score.value": score,
        "gen_ai.evaluation.score.label": label,
        "gen_ai.response.id": reply.generation_id or reply.id,
        "gen_ai.request.model": reply.model_id,
    }


def _without_query(span: Span, scope: dict[str, Any]) -> None:
    """A query may hold the words somebody searches for; a trace must not."""
    for name in ("http.url", "http.target", "url.full"):
        span.set_attribute(name, scope["path"])
    span.set_attribute("url.query", "")


def _request_attributes(request: Request, source: str) -> dict[str, AttributeValue]:
    parameters = request.parameters
    known: dict[str, AttributeValue | None] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": source,
        "gen_ai.request.model": request.model_id,
        "gen_ai.request.stream": True,
        "gen_ai.conversation.id": request.session_id or None,
        "gen_ai.request.temperature": parameters.temperature,
        "gen_ai.request.top_p": parameters.top_p,
        "gen_ai.request.max_tokens": parameters.max_tokens,
        "gen_ai.request.seed": parameters.seed,
        "gen_ai.request.stop_sequences": list(parameters.stop) or None,
        "gen_ai.request.reasoning.level": parameters.reasoning_effort,
    }
    return {name: value for name, value in known.items() if value is not None}
