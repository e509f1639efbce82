"""An OpenRouter on a loopback port that speaks at a set pace, or misbehaves as a manner tells it.

It knows of every call what it has sent and when the other side hung up.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

MODEL = "pace/steady"
_MODELS: dict[str, Any] = {
    "data": [
        {
            "id": MODEL,
            "name": "Steady",
            "context_length": 100_000,
            "architecture": {"input_modalities": ["text"], "output_modalities": ["text"]},
            "pricing": {"prompt": "0", "completion": "0"},
            "supported_parameters": ["max_tokens"],
        }
    ]
}
_STREAM = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n"
    b"Connection: close\r\n\r\n"
)


@dataclass
class Call:
    """One question as it was answered. ``words`` is what was sent, ``moments`` when each word was."""

    prompt: str
    words: list[str] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)
    hung_up_at: float | None = None
    hung_up: threading.Event = field(default_factory=threading.Event)
    begun_at: float = field(default_factory=time.monotonic)

    @property
    def text(self) -> str:
        return "".join(self.words)


class Wire:
    """The open answer of one call, as its manner writes it."""

    def __init__(self, call: Call, writer: asyncio.StreamWriter) -> None:
        self.call = call
        self._writer = writer

    async def raw(self, content: bytes) -> None:
        self._writer.write(content)
        await self._writer.drain()

    async def begin(self) -> None:
        await self.raw(_STREAM)

    async def part(self, content: bytes) -> None:
        """A piece of the body in chunked transfer."""
        await self.raw(b"%x\r\n%s\r\n" % (len(content), content))

    async def event(self, body: dict[str, Any]) -> None:
        await self.part(b"data: " + json.dumps(body).encode() + b"\n\n")

    async def word(self, text: str) -> None:
        # Noted first: what may have been seen is what counts.
        self.call.words.append(text)
        self.call.moments.append(time.monotonic())
        await self.event(chunk({"content": text}))

    async def finish(self) -> None:
        """Everything that a good answer closes with."""
        await self.event(
            chunk({}, finish_reason="stop")
            | {"usage": {"prompt_tokens": 5, "completion_tokens": len(self.call.words), "total_tokens": 5}}
        )
        await self.part(b"data: [DONE]\n\n")
        await self.close()

    async def close(self) -> None:
        """The end of the body, whatever it held."""
        await self.raw(b"0\r\n\r\n")

    def reset(self) -> None:
        self._writer.transport.abort()


Manner = Callable[[Wire], Awaitable[None]]


def chunk(delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return {"id": "gen-1", "object": "chat.completion.chunk", "model": MODEL, "choices": [choice]}


def word(number: int) -> str:
    """The ``number``-th word of every answer; all are different, so that a gap shows."""
    return f"w{number} "


def steady(words: int, *, per_second: float) -> Manner:
    """So many words at a pace, and a good end."""

    async def speak(wire: Wire) -> None:
        await wire.begin()
        start = time.monotonic()
        for number in range(words):
            await asyncio.sleep(max(0.0, start + number / per_second - time.monotonic()))
            await wire.word(word(number))
        await wire.finish()

    return speak


def silent_after(words: int) -> Manner:
    """Some words at once, and then nothing for as long as anybody listens."""

    async def speak(wire: Wire) -> None:
        await wire.begin()
        for number in range(words):
            await wire.word(word(number))
        await asyncio.Event().wait()

    return speak


class Upstream:
    """Answers on ``base_url`` while ``running``, every question in the manner that is set."""

    def __init__(self, manner: Manner | None = None) -> None:
        self.manner = manner or steady(100, per_second=50)
        self.calls: list[Call] = []
        self.base_url = ""
        self._news = threading.Condition()

    def call(self, prompt: str, *, seconds: float = 20) -> Call:
        """The call that asks this, as soon as it has come."""

        def found() -> Call | None:
            return next((call for call in self.calls if call.prompt == prompt), None)

        with self._news:
            call = self._news.wait_for(found, seconds)
        assert call is not None, f"Nobody asked {prompt!r}"
        return call

    @contextmanager
    def running(self) -> Iterator[Upstream]:
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, name="upstream")
        thread.start()
        server = asyncio.run_coroutine_threadsafe(self._serve(), loop).result()
        try:
            yield self
        finally:
            asyncio.run_coroutine_threadsafe(_end(server), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()

    async def _serve(self) -> asyncio.Server:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api/v1"
        return server

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            if head.startswith("POST"):
                length = next(
                    int(line.partition(":")[2])
                    for line in head.lower().splitlines()
                    if line.startswith("content-length:")
                )
                body = json.loads(await reader.readexactly(length))
                await self._answer(body["messages"][-1]["content"], reader, writer)
            else:
                known = _MODELS if "/models" in head.split()[1] else {"data": {}}
                await Wire(Call(""), writer).raw(_whole(known))
        writer.close()

    async def _answer(self, prompt: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        call = Call(prompt)
        with self._news:
            self.calls.append(call)
            self._news.notify_all()
        speaking = asyncio.ensure_future(self.manner(Wire(call, writer)))
        listening = asyncio.ensure_future(reader.read())
        await asyncio.wait({speaking, listening}, return_when=asyncio.FIRST_COMPLETED)
        # Who hangs up with words unread resets the connection, which whoever speaks may be told first.
        if not speaking.done() or isinstance(speaking.exception(), ConnectionError):
            call.hung_up_at = time.monotonic()
            call.hung_up.set()
        for task in (speaking, listening):
            task.cancel()
            with suppress(ConnectionError, asyncio.CancelledError):
                await task


def _whole(body: dict[str, Any]) -> bytes:
    content = json.dumps(body).encode()
    head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
    return f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content


async def _end(server: asyncio.Server) -> None:
    server.close()
    ours = asyncio.current_task()
    others = [task for task in asyncio.all_tasks() if task is not ours]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
