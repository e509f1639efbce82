"""The spans of a chat as they are to be, and what makes one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from opentelemetry.trace import SpanKind
from starlette.testclient import TestClient

from madlen.api.application import create
from madlen.api.entry import Entry
from madlen.services.wiring import Services
from madlen.types import Lane, Turn
from tests.tracing.trees import Row
from tests.waiting import step_done

CALLER = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = {"traceparent": f"00-{CALLER}-b7ad6b7169203331-01"}
CHAT = "chat parrot/polly"
SESSION = {"session.id": ...}
ASK = Row("ask", None, SpanKind.INTERNAL, {**SESSION, "madlen.lanes": 1})
BEGIN = Row(
    "store begin",
    "ask",
    SpanKind.INTERNAL,
    {**SESSION, "db.system.name": "sqlite", "db.operation.name": "begin"},
)
FINISH = Row(
    "store finish",
    CHAT,
    SpanKind.INTERNAL,
    {**SESSION, "db.system.name": "sqlite", "db.operation.name": "finish"},
)
REQUEST = {
    **SESSION,
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "parrot",
    "gen_ai.request.model": "parrot/polly",
    "gen_ai.request.stream": True,
    "gen_ai.output.type": "text",
    "gen_ai.conversation.id": ...,
    "madlen.reply.id": ...,
}
ANSWER = {
    "gen_ai.response.finish_reasons": ("stop",),
    "gen_ai.response.time_to_first_chunk": ...,
    "gen_ai.usage.input_tokens": 3,
    "gen_ai.usage.output_tokens": 5,
    "madlen.cost_usd": 0.0001,
}
FIRST = ("madlen.first_chunk", "madlen.first_visible_text")
ANSWERED = Row(CHAT, "ask", SpanKind.CLIENT, REQUEST | ANSWER, FIRST)
CUT = Row(
    CHAT,
    "ask",
    SpanKind.CLIENT,
    {**REQUEST, "gen_ai.response.finish_reasons": ("error",)},
)


def server(route: str, status: int = 200) -> Row:
    """The span of a request to the API, below one of its caller."""
    said = {"http.method": "POST", "http.route": route, "http.scheme": "http", "http.flavor": "1.1"}
    return Row(f"POST {route}", "elsewhere", SpanKind.SERVER, {**said, **SESSION, "http.status_code": status})


def within(parent: Row, *spans: Row) -> list[Row]:
    """The spans of a prompt that came through the API."""
    return [parent, *(replace(span, parent=parent.name) if span.parent is None else span for span in spans)]


def table(*spans: Row) -> list[Row]:
    return sorted(spans, key=lambda row: (row.name, row.parent or ""))


Ask = Callable[[Services], Sequence[Any]]


def asked(madlen: Services, *lanes: Lane) -> Turn:
    """A prompt as a page asks it, answered to its end."""
    made = madlen.chat.ask("Hi", lanes or [Lane("parrot/polly")])
    return ended(madlen, made)


def ended(madlen: Services, made: Any) -> Turn:
    for generation in made.generations:
        list(generation.follow(every=0))
    step_done(madlen)
    turn: Turn = made.turn
    return turn


def posted(madlen: Services, path: str, **body: Any) -> Any:
    with TestClient(Entry(create(madlen)), raise_server_exceptions=False) as client:
        answer = client.post(path, json=body, headers=TRACEPARENT)
    step_done(madlen)
    return answer
