"""A pretend OpenRouter: a real HTTP server on a loopback port that answers as it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

SAMPLE = Path(__file__).parent / "data" / "models_sample.json"
CHAT_MODEL = "google/gemma-4-31b-it:free"

Json = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What a model says: a status and a body, or a stream of raw pieces."""

    status: int = 200
    body: Json | str | None = None
    pieces: Sequence[bytes] = ()
    headers: Json = field(default_factory=dict)
    hold: threading.Event | None = None
    """Where given, the stream stays silent after its pieces until this is set."""


@dataclass(frozen=True)
class Received:
    """A request as the server saw it."""

    path: str
    headers: Json
    body: Json


class PretendOpenRouter:
    """Answers ``/models`` with the sample catalogue and ``/chat/completions`` by model id."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.models: Answer = Answer(body=catalogue())
        self.received: list[Received] = []
        self.hung_up = threading.Event()
        self.base_url = ""
        self._app = Starlette(
            routes=[
                Route("/api/v1/models", self._models),
                Route("/api/v1/chat/completions", self._chat, methods=["POST"]),
            ]
        )

    @contextmanager
    def running(self) -> Iterator[PretendOpenRouter]:
        config = uvicorn.Config(self._app, port=0, log_level="critical", ws="none", lifespan="off")
        server = uvicorn.Server(config)
        socket = config.bind_socket()
        self.base_url = f"http://127.0.0.1:{socket.getsockname()[1]}/api/v1"
        thread = threading.Thread(target=server.run, args=([socket],))
        thread.start()
        try:
            yield self
        finally:
            for answer in self.answers.values():
                if answer.hold is not None:
                    answer.hold.set()
            server.should_exit = True
            thread.join()
            socket.close()

    async def _models(self, request: Request) -> Response:
        self._log(request, {})
        return _plain(self.models)

    async def _chat(self, request: Request) -> Response:
        body = await request.json()
        self._log(request, body)
        answer = self.answers.get(body["model"]) or Answer(pieces=said(body["model"], "Hello", " there"))
        if answer.body is not None:
            return _plain(answer)
        return StreamingResponse(
            self._stream(request, answer), media_type="text/event-stream", headers=answer.headers
        )

    async def _stream(self, request: Request, answer: Answer) -> AsyncIterator[bytes]:
        try:
            for piece in answer.pieces:
                yield piece
            if answer.hold is not None:
                while not answer.hold.is_set():
                    yield b": OPENROUTER PROCESSING\n\n"
                    if await request.is_disconnected():
                        return
        finally:
            self.hung_up.set()

    def _log(self, request: Request, body: Json) -> None:
        self.received.append(Received(request.url.path, dict(request.headers), body))


def catalogue() -> Json:
    """The sample catalogue as ``GET /models`` lists it: models that write text only."""
    listed: Json = json.loads(SAMPLE.read_text("utf-8"))
    listed["data"] = [
        model for model in listed["data"] if "text" in model["architecture"]["output_modalities"]
    ]
    return listed


def chunk(model: str, delta: Json, finish_reason: str | None = None, **more: Any) -> bytes:
    """One ``data:`` event as OpenRouter sends it."""
    content = {
        "id": "gen-1795392001-aaaaaaaaaaaaaaaaaaaa",
        "provider": "Google AI Studio",
        "model": model,
        "object": "chat.completion.chunk",
        "created": 1795392001,
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}],
        **more,
    }
    return b"data: " + json.dumps(content).encode() + b"\n\n"


def said(model: str, *words: str) -> list[bytes]:
    """A whole good stream: comments, words, finish reason, usage with cost, the end."""
    usage = {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13, "cost": 7.1e-05}
    return [
        b": OPENROUTER PROCESSING\n\n",
        chunk(f"{model}-20260402", {"role": "assistant", "content": ""}),
        *(chunk(f"{model}-20260402", {"content": word}) for word in words),
        chunk(f"{model}-20260402", {"content": ""}, "stop"),
        chunk(f"{model}-20260402", {"content": ""}, "stop", usage=usage),
        b"data: [DONE]\n\n",
    ]


def _plain(answer: Answer) -> Response:
    if isinstance(answer.body, str):
        return Response(answer.body, answer.status, answer.headers, "text/html")
    return JSONResponse(answer.body, answer.status, answer.headers)
