"""An answer on its way: written piece by piece, held, cut or reset, and watched for a hang-up."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import anyio
from anyio import to_thread
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tests.pretend_openrouter.answers import Answer, Ending, Silence
from tests.pretend_openrouter.payloads import COMMENT

_KEEP_ALIVE = 0.02
"""Seconds between two comments of a silence."""


@dataclass(frozen=True)
class Gates:
    """What a silent answer waits for, and what says that it waits."""

    silent: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)
    closing: threading.Event = field(default_factory=threading.Event)


class Delivery(Response):
    """Sends one answer. ``ended`` learns whether the client hung up; ``abort`` resets its connection."""

    def __init__(
        self, answer: Answer, gates: Gates, *, ended: Callable[[bool], None], abort: Callable[[Scope], None]
    ) -> None:
        super().__init__()
        self._answer = answer
        self._gates = gates
        self._ended = ended
        self._abort = abort
        self._over = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        hung_up = False

        async def watch() -> None:
            nonlocal hung_up
            while (await receive())["type"] != "http.disconnect":
                pass
            # The server says "disconnect" after a complete answer as well.
            if not self._over:
                hung_up = True
                tasks.cancel_scope.cancel()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(watch)
            await self._speak(scope, send)
            tasks.cancel_scope.cancel()
        self._ended(hung_up)

    async def _speak(self, scope: Scope, send: Send) -> None:
        answer = self._answer
        if answer.mute:
            await self._silence(send)
            if self._gates.closing.is_set():
                self._end(scope, Ending.CUT)
                return
        body, content_type = _content(answer)
        headers = {"content-type": content_type}
        if body is not None:
            headers["content-length"] = str(len(body))
        headers |= {name.lower(): str(value) for name, value in answer.headers.items()}
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": raw})
        if body is not None:
            await self._last(send, body)
            return
        for piece in answer.pieces:
            if isinstance(piece, bytes):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            elif isinstance(piece, Silence):
                await self._silence(send, comments=piece.comments)
            else:
                self._end(scope, piece)
                return
            if self._gates.closing.is_set():
                self._end(scope, Ending.CUT)
                return
        if answer.hold is not None:
            await self._silence(send, comments=True, gate=answer.hold)
        await self._last(send, b"")

    async def _last(self, send: Send, body: bytes) -> None:
        # Before the last byte is out, for the client may ask what became of the answer right after it.
        self._over = True
        self._ended(False)
        await send({"type": "http.response.body", "body": body, "more_body": False})

    def _end(self, scope: Scope, ending: Ending) -> None:
        """Uvicorn closes the connection of an answer that returns before its end."""
        self._over = True
        if ending is Ending.RESET:
            self._abort(scope)

    async def _silence(
        self, send: Send, *, comments: bool = False, gate: threading.Event | None = None
    ) -> None:
        gate = gate or self._gates.released

        async def repeat() -> None:
            while True:
                await send({"type": "http.response.body", "body": COMMENT, "more_body": True})
                await anyio.sleep(_KEEP_ALIVE)

        async with anyio.create_task_group() as tasks:
            if comments:
                tasks.start_soon(repeat)
            self._gates.silent.set()
            await to_thread.run_sync(gate.wait, abandon_on_cancel=True)
            tasks.cancel_scope.cancel()


def _content(answer: Answer) -> tuple[bytes | None, str]:
    """The body, if it is not a stream, and the type of either."""
    match answer.body:
        case None:
            return None, "text/event-stream"
        case str(text):
            return text.encode(), "text/html; charset=utf-8"
        case bytes(raw):
            return raw, "application/json"
        case body:
            return json.dumps(body).encode(), "application/json"
