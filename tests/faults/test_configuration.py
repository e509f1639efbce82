"""What a key or a model that is missing, wrong or gone does to a real process, and what then is said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.faults import servers
from bench.faults.servers import Server, Viewer, launched, sentence, status
from bench.faults.upstream import MODEL
from tests.pretend_openrouter import UNKNOWN_KEY, VALID_KEY, Answer, PretendOpenRouter, said

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(autouse=True)
def none_left() -> Iterator[None]:
    with servers.none_left():
        yield


@pytest.fixture
def pretend() -> Iterator[PretendOpenRouter]:
    with PretendOpenRouter().running() as running:
        running.answers[MODEL] = Answer(pieces=said(MODEL, "Once ", "upon"))
        yield running


def started(folder: Path, base_url: str, key: str) -> Server:
    server = launched(folder, base_url, OPENROUTER_API_KEY=key)
    server.wait_until_healthy()
    return server


def asked(server: Server, session: str, prompt: str) -> dict[str, Any]:
    """The stored reply to a question."""
    Viewer(server, session, prompt).wait()
    return server.reply(session)


def test_without_a_key_a_start_is_good_and_an_openrouter_model_names_the_setting(
    tmp_path: Path, embedded_weights: Path
) -> None:
    server = started(tmp_path, "http://127.0.0.1:9/api/v1", "")
    assert {model["id"].partition("/")[0] for model in server.api("GET", "/models").json()} == {"local"}
    local = server.api("GET", "/models").json()[0]["id"]
    session = server.api("POST", "/sessions/", json={"model_id": local}).json()["id"]
    refused = Viewer(server, session, "Sail").wait()
    assert refused.status == 404
    assert "OpenRouter's need OPENROUTER_API_KEY" in refused.problem["detail"]
    assert server.messages(session) == []
    assert server.end() == 0


def test_a_key_that_was_revoked_keeps_the_prompt_and_a_new_one_answers_in_the_same_chat(
    tmp_path: Path, pretend: PretendOpenRouter
) -> None:
    answer = pretend.answers.pop(MODEL)
    server = started(tmp_path, pretend.base_url, UNKNOWN_KEY)
    session = server.session("Kept")
    reply = asked(server, session, "Sail")
    assert status(reply) == "failed"
    assert "OpenRouter refused the API key. Check OPENROUTER_API_KEY at https://" in sentence(reply)
    assert UNKNOWN_KEY not in server.log.read_text()
    assert server.end() == 0
    pretend.answers[MODEL] = answer
    again = started(tmp_path, pretend.base_url, VALID_KEY)
    assert [message["content"] for message in again.messages(session)] == ["Sail", ""]
    assert asked(again, session, "Sail on")["content"] == "Once upon"
    assert again.end() == 0


def test_a_model_that_is_wrong_or_was_removed_says_to_choose_another_and_the_chat_goes_on(
    tmp_path: Path, pretend: PretendOpenRouter
) -> None:
    server = started(tmp_path, pretend.base_url, VALID_KEY)
    session = server.session("Kept")
    assert asked(server, session, "Sail")["content"] == "Once upon"
    for code, why in ((400, "is not a valid model ID"), (404, "No endpoints found")):
        pretend.answers[MODEL] = Answer(code, {"error": {"code": code, "message": f"{MODEL} {why}"}})
        reply = asked(server, session, "Sail on")
        assert status(reply) == "failed"
        assert f"{MODEL} is not available" in sentence(reply)
        assert "Choose another model" in sentence(reply)
    pretend.answers[MODEL] = Answer(pieces=said(MODEL, "Twice"))
    assert asked(server, session, "Again")["content"] == "Twice"
    assert server.end() == 0
