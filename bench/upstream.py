"""A scripted OpenRouter in a process of its own, which notes when it sent what.

A prompt such as ``bench tokens=500 every=5 style=prose run=ab12`` asks for an answer: its number of
tokens, the milliseconds between them, and the name under which ``record`` finds it.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, cast

import httpx2

from bench.answers import Style, tokens

ROOT = Path(__file__).parents[1]
FIRST_TOKEN_SECONDS = 0.2
STAMPS = "stamps"
"""A style in which each token says when it was sent, and which one of all it is: ``T1795392000123x45``."""
BYSTANDER = "openrouter/owl-alpha"
"""A model that answers to that style with one word."""
_MODELS = ROOT / "tests" / "data" / "models_sample.json"
_PROMPT = re.compile(r"bench tokens=(\d+) every=([\d.]+) style=(\w+) run=(\w+)")


@dataclass
class Record:
    """One answer. Times are seconds since 1970, taken just before a chunk is handed to the socket."""

    run: str
    text: str
    asked_at: float
    first_at: float = 0.0
    last_at: float = 0.0
    chunks: int = 0


def prompt(*, tokens: int, every: float, run: str, style: Style | Literal["stamps"] = "markdown") -> str:
    """``every`` is in milliseconds."""
    return f"bench tokens={tokens} every={every:g} style={style} run={run}"


def asked(text: str) -> tuple[int, float, str, str]:
    """Tokens, milliseconds, style and run of the last such prompt in a text; little where there is none."""
    number, every, style, run = (_PROMPT.findall(text) or [("5", "1", "prose", "other")])[-1]
    return int(number), float(every), style, run


@dataclass(frozen=True)
class Upstream:
    """The process as its clients see it."""

    origin: str

    @property
    def base_url(self) -> str:
        return f"{self.origin}/api/v1"

    def record(self, run: str) -> Record:
        """The newest answer of that run; an error when there is none."""
        response = httpx2.get(f"{self.origin}/record/{run}")
        response.raise_for_status()
        return Record(**response.json())


@contextmanager
def running() -> Iterator[Upstream]:
    """The upstream, on a port that the system chose."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.upstream"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield Upstream(f"http://127.0.0.1:{int(process.stdout.readline())}")
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


class _Server:
    """As little HTTP/1.1 as clients need: what it takes itself must not show in the figures."""

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}
        self._stamps = 0

    async def serve(self) -> None:
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0, backlog=2000)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A client that leaves in mid-answer is no fault of ours.
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                arrived = time.time()
                _method, target, _ = head.split(" ", 2)
                length = re.search(r"content-length: *(\d+)", head, re.IGNORECASE)
                body = await reader.readexactly(int(length[1]) if length else 0)
                if target.endswith("/chat/completions"):
                    await self._answer(json.loads(body), arrived, writer)
                else:
                    _send(writer, *self._page(target.partition("?")[0]))
                await writer.drain()
        writer.close()

    def _page(self, path: str) -> tuple[int, bytes]:
        name = path.rsplit("/", 1)[-1]
        if path.endswith("/models"):
            return 200, _MODELS.read_bytes()
        if path.endswith("/key"):
            return 200, json.dumps({"data": {"label": "bench", "is_free_tier": False}}).encode()
        if path.startswith("/record/") and name in self._records:
            return 200, json.dumps(asdict(self._records[name])).encode()
        return 404, b'{"error": {"code": 404, "message": "Not Found"}}'

    async def _answer(self, body: dict[str, Any], arrived: float, writer: asyncio.StreamWriter) -> None:
        number, every, style, run = asked(json.dumps(body["messages"][-1]))
        stamped = style == STAMPS
        said = tokens(number, run, "prose" if stamped else cast("Style", style))
        if stamped and body["model"] == BYSTANDER:
            said, stamped = ["Done."], False
        record = self._records[run] = Record(run, "".join(said), arrived)
        writer.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        )
        chunk = {"id": f"gen-{run}", "object": "chat.completion.chunk", "created": int(arrived)}
        chunk |= {"model": body["model"], "provider": "Bench"}
        await asyncio.sleep(FIRST_TOKEN_SECONDS - (time.time() - arrived))
        began = time.monotonic()
        for position, token in enumerate(said):
            # Each token has its own moment, so that one sent late does not delay those behind it.
            early = began + position * every / 1000 - time.monotonic()
            if early > 0:
                await asyncio.sleep(early)
            if stamped:
                self._stamps += 1
                token = f"T{time.time() * 1000:.0f}x{self._stamps} "  # noqa: PLW2901
            event = _event(chunk, {"content": token})
            record.last_at = time.time()
            record.first_at = record.first_at or record.last_at
            record.chunks += 1
            writer.write(event)
            await writer.drain()
        counts = {
            "prompt_tokens": 10,
            "completion_tokens": len(said),
            "total_tokens": 10 + len(said),
            "cost": 0,
        }
        writer.write(_event(chunk, {}, "stop", usage=counts) + _chunked(b"data: [DONE]\n\n") + _chunked(b""))


def _event(chunk: dict[str, Any], delta: dict[str, str], reason: str | None = None, **more: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return _chunked(f"data: {json.dumps({**chunk, 'choices': [choice], **more})}\n\n".encode())


def _chunked(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _send(writer: asyncio.StreamWriter, status: int, body: bytes) -> None:
    head = f"HTTP/1.1 {status} -\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(_Server().serve())
