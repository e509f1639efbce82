"""A real OTLP collector on a loopback port, over gRPC or HTTP, that keeps what it is sent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import grpc
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2, metrics_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span

GRPC, HTTP = "grpc", "http/protobuf"


class Receiver:
    """``spans`` and ``metrics`` by the name of the service that sent them, and all ``bytes`` as they came.

    ``wait_for`` returns when spans of such names are there.
    """

    def __init__(self) -> None:
        self.spans: list[tuple[str, Span]] = []
        self.metrics: list[tuple[str, Metric]] = []
        self.bytes = b""
        self.paths: set[str] = set()
        self.endpoint = ""
        self.protocol = GRPC
        self._news = threading.Condition()

    def wait_for(self, *names: str) -> dict[str, Span]:
        """The newest span of each name, once there is one of each."""

        def found() -> dict[str, Span]:
            return {span.name: span for _, span in self.spans if span.name in names}

        with self._news:
            assert self._news.wait_for(lambda: len(found()) == len(names), 30), (
                f"{set(names) - set(found())} did not come; there are {[span.name for _, span in self.spans]}"
            )
            return found()

    @contextmanager
    def running(self, protocol: str = GRPC) -> Iterator[Receiver]:
        self.protocol = protocol
        with self._over_grpc() if protocol == GRPC else self._over_http():
            yield self

    @contextmanager
    def _over_grpc(self) -> Iterator[None]:
        server = grpc.server(ThreadPoolExecutor(2))
        trace_service_pb2_grpc.add_TraceServiceServicer_to_server(  # type: ignore[no-untyped-call]
            _Exports(self.take_spans, trace_service_pb2.ExportTraceServiceResponse), server
        )
        metrics_service_pb2_grpc.add_MetricsServiceServicer_to_server(  # type: ignore[no-untyped-call]
            _Exports(self.take_metrics, metrics_service_pb2.ExportMetricsServiceResponse), server
        )
        self.endpoint = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        server.start()
        try:
            yield
        finally:
            server.stop(None).wait()

    @contextmanager
    def _over_http(self) -> Iterator[None]:
        receiver = self

        class Taking(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # the library's name
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.paths.add(self.path)
                if self.path == "/v1/traces":
                    receiver.take_spans(trace_service_pb2.ExportTraceServiceRequest.FromString(body))
                elif self.path == "/v1/metrics":
                    receiver.take_metrics(metrics_service_pb2.ExportMetricsServiceRequest.FromString(body))
                self.send_response(200)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Says nothing."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Taking) as server:
            self.endpoint = f"http://127.0.0.1:{server.server_port}"
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                yield
            finally:
                server.shutdown()
                thread.join()

    def take_spans(self, request: Any) -> None:
        with self._news:
            self.bytes += request.SerializeToString()
            for resource in request.resource_spans:
                service = _service(resource)
                self.spans += [(service, span) for scope in resource.scope_spans for span in scope.spans]
            self._news.notify_all()

    def take_metrics(self, request: Any) -> None:
        with self._news:
            self.bytes += request.SerializeToString()
            for resource in request.resource_metrics:
                service = _service(resource)
                self.metrics += [(service, one) for scope in resource.scope_metrics for one in scope.metrics]
            self._news.notify_all()


class _Exports:
    """The one call of both services."""

    def __init__(self, take: Any, response: Any) -> None:
        self._take = take
        self._response = response

    def Export(self, request: Any, _context: Any) -> Any:  # noqa: N802  # the protocol's name
        self._take(request)
        return self._response()


def _service(resource: Any) -> str:
    attributes = {one.key: one.value.string_value for one in resource.resource.attributes}
    return str(attributes["service.name"])
