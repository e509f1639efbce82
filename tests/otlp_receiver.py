"""A real OTLP/gRPC collector on a loopback port that keeps the spans it is sent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.proto.trace.v1.trace_pb2 import Span


class Receiver(trace_service_pb2_grpc.TraceServiceServicer):
    """``spans`` by the name of the service that sent them; ``wait_for`` returns when they are there."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, Span]] = []
        self.endpoint = ""
        self._news = threading.Condition()

    def Export(self, request: Any, _context: Any) -> Any:  # noqa: N802  # the protocol's name
        with self._news:
            for resource in request.resource_spans:
                attributes = {one.key: one.value.string_value for one in resource.resource.attributes}
                self.spans += [
                    (attributes["service.name"], span)
                    for scope in resource.scope_spans
                    for span in scope.spans
                ]
            self._news.notify_all()
        return trace_service_pb2.ExportTraceServiceResponse()

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
    def running(self) -> Iterator[Receiver]:
        server = grpc.server(ThreadPoolExecutor(2))
        add = trace_service_pb2_grpc.add_TraceServiceServicer_to_server
        add(self, server)  # type: ignore[no-untyped-call]
        self.endpoint = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        server.start()
        try:
            yield self
        finally:
            server.stop(None).wait()
