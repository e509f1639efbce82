"""A real HTTP server on a loopback port that answers like OpenRouter, or as a test tells it."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.types import Scope

from tests.pretend_openrouter import account, chat, listings, routing
from tests.pretend_openrouter.answers import (
    START,
    Answer,
    Asked,
    Received,
    Rule,
    Script,
    Subject,
    generation_id,
    in_turn,
    steps,
)
from tests.pretend_openrouter.generations import Generations
from tests.pretend_openrouter.payloads import provider_of
from tests.pretend_openrouter.scenarios import SCENARIOS
from tests.pretend_openrouter.transport import Delivery, Gates

SCENARIO_HEADER = "X-Pretend-Scenario"
UNKNOWN_PATH = "<!DOCTYPE html><html><head><title>404: Not Found</title></head><body>Not Found</body></html>"


class PretendOpenRouter:
    """OpenRouter's catalogue, account, chat and generations, at ``base_url`` while ``running``.

    ``play`` sets a scenario for all models, ``answers`` one for a model; a request may name its own,
    with the header ``X-Pretend-Scenario`` or by an address from ``at``.
    """

    def __init__(self) -> None:
        self.answers: dict[str, Script] = {}
        self.everyone: Script = chat.ordinary
        self.models: Script = listings.listing
        self.key: Script = account.key
        self.credits: Script = account.credit
        self._generations = Generations()
        self.generation: Script = self._generations.answer
        self._usual: dict[Subject, Rule] = {
            "chat": chat.ordinary,
            "models": listings.listing,
            "key": account.key,
            "credits": account.credit,
            "generation": self._generations.answer,
        }
        self.received: list[Received] = []
        self.hung_up = threading.Event()
        """Set when a client left before the end of its answer."""
        self.base_url = ""
        self._gates = Gates()
        self.silent = self._gates.silent
        """Set when an answer fell silent."""
        self._holds: list[threading.Event] = []
        self._chats = 0
        self._turns: dict[str, tuple[Script, int]] = {}
        routes = self._routes()
        self._app = Starlette(
            routes=[
                Mount("/api/v1", routes=routes),
                Mount("/play/{scenario}/api/v1", routes=routes),
                Route("/{path:path}", _unknown_path),
            ]
        )

    def play(self, *scenarios: str | Script) -> None:
        """Sets what all models say, or the list, the key, ... where that is the scenarios' subject.

        Several are played in turn, a step for each request; the last one stays.
        """
        script = in_turn(*(SCENARIOS[each] if isinstance(each, str) else each for each in scenarios))
        match script.subject:
            case "chat":
                self.everyone = script
            case "models":
                self.models = script
            case "key":
                self.key = script
            case "credits":
                self.credits = script
            case "generation":
                self.generation = script

    def at(self, scenario: str) -> str:
        """A base URL under which the scenario is played, whatever else is set."""
        return self.base_url.replace("/api/v1", f"/play/{scenario}/api/v1")

    def release(self) -> None:
        """Ends every silence, those to come as well."""
        self._gates.released.set()

    @contextmanager
    def running(self) -> Iterator[PretendOpenRouter]:
        config = uvicorn.Config(
            self._app,
            port=0,
            log_level="critical",
            http="h11",
            ws="none",
            lifespan="off",
            # A client that reads no more must not keep the server.
            timeout_graceful_shutdown=1,
            # After uvicorn's 5 s it may hang up in the very moment in which it is asked.
            timeout_keep_alive=400,
        )
        server = uvicorn.Server(config)
        self._server = server
        listening = config.bind_socket()
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # From here on clients may connect, and wait until the thread is up.
        listening.listen()
        self.base_url = f"http://127.0.0.1:{listening.getsockname()[1]}/api/v1"
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            yield self
        finally:
            self._gates.closing.set()
            for event in (self._gates.released, *self._holds):
                event.set()
            server.should_exit = True
            thread.join()
            listening.close()

    def _routes(self) -> list[Route]:
        def route(path: str, rule: Callable[[Asked], Answer]) -> Route:
            async def endpoint(request: Request) -> Response:
                return self._deliver(rule(Asked(await self._log(request))))

            return Route(path, endpoint)

        return [
            route("/models", lambda asked: self._step("models", self.models, asked)),
            route("/models/user", lambda asked: self._step("models", self.models, asked)),
            route("/models/count", listings.count),
            route("/model/{author}/{slug}", listings.one),
            route("/models/{author}/{slug}/endpoints", listings.endpoints),
            route("/key", lambda asked: self._step("key", self.key, asked)),
            route("/auth/key", lambda asked: self._step("key", self.key, asked)),
            route("/credits", lambda asked: self._step("credits", self.credits, asked)),
            route("/generation", lambda asked: self._step("generation", self.generation, asked)),
            Route("/chat/completions", self._chat, methods=["POST"]),
            Route("/{path:path}", _unknown_path),
        ]

    async def _chat(self, request: Request) -> Response:
        received = await self._log(request)
        self._chats += 1
        asked = Asked(received, id=generation_id(self._chats), created=START + self._chats)
        model = str(received.body.get("model", ""))
        # Each fallback is tried in turn; the last one's refusal is the answer.
        for candidate in dict.fromkeys([*([model] if model else []), *received.body.get("models", [])]):
            asked = replace(asked, model=candidate)
            script = self.answers.get(candidate, self.everyone)
            answer = self._step(
                "chat", script, asked, key=f"chat {candidate if candidate in self.answers else ''}"
            )
            if answer.status < 400:
                break
        else:
            if not asked.model:
                answer = routing.refused(asked) or Answer(body={})
        if answer.status != 200:
            return self._deliver(answer)
        asked = chat.resolved(asked)
        generation = self._generations.begin(asked)
        named = {"X-Generation-Id": asked.id, "X-Provider-Name": provider_of(asked.model)}

        def ended(hung_up: bool) -> None:
            generation.finished = not hung_up
            generation.cancelled = hung_up

        return self._deliver(replace(answer, headers={**named, **answer.headers}), ended)

    def _step(self, subject: Subject, script: Script, asked: Asked, key: str = "") -> Answer:
        """The script's answer to this request, and one step on."""
        chosen = SCENARIOS.get(asked.received.scenario)
        if chosen is not None and chosen.subject == subject:
            script, key = chosen, f"{subject} {asked.received.scenario}"
        key = key or subject
        before, turn = self._turns.get(key, (script, 0))
        if before is not script:
            turn = 0
        self._turns[key] = (script, turn + 1)
        sequence = steps(script)
        step = sequence[min(turn, len(sequence) - 1)]
        return step if isinstance(step, Answer) else step(replace(asked, usual=self._usual[subject]))

    def _deliver(self, answer: Answer, ended: Callable[[bool], None] = lambda _: None) -> Response:
        if answer.hold is not None:
            self._holds.append(answer.hold)

        def over(hung_up: bool) -> None:
            ended(hung_up)
            if hung_up:
                self.hung_up.set()

        return Delivery(answer, self._gates, ended=over, abort=self._abort)

    def _abort(self, scope: Scope) -> None:
        """Closes the connection in a way that sends RST: no lingering, nothing said."""
        for connection in list(self._server.server_state.connections):
            if getattr(connection, "client", None) == scope["client"]:
                transport = connection.transport
                transport.get_extra_info("socket").setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                )
                transport.abort()

    async def _log(self, request: Request) -> Received:
        raw = await request.body()
        try:
            body = json.loads(raw) if raw else {}
        except ValueError:
            body = {}
        received = Received(
            path=request.url.path,
            headers=dict(request.headers),
            body=body if isinstance(body, dict) else {},
            method=request.method,
            query=dict(request.query_params),
            scenario=request.path_params.get("scenario") or request.headers.get(SCENARIO_HEADER, ""),
        )
        self.received.append(received)
        return received


async def _unknown_path(request: Request) -> Response:
    return HTMLResponse(UNKNOWN_PATH, 404)
