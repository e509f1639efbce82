"""Spans for tests, made by hand and by the real tracer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace import TracerProvider as SdkTracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from madlen.services.wiring import Services
from madlen.traces.spans import SECOND, Moment, Span
from madlen.tracing import names

BEGUN = 1_795_000_000 * SECOND
TRACE = "a" * 32


def span(span_id: str, begun: float, ended: float, parent: str = "", **changes: Any) -> Span:
    """One that began and ended so many seconds after ``BEGUN``."""
    known: dict[str, Any] = {"name": "work", "kind": "INTERNAL", "trace_id": TRACE, **changes}
    return Span(
        span_id=span_id.ljust(16, "0"),
        parent_id=parent.ljust(16, "0") if parent else "",
        begun=BEGUN + round(begun * SECOND),
        ended=BEGUN + round(ended * SECOND),
        **known,
    )


def answer(
    span_id: str, begun: float, ended: float, parent: str = "", *, model: str = "parrot/polly", **changes: Any
) -> Span:
    """A span around an answer; ``chunk`` and ``visible`` are when the first of each came."""
    moments = [
        Moment(name, BEGUN + round(at * SECOND))
        for name, at in (
            (names.FIRST_CHUNK, changes.pop("chunk", None)),
            (names.FIRST_VISIBLE_TEXT, changes.pop("visible", None)),
        )
        if at is not None
    ]
    attributes = {names.OPERATION: names.CHAT, names.REQUEST_MODEL: model, **changes.pop("attributes", {})}
    return span(
        span_id,
        begun,
        ended,
        parent,
        name=f"chat {model}",
        kind="CLIENT",
        attributes=attributes,
        moments=(*moments, *changes.pop("moments", ())),
        **changes,
    )


def trace(number: int) -> str:
    """The id of a trace."""
    return f"{number:032x}"


def of_sdk(make: Callable[[Any], object]) -> Sequence[ReadableSpan]:
    """The spans that end while a tracer of the SDK is used."""
    exporter, provider = InMemorySpanExporter(), SdkTracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    make(provider.get_tracer("tests", "7"))
    provider.shutdown()
    return exporter.get_finished_spans()


def kept(madlen: Services) -> Services:
    """A Madlen of a test whose spans are also kept, as those of a real one are."""
    assert isinstance(madlen.tracing.provider, SdkTracerProvider)
    assert madlen.traces.recorder is not None
    madlen.tracing.provider.add_span_processor(madlen.traces.recorder)
    return madlen
