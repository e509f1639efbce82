"""Tracing to a collector that refuses, swallows, dawdles or fails: the chat must not feel it."""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import grpc

from bench.faults import rows
from bench.faults.outcome import Lab, Outcome, share
from bench.faults.servers import Server, Viewer, launched
from bench.faults.upstream import Upstream, steady
from tests.ports import free_port

END_SECONDS = 5.0
BEYOND_SECONDS = 3.0
"""How much longer the end may take than that of a Madlen that exports nothing."""
STREAMS = 10
"""Answers in flight at the end."""
NOISE = 1.3
"""Differences under 30 % are noise where everything shares two cores."""
LINES_A_MINUTE = 1
MEGABYTES = 30
_WARM_UP = 10


@contextmanager
def _refuses() -> Iterator[str]:
    yield f"http://127.0.0.1:{free_port()}"


@contextmanager
def _swallows() -> Iterator[str]:
    """Connections are taken and nothing is ever read or said."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@contextmanager
def _fails() -> Iterator[str]:
    """Whatever is said, the answer is 503."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    with connection:
                        connection.sendall(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


class _Slow(BaseHTTPRequestHandler):
    """Takes every export over HTTP and answers after a second and a half."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(1.5)
        with suppress(OSError):
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@contextmanager
def _dawdles_over_http() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Slow) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class _Dawdling(grpc.GenericRpcHandler):
    """Takes every export and answers after a second and a half."""

    def service(self, _details: Any) -> Any:
        def export(_request: bytes, _context: Any) -> bytes:
            time.sleep(1.5)
            return b""

        return grpc.unary_unary_rpc_method_handler(export)


@contextmanager
def _dawdles() -> Iterator[str]:
    server = grpc.server(ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((_Dawdling(),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.stop(None).wait()


COLLECTORS: dict[str, tuple[str, Callable[[], AbstractContextManager[str]]]] = {
    "refuses": ("grpc", _refuses),
    "swallows": ("grpc", _swallows),
    "dawdles": ("grpc", _dawdles),
    "fails": ("grpc", _fails),
    "refuses-http": ("http/protobuf", _refuses),
    "swallows-http": ("http/protobuf", _swallows),
    "dawdles-http": ("http/protobuf", _dawdles_over_http),
    "fails-http": ("http/protobuf", _fails),
}


def dead(lab: Lab) -> Outcome:
    """Chats in turn with a Madlen whose spans and metrics go to a dead collector and with one that exports
    nothing."""
    outcome = Outcome(
        notes={
            "recovery": "from SIGTERM to the end of the process that traces, with answers in flight",
            "streams": STREAMS,
        }
    )
    with Upstream(steady(20, per_second=1000)).running() as upstream:
        plain = launched(lab.folder, upstream.base_url, database=lab.folder / "without.db")
        plain.wait_until_healthy()
        for name, (protocol, collector) in COLLECTORS.items():
            with collector() as endpoint:
                tracing = launched(
                    lab.folder,
                    upstream.base_url,
                    database=lab.folder / f"{name}.db",
                    OTEL_EXPORTER_OTLP_ENDPOINT=endpoint,
                    OTEL_EXPORTER_OTLP_PROTOCOL=protocol,
                    # As often as spans, so that a minute is enough to see what comes of metrics.
                    OTEL_METRIC_EXPORT_INTERVAL="5000",
                )
                tracing.wait_until_healthy()
                seconds = _chats(lab, outcome, plain, tracing)
                more = _megabytes(tracing) - _megabytes(plain)
                outcome.recoveries.append(_end(outcome, upstream, tracing, name))
            ratios = {
                part: (share(seconds[1], part) or 0.0) / (share(seconds[0], part) or 1.0)
                for part in (0.5, 0.95)
            }
            outcome.notes[name] = {
                "chat_p50_ratio": round(ratios[0.5], 3),
                "chat_p95_ratio": round(ratios[0.95], 3),
                "exit_seconds": round(outcome.recoveries[-1], 2),
                "lines": _lines(tracing),
                "seconds": round(time.monotonic() - tracing.begun_at, 1),
                "megabytes_more": round(more, 1),
            }
            outcome.expect(more <= MEGABYTES, f"{name}: {more:.0f} MB more")
            allowed = LINES_A_MINUTE * (1 + (time.monotonic() - tracing.begun_at) / 60)
            outcome.expect(_lines(tracing) <= allowed, f"{name}: {_lines(tracing)} lines in the log")
            outcome.expect(ratios[0.5] <= NOISE, f"{name}: chats take {ratios[0.5]:.2f} times as long")
        without = _end(outcome, upstream, plain, "without")
    outcome.notes["exit_seconds_without"] = round(without, 2)
    slowest = max(outcome.recoveries)
    outcome.expect(slowest <= END_SECONDS, f"the slowest end took {slowest:.1f} s")
    outcome.expect(slowest - without <= BEYOND_SECONDS, f"the end takes {slowest - without:.1f} s longer")
    return outcome


def _end(outcome: Outcome, upstream: Upstream, server: Server, name: str) -> float:
    """The seconds from SIGTERM to the end, with answers in flight; each must be stored as far as seen."""
    usual, upstream.manner = upstream.manner, steady(2000, per_second=20)
    viewers = [Viewer(server, server.session(), f"{name} end {number}") for number in range(STREAMS)]
    for viewer in viewers:
        upstream.call(viewer.prompt)
    time.sleep(0.5)
    server.process.send_signal(signal.SIGTERM)
    start = time.monotonic()
    code = server.end()
    seconds = time.monotonic() - start
    outcome.expect(code == 0, f"{name}: the exit code is {code}")
    stored = rows.messages(server.log.parent / f"{name}.db")
    texts = {(row[1], row[3]) for row in stored if row[2] == b"assistant"}
    for viewer in viewers:
        viewer.wait()
        outcome.acknowledged += 1
        session, seen = viewer.session_id.encode(), viewer.text.encode()
        outcome.lost += not any(one == session and text.startswith(seen) for one, text in texts)
    upstream.manner = usual
    return seconds


def _lines(server: Server) -> int:
    """What was said in the log about exporting, by us or by a library."""
    said = server.log.read_text().splitlines()
    return sum(any(word in line for word in ("WARNING", "ERROR", "Failed to export")) for line in said)


def _megabytes(server: Server) -> float:
    text = Path(f"/proc/{server.process.pid}/status").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("VmRSS:")) / 1024


def _chats(lab: Lab, outcome: Outcome, *servers: Server) -> list[list[float]]:
    """The seconds of each chat with each server, in turn so that what disturbs one disturbs the other.

    Each is the first as often, for what a chat leaves to do is done while the next one runs.
    """
    sessions = [server.session() for server in servers]
    seconds: list[list[float]] = [[] for _ in servers]
    for run in range(lab.runs + _WARM_UP):
        turn = list(zip(servers, sessions, seconds, strict=True))
        for server, session, times in turn if run % 2 else reversed(turn):
            viewer = Viewer(server, session, f"{server.url} {run}").wait()
            outcome.expect(viewer.status == 200 and not viewer.problem, f"a chat failed: {viewer.problem}")
            outcome.acknowledged += 1
            if run >= _WARM_UP:
                times.append(viewer.seconds)
            if run % 20 == 19:
                sessions = [each.session() for each in servers]
    outcome.runs += lab.runs
    return seconds
