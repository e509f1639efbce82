"""What a client of OpenRouter must survive and no scenario plays by itself, through the API."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from madlen.providers import retries
from madlen.types import Lane
from tests.api.conftest import Api
from tests.api.test_scenarios import HELLO, client_of, session
from tests.playing import Stage, staged
from tests.pretend_openrouter import (
    CHAT_MODEL,
    EXHAUSTED_KEY,
    Answer,
    Asked,
    Scenario,
    chat,
)
from tests.pretend_openrouter.payloads import refusal

Open = Callable[..., tuple[Stage, Api]]


@pytest.fixture
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """Starts a Madlen whose OpenRouter plays scenarios, with a client of its API."""
    with ExitStack() as stack:

        def start(*scenarios: str, **changes: Any) -> tuple[Stage, Api]:
            stage = stack.enter_context(staged(tmp_path_factory.mktemp("stage"), *scenarios, **changes))
            return stage, stack.enter_context(client_of(stage))

        yield start


def test_thoughts_go_back_unmodified_to_their_model_and_to_no_other(opened: Open) -> None:
    stage, client = opened("reasoning")
    session_id = session(client)
    for model in (CHAT_MODEL, CHAT_MODEL, "openai/gpt-4o-mini"):
        body = {**HELLO, "model": model, "session_id": session_id}
        assert client.post("/chat/", json=body).status_code == 200
    first, same, other = (question.body["messages"] for question in stage.questions)
    assert [message["role"] for message in first] == ["user"]
    [thought] = same[1]["reasoning_details"]
    assert (thought["type"], thought["text"], thought["signature"]) == (
        "reasoning.text",
        "One flat shape.",
        "c2lnbmVk",
    )
    assert all("reasoning_details" not in message for message in other)


def test_a_wait_for_the_next_try_can_be_stopped(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    stage, client = opened("rate_limited_upstream")
    monkeypatch.setattr(retries, "pause", lambda *_: 29.0)
    [generation] = stage.madlen.chat.ask("Hello", [Lane(CHAT_MODEL)]).generations
    updates = generation.follow(every=0)
    assert "asking again in 29 s" in next(update.note for update in updates if update.note)
    stopped = client.post(f"/messages/{generation.id}/stop").json()
    assert stopped["extra_metadata"]["status"] == "stopped"
    assert len(stage.questions) == 1


def test_nothing_is_asked_again_once_a_word_was_said(opened: Open) -> None:
    stage, client = opened("error_after_text")
    answer = client.post("/chat/", json={**HELLO, "stream": True})
    assert '"Hal"' in answer.text
    assert len(stage.questions) == 1


def the_same_id(asked: Asked) -> Answer:
    answer = chat.hello(asked)
    pieces = [
        piece.replace(asked.id.encode(), b"gen-7") for piece in answer.pieces if isinstance(piece, bytes)
    ]
    return Answer(pieces=pieces, headers={"X-Generation-Id": "gen-other"})


def test_an_id_that_repeats_or_is_another_in_the_headers_costs_no_answer(opened: Open) -> None:
    stage, client = opened()
    stage.pretend.play(Scenario("the same id each time", (the_same_id,)))
    session_id = session(client)
    for _ in range(2):
        client.post("/chat/", json={**HELLO, "session_id": session_id})
    messages = client.get(f"/sessions/{session_id}").json()["messages"]
    assert [message["content"] for message in messages] == ["Hello", "Hello there"] * 2
    assert len({message["id"] for message in messages}) == 4
    assert messages[1]["extra_metadata"]["generation_id"] == "gen-7"


def test_a_key_without_credit_is_told_even_for_a_free_model(opened: Open) -> None:
    _, client = opened("key_exhausted", openrouter_api_key=EXHAUSTED_KEY)
    problem = client.post("/chat/", json=HELLO).json()
    assert problem["type"] == "urn:madlen:error:out-of-credit"
    assert problem["settings_url"] == "https://openrouter.ai/settings/credits"


def test_the_operators_privacy_wishes_exclude_a_model_and_its_sentence_says_so(opened: Open) -> None:
    stage, client = opened(openrouter_data_collection="deny")
    answer = client.post("/chat/", json={**HELLO, "model": "openrouter/owl-alpha"})
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:madlen:error:data-policy")
    assert stage.questions[-1].body["provider"] == {"data_collection": "deny"}


@pytest.mark.parametrize("said", ["plain", "json"])
def test_a_raw_reason_is_capped_and_holds_no_key(opened: Open, said: str) -> None:
    stage, client = opened(openrouter_api_key="gw_canary_0123456789")
    reason = "No access with gw_canary_0123456789. " * 200
    raw = reason if said == "plain" else json.dumps({"error": {"message": reason}})
    refused = refusal(400, "Provider returned error", metadata={"raw": raw})
    stage.pretend.play(Scenario("a long reason", (refused,)))
    detail = client.post("/chat/", json=HELLO).json()["detail"]
    assert "No access with …." in detail
    assert "canary" not in detail
    assert len(detail) < 600
