"""The way out over OTLP.

Loading it takes a tenth of a second, which only a start with a collector has to wait for.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Literal

from opentelemetry.sdk.metrics.export import MetricExporter, MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

Protocol = Literal["grpc", "http/protobuf"]
"""The values of OpenTelemetry's own variable, OTEL_EXPORTER_OTLP_PROTOCOL."""

SECONDS = 2.0
"""How long an export may take."""
WAITING_SPANS = 2048
"""So many spans wait for their collector; for one more the oldest goes."""


class Queue(SpanProcessor):
    """Spans on their way to a collector, and how many never got there."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._counting = _Counting(exporter)
        self._batches = BatchSpanProcessor(self._counting, max_queue_size=WAITING_SPANS)
        self._counting_up = threading.Lock()
        self._ended = 0
        self._pushed_out = 0

    @property
    def dropped(self) -> int:
        """Spans that found the queue full, or whose export failed."""
        return self._pushed_out + self._counting.failed

    def on_end(self, span: ReadableSpan) -> None:
        with self._counting_up:
            self._ended += 1
            # The processor tells nobody what it drops.
            if self._ended - self._pushed_out - self._counting.taken > WAITING_SPANS:
                self._pushed_out += 1
        self._batches.on_end(span)

    def shutdown(self) -> None:
        self._batches.shutdown()  # type: ignore[no-untyped-call]

    def abandon(self) -> None:
        """Lets go of what is still queued; without it exports go on for half a minute after a shutdown."""
        self._counting.shutdown()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        return self._batches.force_flush(timeout_millis)


class _Counting(SpanExporter):
    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._over = False
        self.taken = 0
        self.failed = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.taken += len(spans)
        result = SpanExportResult.FAILURE
        try:
            if not self._over:
                result = self._exporter.export(spans)
        except ValueError:
            # What gRPC says of a channel that was closed in this moment.
            if not self._over:
                raise
        if result is not SpanExportResult.SUCCESS:
            self.failed += len(spans)
        return result

    def shutdown(self) -> None:
        if not self._over:
            self._over = True
            self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        return self._exporter.force_flush(timeout_millis)


def queue(endpoint: str, protocol: Protocol) -> Queue:
    """Spans to a collector at ``endpoint``, over gRPC or to its path for traces."""
    if protocol == "grpc":
        from opentelemetry.exporter.otlp.proto.grpc import trace_exporter  # noqa: PLC0415

        return Queue(trace_exporter.OTLPSpanExporter(endpoint, insecure=_plain(endpoint), timeout=SECONDS))
    from opentelemetry.exporter.otlp.proto.http import trace_exporter as over_http  # noqa: PLC0415

    return Queue(over_http.OTLPSpanExporter(_path(endpoint, "traces"), timeout=SECONDS))


def reader(endpoint: str, protocol: Protocol) -> MetricReader:
    """Metrics to a collector at ``endpoint``, once a minute and at the end."""
    exporter: MetricExporter
    if protocol == "grpc":
        from opentelemetry.exporter.otlp.proto.grpc import metric_exporter  # noqa: PLC0415

        exporter = metric_exporter.OTLPMetricExporter(endpoint, insecure=_plain(endpoint), timeout=SECONDS)
    else:
        from opentelemetry.exporter.otlp.proto.http import metric_exporter as over_http  # noqa: PLC0415

        exporter = over_http.OTLPMetricExporter(_path(endpoint, "metrics"), timeout=SECONDS)
    return PeriodicExportingMetricReader(exporter)


def _plain(endpoint: str) -> bool:
    return endpoint.startswith("http://")


def _path(endpoint: str, signal: str) -> str:
    return f"{endpoint.rstrip('/')}/v1/{signal}"
