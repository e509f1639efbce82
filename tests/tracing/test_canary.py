"""What somebody wrote, and what must stay secret, is looked for in every byte that is exported."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from starlette.testclient import TestClient

from madlen import tracing
from madlen.api.application import create
from madlen.api.entry import Entry
from madlen.services.wiring import Services
from madlen.types import Lane
from madlen.votes import Vote
from tests.otlp_receiver import GRPC, HTTP, Receiver
from tests.playing import Stage, staged
from tests.pretend_openrouter import CHAT_MODEL, Answer, said
from tests.waiting import step_done

CANARY = "canary5f3a91"
KEY = f"sk-or-v1-{CANARY}"
HEADERS = {
    "Authorization": f"Bearer {CANARY}",
    "Baggage": f"word={CANARY}",
    "Cookie": f"session={CANARY}",
    "Referer": f"http://localhost/?q={CANARY}",
    "User-Agent": CANARY,
    "X-Forwarded-For": CANARY,
}


@pytest.fixture(params=[GRPC, HTTP])
def receiver(request: pytest.FixtureRequest) -> Iterator[Receiver]:
    with Receiver().running(request.param) as running:
        yield running


def exported(receiver: Receiver, folder: Path, **changes: str) -> None:
    """All that Madlen exports of one busy minute, metrics included."""
    values: dict[str, Any] = {
        "openrouter_api_key": KEY,
        "enable_tracing": True,
        "otel_exporter_otlp_endpoint": receiver.endpoint,
        "otel_exporter_otlp_protocol": receiver.protocol,
        **changes,
    }
    with staged(folder, **values) as stage:
        stage.pretend.answers[CHAT_MODEL] = Answer(pieces=said(CHAT_MODEL, "I say ", CANARY))
        _by_page(stage)
        _by_api(stage.madlen, stage.pretend.base_url)
        step_done(stage.madlen)
    assert {service for service, _ in receiver.spans + receiver.metrics} == {"madlen-chat-backend"}
    assert {"ask", "vote", "store begin", "POST /chat", f"chat {CHAT_MODEL}", "POST", "GET"} <= {
        span.name for _, span in receiver.spans
    }


def _by_page(stage: Stage) -> None:
    """A prompt, a title, a vote and answers that fail, all with the canary in them."""
    madlen = stage.madlen
    made = madlen.chat.ask(f"Say {CANARY}", [Lane(CHAT_MODEL, CANARY, system=f"You are {CANARY}")])
    list(made.generations[0].follow(every=0))
    madlen.chat.rename_session(made.session_id, f"About {CANARY}")
    madlen.chat.vote(
        Vote(
            made.turn.id,
            made.session_id,
            ((made.generations[0].id,),),
            datetime.now(UTC),
            note=CANARY,
            tags=(CANARY,),
        )
    )
    refused = {"error": {"code": 400, "message": f"No {CANARY} here", "metadata": {"raw": CANARY}}}
    for answer in (Answer(400, refused), Answer(pieces=[b'data: {"error": "canary5f3a91"}\n\n'])):
        stage.pretend.answers[CHAT_MODEL] = answer
        list(madlen.chat.ask(CANARY, [Lane(CHAT_MODEL)]).generations[0].follow(every=0))


def _by_api(madlen: Services, base_url: str) -> None:
    """The canary in paths, queries, headers, bodies, file names and exceptions."""
    application: FastAPI = create(madlen)

    def fail() -> None:
        raise ZeroDivisionError(CANARY)

    application.get("/defect")(fail)
    with TestClient(Entry(application), raise_server_exceptions=False, headers=HEADERS) as client:
        messages = [{"role": "user", "content": CANARY}]
        client.post("/chat/", json={"model": CHAT_MODEL, "messages": messages})
        client.get("/sessions/", params={"q": CANARY})
        client.get(f"/lane-sets/{CANARY}")
        client.get(f"/{CANARY}/nowhere")
        client.post("/sessions/import", files={"file": (f"{CANARY}.json", b"{}", "application/json")})
        assert client.get("/defect", params={"q": CANARY}).status_code == 500

    async def ask_with(client: httpx.AsyncClient) -> None:
        """Sends a header that cannot be sent, which the library's exception quotes, and a name that fails."""
        with suppress(httpx.HTTPError):
            await client.get(f"{base_url}/models?q={CANARY}", headers={"X": f"{CANARY}\n"})
        with suppress(httpx.HTTPError):
            await client.get(f"http://{CANARY}:1@127.0.0.1:9/")

    async def ask_badly() -> None:
        async with httpx.AsyncClient() as client:
            madlen.tracing.instrument_client(client)
            with madlen.tracing.span("bad"):
                await ask_with(client)

    madlen.portal.call(ask_badly)


def test_nothing_that_somebody_wrote_and_nothing_secret_is_exported(
    receiver: Receiver, tmp_path: Path
) -> None:
    exported(receiver, tmp_path)
    assert CANARY.encode() not in receiver.bytes


def test_what_is_captured_on_request_is_in_the_attributes_for_messages_alone(
    receiver: Receiver, tmp_path: Path
) -> None:
    exported(receiver, tmp_path, otel_instrumentation_genai_capture_message_content="SPAN_ONLY")
    chats = [span for _, span in receiver.spans if span.name == f"chat {CHAT_MODEL}"]
    said = [_attributes(span) for span in chats]
    assert any(
        {"gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions"} <= one.keys()
        for one in said
    )
    assert all(CANARY in one["gen_ai.input.messages"] for one in said)
    assert any(CANARY in one["gen_ai.output.messages"] for one in said)
    for _, span in receiver.spans:
        kept = [one for one in span.attributes if one.key not in MESSAGES]
        del span.attributes[:]
        span.attributes.extend(kept)
        assert CANARY.encode() not in span.SerializeToString()
    assert not any(CANARY.encode() in metric.SerializeToString() for _, metric in receiver.metrics)
    assert KEY.encode() not in receiver.bytes


MESSAGES = {tracing.names.INPUT_MESSAGES, tracing.names.OUTPUT_MESSAGES, tracing.names.SYSTEM_INSTRUCTIONS}


def _attributes(span: Span) -> dict[str, str]:
    return {one.key: one.value.string_value for one in span.attributes}


def test_captured_messages_have_the_shape_of_the_convention(receiver: Receiver, tmp_path: Path) -> None:
    exported(receiver, tmp_path, otel_instrumentation_genai_capture_message_content="true")
    first = next(
        one
        for _, span in receiver.spans
        if "gen_ai.system_instructions" in (one := _attributes(span)) and CANARY in str(one)
    )
    assert json.loads(first["gen_ai.system_instructions"]) == [
        {"type": "text", "content": f"You are {CANARY}"}
    ]
    assert json.loads(first["gen_ai.input.messages"]) == [
        {"role": "user", "parts": [{"type": "text", "content": f"Say {CANARY}"}]}
    ]
    assert json.loads(first["gen_ai.output.messages"]) == [
        {
            "role": "assistant",
            "parts": [{"type": "text", "content": f"I say {CANARY}"}],
            "finish_reason": "stop",
        }
    ]
