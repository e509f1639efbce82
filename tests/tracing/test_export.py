"""On the way out: protocols, what is dropped, and collectors that take nothing."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from madlen.rarely import Rarely
from madlen.tracing import Outlets, Tracing
from madlen.tracing.export import WAITING_SPANS, Queue
from tests.loading import loaded
from tests.otlp_receiver import GRPC, HTTP, Receiver
from tests.waiting import eventually


class Held(SpanExporter):
    """Takes a batch at a time, when it is let, and answers as it is told."""

    def __init__(self, result: SpanExportResult = SpanExportResult.SUCCESS) -> None:
        self.result = result
        self.reached = threading.Event()
        self.go = threading.Event()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:  # noqa: ARG002
        self.reached.set()
        self.go.wait(30)
        return self.result


def ended(queue: Queue) -> Callable[[int], None]:
    """Ends so many spans into a queue."""
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(queue)
    tracer = provider.get_tracer("madlen")

    def end(number: int) -> None:
        for _ in range(number):
            tracer.start_span("work").end()

    return end


def test_what_a_full_queue_pushes_out_is_counted() -> None:
    exporter = Held()
    queue = Queue(exporter)
    end = ended(queue)
    end(512)
    assert exporter.reached.wait(10)
    end(WAITING_SPANS)
    assert queue.dropped == 0
    end(100)
    assert queue.dropped == 100
    exporter.go.set()
    queue.shutdown()
    assert queue.dropped == 100


def test_what_a_collector_refuses_is_counted() -> None:
    exporter = Held(SpanExportResult.FAILURE)
    exporter.go.set()
    queue = Queue(exporter)
    ended(queue)(30)
    queue.force_flush()
    assert queue.dropped == 30
    queue.shutdown()


@pytest.mark.parametrize("protocol", [GRPC, HTTP])
def test_spans_and_metrics_go_over_either_protocol(protocol: str) -> None:
    with Receiver().running(protocol) as receiver:
        outlets = Outlets(
            spans=receiver.endpoint,
            metrics=receiver.endpoint,
            protocol="grpc" if protocol == GRPC else "http/protobuf",
        )
        tracing = Tracing(outlets=outlets, service_name="test")
        with tracing.store("begin"):
            pass
        tracing.close()
        assert receiver.wait_for("store begin")
        assert "db.client.operation.duration" in {metric.name for _, metric in receiver.metrics}
        assert receiver.paths == (set() if protocol == GRPC else {"/v1/traces", "/v1/metrics"})


@contextmanager
def black_hole() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
def test_collectors_that_take_nothing_hold_the_end_for_three_seconds_at_most(protocol: str) -> None:
    with black_hole() as spans, black_hole() as metrics:
        outlets = Outlets(
            spans=spans,
            metrics=metrics,
            protocol="grpc" if protocol == "grpc" else "http/protobuf",
            prometheus=True,
        )
        before = set(threading.enumerate())
        hopeful = Tracing(outlets=outlets)
        for _ in range(3000):
            with hopeful.store("begin"):
                pass
        began = time.monotonic()
        hopeful.close()
        assert time.monotonic() - began < 3
        others = set(threading.enumerate()) - before
        for thread in others:
            thread.join(5)
        assert not any(thread.is_alive() for thread in others)


@pytest.fixture
def said() -> Iterator[list[str]]:
    """What the libraries log, as the log of a process has it, until their threads have ended."""
    lines: list[str] = []
    before = set(threading.enumerate())

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    logger, handler = logging.getLogger("opentelemetry"), Rarely(Kept())
    propagated, logger.propagate = logger.propagate, False
    logger.addHandler(handler)
    yield lines
    # What one that is closed still says would be in the log of the next test.
    silent = eventually(lambda: set(threading.enumerate()) <= before)
    logger.removeHandler(handler)
    logger.propagate = propagated
    assert silent


@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
def test_spans_and_metrics_that_nobody_takes_are_one_line_a_minute_together(
    said: list[str], protocol: str
) -> None:
    outlets = Outlets(
        spans="http://127.0.0.1:9",
        metrics="http://127.0.0.1:9",
        protocol="grpc" if protocol == "grpc" else "http/protobuf",
    )
    hopeful = Tracing(outlets=outlets)
    for _ in range(20):
        with hopeful.store("begin"):
            pass
    hopeful.close()
    assert len(said) == 1
    assert "127.0.0.1" in said[0]


class Closed(SpanExporter):
    """One whose channel is closed while it exports."""

    queue: Queue

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:  # noqa: ARG002
        self.queue.abandon()
        raise ValueError("Cannot invoke RPC on closed channel!")


def test_an_export_that_is_abandoned_is_dropped_without_a_word(said: list[str]) -> None:
    exporter = Closed()
    exporter.queue = queue = Queue(exporter)
    ended(queue)(3)
    queue.shutdown()
    assert queue.dropped == 3
    assert said == []


def test_without_an_outlet_for_metrics_nothing_is_measured() -> None:
    before = set(threading.enumerate())
    quiet = Tracing()
    with quiet.store("begin"), quiet.stored("checkpoint"):
        pass
    assert quiet.exposition() is None
    assert set(threading.enumerate()) <= before
    quiet.close()


def test_what_only_exports_need_is_loaded_where_somebody_exports() -> None:
    script = "from madlen.tracing import Tracing; Tracing().close()"
    assert loaded(script, {"grpc", "prometheus_client", "opentelemetry.sdk.metrics", "fastapi"}) == ""
