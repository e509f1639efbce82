"""What a span takes of the thread that makes it, beside the SDK's own with nothing around it.

``madlen`` is a span of ours with six attributes through the gate and into the exporter's queue; ``bare``
the same of the SDK with its own batch processor. Both exporters throw away what they get. Run it from
the checkout with ``python -m bench.spans``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from bench.figures import Report, Row, arguments
from madlen.tracing import Tracing
from madlen.tracing.export import Queue

SPANS = 20_000
REPETITIONS = 5
ATTRIBUTES: dict[str, Any] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openrouter",
    "gen_ai.request.model": "google/gemma-4-31b-it:free",
    "gen_ai.request.stream": True,
    "server.address": "openrouter.ai",
    "server.port": 443,
}


class Nowhere(SpanExporter):
    """Takes everything at once."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:  # noqa: ARG002
        return SpanExportResult.SUCCESS


def madlen(number: int) -> Row:
    tracing = Tracing(processors=[Queue(Nowhere())])

    def work() -> None:
        with tracing.span("work", **ATTRIBUTES):
            pass

    with tracing.ask("82bbc9459dd547f392c9f854d1f5f158", 1):
        row = timed(work, number)
    tracing.close()
    return row


def bare(number: int) -> Row:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(Nowhere()))
    tracer = provider.get_tracer("bare")

    def work() -> None:
        with tracer.start_as_current_span("work", attributes=ATTRIBUTES):
            pass

    row = timed(work, number)
    provider.shutdown()
    return row


def timed(work: Callable[[], None], number: int) -> Row:
    for _ in range(number // 10):
        work()
    began = time.perf_counter()
    for _ in range(number):
        work()
    return {"span_us": (time.perf_counter() - began) / number * 1e6}


def main() -> None:
    options = arguments("What a span takes of the thread that makes it.").parse_args()
    report = Report("spans", quick=options.quick)
    number, repetitions = (1000, 1) if options.quick else (SPANS, REPETITIONS)
    rows: dict[str, list[Row]] = {"madlen": [], "bare": []}
    for _ in range(repetitions):
        rows["madlen"].append(madlen(number))
        rows["bare"].append(bare(number))
    report.add("spans", rows, compared=("madlen", "bare"), spans=number)
    report.write(options.to)


if __name__ == "__main__":
    main()
