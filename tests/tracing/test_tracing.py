from __future__ import annotations

import contextvars
import re
import socket
import threading
import time

import pytest
from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from madlen import tracing
from madlen.errors import RateLimited
from madlen.services.wiring import Services
from madlen.tracing import Outlets, Tracing, names
from madlen.tracing.discretion import SESSION_KEY
from madlen.types import Lane, Message, Parameters, Reply, Request, Started
from tests.conftest import StartMadlen
from tests.parrot import DONE, Gate, Parrot
from tests.waiting import step_done


def answered(madlen: Services, lane: Lane | None = None) -> Reply:
    made = madlen.chat.ask("canary-prompt", [lane or Lane("parrot/polly")])
    *_, last = made.generations[0].follow(every=0)
    assert last.ended is not None
    step_done(madlen)
    return last.ended


def named(spans: InMemorySpanExporter, name: str) -> ReadableSpan:
    [span] = [span for span in spans.get_finished_spans() if span.name == name]
    return span


def parent_id(span: ReadableSpan) -> int | None:
    return span.parent.span_id if span.parent else None


def span_id(span: ReadableSpan) -> int:
    context = span.get_span_context()
    assert context is not None
    return context.span_id


def test_a_prompt_is_one_trace_from_asking_through_the_model_to_the_store(
    start_madlen: StartMadlen, spans: InMemorySpanExporter
) -> None:
    reply = answered(start_madlen(Parrot(["Hello", DONE])))
    ask, chat = named(spans, "ask"), named(spans, "chat parrot/polly")
    assert parent_id(ask) is None
    assert parent_id(chat) == parent_id(named(spans, "store begin")) == span_id(ask)
    assert parent_id(named(spans, "store finish")) == span_id(chat)
    traces = {f"{span.context.trace_id:032x}" for span in spans.get_finished_spans() if span.context}
    assert traces == {reply.trace_id}


def test_a_long_answer_goes_on_in_the_trace_of_its_prompt_and_keeps_nothing_else_of_it(
    spans: InMemorySpanExporter, start_madlen: StartMadlen
) -> None:
    made = start_madlen(Parrot(["Hello", DONE])).tracing
    mine: contextvars.ContextVar[str] = contextvars.ContextVar("mine")
    mine.set("the caller's")
    with made.ask("a1", 1) as ask:
        detached = tracing.detached()
    seen = detached.run(trace.get_current_span)
    assert seen.get_span_context() == ask.get_span_context()
    assert seen is not ask
    assert not seen.is_recording()
    assert detached.run(lambda: otel_context.get_value(SESSION_KEY)) == "a1"
    assert mine not in detached
    assert tracing.detached().run(tracing.current_trace_id) == ""


def test_the_chat_span_speaks_the_conventions(start_madlen: StartMadlen, spans: InMemorySpanExporter) -> None:
    script = [Started("polly-real", "Cage", "gen-7"), "Hello", DONE]
    lane = Lane("parrot/polly", parameters=Parameters(temperature=0.5, max_tokens=9, stop=("END",)))
    reply = answered(start_madlen(Parrot(script)), lane)
    chat = named(spans, "chat parrot/polly")
    expected = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "parrot",
        "gen_ai.request.model": "parrot/polly",
        "gen_ai.request.stream": True,
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.max_tokens": 9,
        "gen_ai.request.stop_sequences": ("END",),
        "gen_ai.conversation.id": reply.session_id,
        "gen_ai.response.id": "gen-7",
        "gen_ai.response.model": "polly-real",
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.usage.input_tokens": 3,
        "gen_ai.usage.output_tokens": 5,
        "openrouter.provider": "Cage",
        "madlen.cost_usd": 0.0001,
    }
    assert chat.kind is SpanKind.CLIENT
    assert chat.attributes is not None
    assert expected.items() <= dict(chat.attributes).items()
    assert [event.name for event in chat.events] == [names.FIRST_CHUNK, names.FIRST_VISIBLE_TEXT]


def test_events_have_the_moment_in_which_they_were_and_stand_in_their_order(
    start_madlen: StartMadlen, spans: InMemorySpanExporter
) -> None:
    request = Request("polly", (Message("user", "Hello"),))
    with start_madlen(Parrot()).tracing.chat(request, "parrot") as inference:
        inference.chunk(0.1, visible=True)
        later = time.time_ns()
        inference.event(tracing.STOPPED)
    first, visible, stopped = named(spans, "chat polly").events
    assert [first.name, visible.name] == [names.FIRST_CHUNK, names.FIRST_VISIBLE_TEXT]
    assert first.timestamp <= visible.timestamp <= later <= stopped.timestamp


def test_a_failure_marks_its_span_with_its_kind(
    start_madlen: StartMadlen, spans: InMemorySpanExporter
) -> None:
    answered(start_madlen(Parrot([RateLimited("Wait.")])))
    chat = named(spans, "chat parrot/polly")
    assert chat.status.status_code is StatusCode.ERROR
    assert chat.attributes is not None
    assert chat.attributes["error.type"] == "rate-limited"
    assert chat.attributes["gen_ai.response.finish_reasons"] == ("error",)


def test_stopping_is_an_event_of_the_span(start_madlen: StartMadlen, spans: InMemorySpanExporter) -> None:
    gate = Gate()
    madlen = start_madlen(Parrot(["Hello", gate, DONE]))
    made = madlen.chat.ask("Hi", [Lane("parrot/polly")])
    assert gate.reached.wait(5)
    made.generations[0].stop()
    list(made.generations[0].follow(every=0))
    step_done(madlen)
    assert tracing.STOPPED in [event.name for event in named(spans, "chat parrot/polly").events]


def test_no_word_of_a_chat_is_in_a_span(start_madlen: StartMadlen, spans: InMemorySpanExporter) -> None:
    answered(start_madlen(Parrot(["canary-answer", ZeroDivisionError("canary-defect")])))
    recorded = "".join(str(dict(span.attributes or {})) + span.name for span in spans.get_finished_spans())
    assert "canary" not in recorded


def test_disabled_tracing_makes_no_span_and_lends_no_id() -> None:
    disabled = Tracing(enabled=False)
    with disabled.span("work") as span:
        assert not span.is_recording()
        assert tracing.current_trace_id() == ""
    disabled.close()


def test_without_an_endpoint_nothing_is_queued_and_no_thread_is_started() -> None:
    before = set(threading.enumerate())
    quiet = Tracing()
    with quiet.span("work"):
        assert re.fullmatch("[0-9a-f]{32}", tracing.current_trace_id())
    assert set(threading.enumerate()) <= before
    quiet.close()


def test_a_collector_that_takes_nothing_holds_the_end_for_three_seconds_at_most(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as black_hole:
        hopeful = Tracing(outlets=Outlets(spans=f"http://127.0.0.1:{black_hole.getsockname()[1]}"))
        for _ in range(100):
            with hopeful.span("work"):
                pass
        began = time.monotonic()
        hopeful.close()
        assert time.monotonic() - began < 4
