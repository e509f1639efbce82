"""The spans of a real process, as a real collector gets them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import NewPage, StartServer
from tests.e2e.test_chat import finished
from tests.otlp_receiver import Receiver

pytestmark = pytest.mark.timeout(300)

MODEL = "local/smollm2-135m-instruct"
CHAT = f"chat {MODEL}"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver().running() as running:
        yield running


@pytest.mark.parametrize("variable", ["JAEGER_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"])
def test_an_api_call_is_one_trace_from_request_over_model_and_http_to_store(
    start_server: StartServer, receiver: Receiver, embedded_weights: Path, variable: str
) -> None:
    server = start_server(**{variable: receiver.endpoint, "OTEL_SERVICE_NAME": "madlen-test"})
    session = server.api("POST", "/sessions/", json={"model_id": MODEL})
    messages = [{"role": "user", "content": "canary-prompt"}]
    body = {"model": MODEL, "session_id": session["id"], "messages": messages, "max_tokens": 8}
    answer = server.api("POST", "/chat/", json=body)
    assert server.end() == 0
    spans = receiver.wait_for("POST /chat", "ask", "store begin", CHAT, "POST", "store finish")
    tree = {
        (name, next((n for n, one in spans.items() if one.span_id == span.parent_span_id), None))
        for name, span in spans.items()
    }
    assert tree == {
        ("POST /chat", None),
        ("ask", "POST /chat"),
        ("store begin", "ask"),
        (CHAT, "ask"),
        ("POST", CHAT),
        ("store finish", CHAT),
    }
    assert {span.trace_id.hex() for span in spans.values()} == {answer["trace_id"]}
    assert {service for service, _ in receiver.spans} == {"madlen-test"}
    assert "canary" not in str(receiver.spans)


def test_a_prompt_in_the_page_is_a_trace(
    start_server: StartServer, receiver: Receiver, embedded_weights: Path, new_page: NewPage
) -> None:
    server = start_server(JAEGER_ENDPOINT=receiver.endpoint)
    page = new_page()
    page.goto(server.url)
    page.get_by_test_id("stChatInputTextArea").fill("Say hello.")
    page.get_by_test_id("stChatInputTextArea").press("Enter")
    finished(page)
    spans = receiver.wait_for("ask", CHAT, "store finish")
    assert spans["ask"].parent_span_id == b""
    assert spans[CHAT].parent_span_id == spans["ask"].span_id
    assert {service for service, _ in receiver.spans} == {"madlen-chat-backend"}


def test_a_collector_that_is_gone_changes_nothing_for_the_caller(
    start_server: StartServer, embedded_weights: Path
) -> None:
    server = start_server(JAEGER_ENDPOINT="http://127.0.0.1:9")
    messages = [{"role": "user", "content": "Say hello."}]
    answer = server.api("POST", "/chat/", json={"model": MODEL, "messages": messages, "max_tokens": 8})
    assert answer["choices"][0]["message"]["content"]
    assert server.end() == 0


def test_disabled_tracing_sends_nothing(
    start_server: StartServer, receiver: Receiver, embedded_weights: Path
) -> None:
    server = start_server(JAEGER_ENDPOINT=receiver.endpoint, ENABLE_TRACING="false")
    messages = [{"role": "user", "content": "Say hello."}]
    answer = server.api("POST", "/chat/", json={"model": MODEL, "messages": messages, "max_tokens": 8})
    assert answer["trace_id"] is None
    assert server.api("GET", "/health")["tracing_enabled"] is False
    assert server.end() == 0
    assert receiver.spans == []
