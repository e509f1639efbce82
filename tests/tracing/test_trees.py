"""Every span of what Madlen does, as tables: names, parents, kinds, attributes, events and status."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from opentelemetry.context import Context
from opentelemetry.sdk.trace import Span, SpanProcessor
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from starlette.testclient import TestClient

from madlen.api.application import create
from madlen.api.entry import Entry
from madlen.errors import RateLimited
from madlen.tracing import Tracing
from madlen.types import Lane, Parameters, Reasoning, Started
from tests.conftest import StartMadlen
from tests.parrot import DONE, Gate, Parrot
from tests.playing import staged
from tests.pretend_openrouter import CHAT_MODEL
from tests.tracing.chats import (
    ANSWERED,
    ASK,
    BEGIN,
    CALLER,
    CUT,
    FINISH,
    FIRST,
    asked,
    ended,
    posted,
    server,
    table,
    within,
)
from tests.tracing.trees import rows, traces


def test_a_chat(start_madlen: StartMadlen, spans: InMemorySpanExporter) -> None:
    asked(start_madlen(Parrot(["Hello", " you", DONE])))
    assert rows(spans.get_finished_spans()) == table(ASK, BEGIN, ANSWERED, FINISH)
    assert len(traces(spans.get_finished_spans())) == 1


def test_a_chat_through_the_api_goes_on_with_the_trace_of_its_caller(
    start_madlen: StartMadlen, spans: InMemorySpanExporter
) -> None:
    madlen = start_madlen(Parrot(["Hello", DONE]))
    session = madlen.chat.create_session("parrot/polly")
    body = {"model": "parrot/polly", "messages": [{"role": "user", "content": "Hi"}]}
    answer = posted(madlen, "/chat/", session_id=session.id, **body)
    assert rows(spans.get_finished_spans()) == table(*within(server("/chat"), ASK, BEGIN, ANSWERED, FINISH))
    assert traces(spans.get_finished_spans()) == {CALLER}
    [span] = [span for span in spans.get_finished_spans() if span.name == "POST /chat"]
    assert span.context is not None
    assert answer.headers["traceresponse"] == f"00-{CALLER}-{span.context.span_id:016x}-01"


def test_an_answer_that_nobody_keeps_has_no_session_and_no_row(
    start_madlen: StartMadlen, spans: InMemorySpanExporter
) -> None:
    madlen = start_madlen(Parrot(["Hello", DONE]))
    posted(madlen, "/v1/chat/completions", model="parrot/polly", messages=[{"role": "user", "content": "Hi"}])
    bare = {
        name: value
        for name, value in ANSWERED.attributes.items()
        if name not in {"session.id", "gen_ai.conversation.id"}
    }
    request = server("/v1/chat/completions")
    unnamed = {name: value for name, value in request.attributes.items() if name != "session.id"}
    assert rows(spans.get_finished_spans()) == table(
        replace(request, attributes=unnamed), replace(ANSWERED, attributes=bare, parent=request.name)
    )


def test_a_comparison_is_one_trace_with_a_child_for_each_lane(
    start_madlen: StartMadlen, spans: InMemorySpanExporter
) -> None:
    lanes = [
        Lane("parrot/polly", "A", Parameters(temperature=0.5, seed=7)),
        Lane("parrot/seer", "B", Parameters(max_tokens=9, stop=("END",), reasoning_effort="low")),
    ]
    asked(start_madlen(Parrot(["Hello", DONE])), *lanes)
    first = ANSWERED.attributes | {"gen_ai.request.temperature": 0.5, "gen_ai.request.seed": 7}
    second = ANSWERED.attributes | {
        "gen_ai.request.model": "parrot/seer",
        "gen_ai.request.max_tokens": 9,
        "gen_ai.request.stop_sequences": ("END",),
        "gen_ai.request.reasoning.level": "low",
    }
    expected = table(
        replace(ASK, attributes={**ASK.attributes, "madlen.lanes": 2}),
        BEGIN,
        replace(ANSWERED, attributes=first),
        replace(ANSWERED, name="chat parrot/seer", attributes=second),
        FINISH,
        replace(FINISH, parent="chat parrot/seer"),
    )
    assert rows(spans.get_finished_spans()) == expected
    assert len(traces(spans.get_finished_spans())) == 1


def test_a_comparison_through_the_api(start_madlen: StartMadlen, spans: InMemorySpanExporter) -> None:
    lanes = [{"model": "parrot/polly"}, {"model": "parrot/seer"}]
    answer = posted(start_madlen(Parrot(["Hello", DONE])), "/compare/", prompt="Hi", lanes=lanes)
    assert answer.status_code == 200
    seer = {**ANSWERED.attributes, "gen_ai.request.model": "parrot/seer"}
    expected = within(
        server("/compare"),
        replace(ASK, attributes={**ASK.attributes, "madlen.lanes": 2}),
        BEGIN,
        ANSWERED,
        replace(ANSWERED, name="chat parrot/seer", attributes=seer),
        FINISH,
        replace(FINISH, parent="chat parrot/seer"),
    )
    assert rows(spans.get_finished_spans()) == table(*expected)
    assert traces(spans.get_finished_spans()) == {CALLER}


def test_an_answer_once_more_is_a_trace_of_its_own(
    start_madlen: StartMadlen, spans: InMemorySpanExporter
) -> None:
    madlen = start_madlen(Parrot(["Hello", DONE]))
    turn = asked(madlen)
    earlier = traces(spans.get_finished_spans())
    spans.clear()
    ended(madlen, madlen.chat.regenerate(turn.session_id, turn.id, Lane("parrot/polly")))
    assert rows(spans.get_finished_spans()) == table(ASK, BEGIN, ANSWERED, FINISH)
    assert not traces(spans.get_finished_spans()) & earlier


def test_what_a_model_thinks_comes_before_its_first_visible_text(
    start_madlen: StartMadlen, spans: InMemorySpanExporter
) -> None:
    script = [Started("polly-real", "Cage", "gen-7"), Reasoning("Hm"), "Hello", DONE]
    asked(start_madlen(Parrot(script)))
    named = {
        "gen_ai.response.id": ...,
        "gen_ai.response.model": "polly-real",
        "openrouter.provider": "Cage",
    }
    chat = replace(ANSWERED, attributes={**ANSWERED.attributes, **named})
    assert rows(spans.get_finished_spans()) == table(ASK, BEGIN, chat, FINISH)


def test_a_failure_has_its_kind_and_no_words(start_madlen: StartMadlen, spans: InMemorySpanExporter) -> None:
    asked(start_madlen(Parrot([RateLimited("Wait.")])))
    failed = replace(
        CUT, attributes={**CUT.attributes, "error.type": "rate-limited"}, status=StatusCode.ERROR
    )
    assert rows(spans.get_finished_spans()) == table(ASK, BEGIN, failed, FINISH)
    assert not any(span.status.description for span in spans.get_finished_spans())


def test_a_defect_has_the_place_it_happened_and_no_message(
    start_madlen: StartMadlen, spans: InMemorySpanExporter
) -> None:
    asked(start_madlen(Parrot([ZeroDivisionError("canary")])))
    attributes = {**CUT.attributes, "error.type": "internal"}
    failed = replace(CUT, attributes=attributes, events=("exception",), status=StatusCode.ERROR)
    assert rows(spans.get_finished_spans()) == table(ASK, BEGIN, failed, FINISH)
    [event] = [event for span in spans.get_finished_spans() for event in span.events]
    said = dict(event.attributes or {})
    assert said.keys() == {"exception.type", "exception.stacktrace"}
    assert said["exception.type"] == "ZeroDivisionError"
    assert "in stream" in str(said["exception.stacktrace"])


def test_a_failure_through_the_api(start_madlen: StartMadlen, spans: InMemorySpanExporter) -> None:
    madlen = start_madlen(Parrot([RateLimited("Wait.")]))
    session = madlen.chat.create_session("parrot/polly")
    body = {"model": "parrot/polly", "messages": [{"role": "user", "content": "Hi"}]}
    posted(madlen, "/chat/", session_id=session.id, **body)
    failed = replace(
        CUT, attributes={**CUT.attributes, "error.type": "rate-limited"}, status=StatusCode.ERROR
    )
    expected = within(server("/chat", 429), ASK, BEGIN, failed, FINISH)
    assert rows(spans.get_finished_spans()) == table(*expected)


def test_a_stop_is_an_event(start_madlen: StartMadlen, spans: InMemorySpanExporter) -> None:
    gate = Gate()
    madlen = start_madlen(Parrot(["Hello", gate, DONE]))
    made = madlen.chat.ask("Hi", [Lane("parrot/polly")])
    assert gate.reached.wait(5)
    made.generations[0].stop()
    ended(madlen, made)
    stopped = replace(
        CUT,
        attributes={**CUT.attributes, "gen_ai.response.time_to_first_chunk": ...},
        events=(*FIRST, "madlen.stopped"),
    )
    assert rows(spans.get_finished_spans()) == table(ASK, BEGIN, stopped, FINISH)


def test_an_end_of_the_process_is_an_event_and_an_error(
    start_madlen: StartMadlen, spans: InMemorySpanExporter
) -> None:
    gate = Gate()
    madlen = start_madlen(Parrot([gate, DONE]))
    madlen.chat.ask("Hi", [Lane("parrot/polly")])
    assert gate.reached.wait(5)
    madlen.close()
    attributes = {**CUT.attributes, "error.type": "interrupted"}
    cut = replace(CUT, attributes=attributes, events=("madlen.stopped",), status=StatusCode.ERROR)
    assert rows(spans.get_finished_spans()) == table(ASK, BEGIN, cut, FINISH)


@pytest.mark.parametrize("path", ["/health", "/metrics"])
def test_whoever_looks_how_it_is_every_few_seconds_is_not_traced(
    start_madlen: StartMadlen, spans: InMemorySpanExporter, path: str
) -> None:
    madlen = start_madlen()
    with TestClient(Entry(create(madlen)), raise_server_exceptions=False) as client:
        client.get(path)
        client.get(f"{path}/")
        client.get("/models/")
    assert [span.name for span in spans.get_finished_spans()] == ["GET /models"]


class Beginnings(SpanProcessor):
    """What each span says when it begins, which is all that a sampler can decide by."""

    def __init__(self) -> None:
        self.said: dict[str, dict[str, Any]] = {}

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002
        self.said[span.name] = dict(span.attributes or {})


def test_a_sampler_knows_model_server_and_session_from_the_start(tmp_path: Path) -> None:
    beginnings = Beginnings()
    with staged(tmp_path, tracing=Tracing(processors=[beginnings])) as stage:
        reply = stage.reply()
        address = urlsplit(stage.pretend.base_url)
    expected = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openrouter",
        "gen_ai.request.model": CHAT_MODEL,
        "gen_ai.conversation.id": reply.session_id,
        "session.id": reply.session_id,
        "server.address": address.hostname,
        "server.port": address.port,
    }
    assert expected.items() <= beginnings.said[f"chat {CHAT_MODEL}"].items()
    for name in ("ask", "store begin", "POST", "store finish"):
        assert beginnings.said[name]["session.id"] == reply.session_id


def test_what_is_fetched_in_the_background_is_no_trace(tmp_path: Path) -> None:
    kept = InMemorySpanExporter()
    with staged(tmp_path, tracing=Tracing(processors=[SimpleSpanProcessor(kept)])) as stage:
        assert stage.madlen.chat.models().models
    assert kept.get_finished_spans() == ()
