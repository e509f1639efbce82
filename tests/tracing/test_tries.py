"""The spans of requests to OpenRouter: a child for each try, an event for each wait."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from starlette.testclient import TestClient

from madlen.api.application import create
from madlen.api.entry import Entry
from madlen.tracing import Tracing
from tests.playing import staged
from tests.pretend_openrouter import CHAT_MODEL
from tests.tracing.chats import (
    ANSWERED,
    ASK,
    BEGIN,
    CALLER,
    FINISH,
    FIRST,
    SESSION,
    TRACEPARENT,
    table,
)
from tests.tracing.trees import Row, rows
from tests.waiting import step_done


@pytest.fixture
def openrouter(tmp_path: Path) -> Callable[[str], InMemorySpanExporter]:
    def played(scenario: str) -> InMemorySpanExporter:
        kept = InMemorySpanExporter()
        tracer = Tracing(processors=[SimpleSpanProcessor(kept)])
        with staged(tmp_path, tracing=tracer) as stage:
            stage.play(scenario)
            stage.reply()
            step_done(stage.madlen)
        return kept

    return played


def test_each_try_is_a_child_of_the_answer_and_each_wait_an_event(
    openrouter: Callable[[str], InMemorySpanExporter],
) -> None:
    chat = f"chat {CHAT_MODEL}"
    post = {**SESSION, "http.method": "POST", "http.url": ...}
    tries = [
        Row("POST", chat, SpanKind.CLIENT, {**post, "http.status_code": 503}, status=StatusCode.ERROR),
        Row("POST", chat, SpanKind.CLIENT, {**post, "http.status_code": 200}),
    ]
    attributes = {
        **ANSWERED.attributes,
        "gen_ai.provider.name": "openrouter",
        "gen_ai.request.model": CHAT_MODEL,
        "gen_ai.response.id": ...,
        "gen_ai.response.model": f"{CHAT_MODEL}-20260402",
        "gen_ai.usage.input_tokens": 9,
        "gen_ai.usage.output_tokens": 4,
        "madlen.cost_usd": 7.1e-05,
        "openrouter.provider": "Google AI Studio",
        "server.address": "127.0.0.1",
        "server.port": ...,
    }
    found = openrouter("unavailable_then_good").get_finished_spans()
    expected = table(
        ASK,
        BEGIN,
        replace(ANSWERED, name=chat, attributes=attributes, events=("madlen.retrying", *FIRST)),
        replace(FINISH, parent=chat),
    )
    assert [row for row in rows(found) if row.name != "POST"] == expected
    posts = [row for row in rows(found) if row.name == "POST"]
    assert sorted(posts, key=lambda row: -row.attributes["http.status_code"]) == tries
    [address] = {str((span.attributes or {})["http.url"]) for span in found if span.name == "POST"}
    assert address.endswith("/api/v1/chat/completions")


def test_a_provider_is_told_the_trace_and_no_baggage_of_a_caller(tmp_path: Path) -> None:
    with staged(tmp_path, enable_tracing=True) as stage:
        with TestClient(Entry(create(stage.madlen))) as client:
            body = {"model": CHAT_MODEL, "messages": [{"role": "user", "content": "Hi"}]}
            answer = client.post("/chat/", json=body, headers={**TRACEPARENT, "baggage": "who=somebody"})
        assert answer.status_code == 200
        [question] = stage.questions
        assert question.headers["traceparent"].split("-")[1] == CALLER
        assert "baggage" not in question.headers
