"""Everything that OpenRouter was seen to do, as callers of the API are told of it."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image

from madlen.api.application import create
from madlen.api.entry import Entry
from madlen.types import Lane
from tests.api.conftest import Api
from tests.api.test_chat import events
from tests.behaviours import named
from tests.playing import (
    CHATS,
    KINDS,
    REASONS,
    SECRET,
    SENTENCES,
    STATUSES,
    Stage,
    says,
    staged,
)
from tests.pretend_openrouter import CHAT_MODEL, generation_id
from tests.waiting import step_done

HELLO: dict[str, Any] = {"model": CHAT_MODEL, "messages": [{"role": "user", "content": "Hello"}]}
SILENT = {"silent", "silent_with_comments"}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("stage")) as ready:
        yield ready


@pytest.fixture(scope="module")
def client(stage: Stage) -> Iterator[Api]:
    with client_of(stage) as ready:
        yield ready


def client_of(stage: Stage) -> Api:
    api = Api(Entry(create(stage.madlen)), raise_server_exceptions=False)
    api.madlen = stage.madlen
    return api


def session(client: Api) -> str:
    return str(client.post("/sessions/", json={"model_id": CHAT_MODEL}).json()["id"])


def check(name: str, problem: dict[str, Any]) -> None:
    """The problem is the one that the scenario ends in, as a sentence without the key."""
    kind = KINDS[name]
    assert problem["type"] == f"urn:madlen:error:{kind}"
    assert problem["status"] == STATUSES[kind]
    assert re.search(SENTENCES[kind], problem["detail"])
    assert REASONS.get(name, "") in problem["detail"]
    assert SECRET not in repr(problem)


def check_message(client: Api, session_id: str, name: str) -> None:
    """What is kept: the words as far as they came, and why there are no more."""
    _, reply = client.get(f"/sessions/{session_id}").json()["messages"]
    extra = reply["extra_metadata"]
    assert says(name, reply["content"])
    assert extra.get("error", {}).get("type") == KINDS.get(name)
    failed = "interrupted" if KINDS.get(name) == "interrupted" else "failed"
    assert extra["status"] == (failed if name in KINDS else "complete")


@pytest.mark.parametrize("name", CHATS, ids=named)
def test_an_answer_in_one_piece_is_a_completion_or_a_problem(stage: Stage, client: Api, name: str) -> None:
    stage.play(name)
    session_id = session(client)
    answer = client.post("/chat/", json={**HELLO, "session_id": session_id})
    if name in KINDS:
        assert answer.status_code == STATUSES[KINDS[name]]
        assert answer.headers["content-type"] == "application/problem+json"
        check(name, answer.json())
        assert answer.json()["session_id"] == session_id
    else:
        assert answer.status_code == 200
        message = answer.json()["choices"][0]["message"]
        assert says(name, message["content"])
    check_message(client, session_id, name)


@pytest.mark.parametrize("name", CHATS, ids=named)
def test_an_answer_as_it_comes_is_chunks_and_a_problem_where_it_fails(
    stage: Stage, client: Api, name: str
) -> None:
    stage.play(name)
    session_id = session(client)
    answer = client.post("/chat/", json={**HELLO, "session_id": session_id, "stream": True})
    if answer.headers["content-type"] == "application/problem+json":
        assert says(name, "")
        assert answer.status_code == STATUSES[KINDS[name]]
        check(name, answer.json())
    else:
        *chunks, last, done = events(answer.text)
        assert answer.status_code == 200
        assert done == ("message", "[DONE]")
        assert says(name, spoken(chunks))
        if name in KINDS:
            assert last[0] == "error"
            check(name, last[1])
        else:
            assert last[1]["choices"][0]["finish_reason"]
    check_message(client, session_id, name)


@pytest.mark.parametrize("name", [name for name in CHATS if name not in SILENT], ids=named)
def test_openais_clients_get_each_answer_in_their_shape(stage: Stage, client: Api, name: str) -> None:
    stage.play(name)
    answer = client.post("/v1/chat/completions", json={**HELLO, "stream": True})
    if answer.headers["content-type"] == "application/json":
        error = answer.json()["error"]
        assert answer.status_code == STATUSES[KINDS[name]]
    elif name in KINDS:
        *_, (event, last), _ = events(answer.text)
        error = last["error"]
        assert event == "message"
    else:
        assert says(name, spoken(events(answer.text)[:-1]))
        return
    assert (error["type"], error["code"]) == (KINDS[name], STATUSES[KINDS[name]])
    assert re.search(SENTENCES[KINDS[name]], error["message"])


def spoken(chunks: list[tuple[str, Any]]) -> str:
    return "".join(chunk["choices"][0]["delta"].get("content", "") for _, chunk in chunks)


@pytest.mark.parametrize(
    ("name", "seconds"), [("rate_limited_upstream", 12), ("rate_limited_seconds", 1), ("in_flight_budget", 2)]
)
def test_a_named_wait_is_told_in_body_and_header(stage: Stage, client: Api, name: str, seconds: int) -> None:
    stage.play(name)
    answer = client.post("/chat/", json=HELLO)
    assert (answer.headers["retry-after"], answer.json()["retry_after"]) == (str(seconds), seconds)


def test_a_limit_that_one_can_afford_is_told_and_is_enough(stage: Stage, client: Api) -> None:
    stage.play("can_only_afford")
    affordable = client.post("/chat/", json=HELLO).json()["affordable_tokens"]
    answer = client.post("/chat/", json={**HELLO, "max_tokens": affordable})
    assert answer.json()["choices"][0]["message"]["content"] == "Hello there"


def test_reasoning_is_beside_the_answer(stage: Stage, client: Api) -> None:
    stage.play("reasoning")
    message = client.post("/chat/", json=HELLO).json()["choices"][0]["message"]
    assert message["reasoning"] == "One flat shape."
    stage.play("reasoning")
    chunks = events(client.post("/chat/", json={**HELLO, "stream": True}).text)[:-1]
    deltas = [chunk["choices"][0]["delta"] for _, chunk in chunks]
    assert "".join(delta.get("reasoning", "") for delta in deltas) == "One flat shape."


def test_a_picture_that_a_model_made_is_a_data_url(stage: Stage, client: Api) -> None:
    stage.play("image")
    [image] = client.post("/chat/", json=HELLO).json()["choices"][0]["message"]["images"]
    assert image["image_url"]["url"].startswith("data:image/")


@pytest.mark.parametrize(
    ("name", "usage"),
    [
        ("usage_twice", {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13, "cost": 7.1e-05}),
        ("usage_without_cost", {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}),
        ("usage_nowhere", {}),
    ],
    ids=str,
)
def test_usage_is_what_was_said_and_nothing_more(
    stage: Stage, client: Api, name: str, usage: dict[str, float]
) -> None:
    stage.play(name)
    assert client.post("/chat/", json=HELLO).json()["usage"] == usage


def red_square() -> str:
    file = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def test_an_image_reaches_a_model_that_sees_and_counts_in_its_prompt(stage: Stage, client: Api) -> None:
    stage.play("ordinary")
    parts = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": red_square()}},
    ]
    answer = client.post("/chat/", json={**HELLO, "messages": [{"role": "user", "content": parts}]}).json()
    assert answer["usage"]["prompt_tokens"] == 9 + 258
    [received] = stage.questions
    assert received.images[0].startswith("data:image/png;base64,")


def test_attribution_comes_to_openrouter_with_every_question(stage: Stage, client: Api) -> None:
    stage.play("echo")
    client.post("/chat/", json=HELLO)
    assert stage.questions[-1].headers["x-openrouter-title"] == "Madlen AI Chat"


@pytest.mark.parametrize("router", ["openrouter/free", "openrouter/auto"])
def test_the_model_that_a_router_picked_is_named(stage: Stage, client: Api, router: str) -> None:
    stage.play("ordinary")
    answer = client.post("/chat/", json={**HELLO, "model": router}).json()
    assert not answer["model"].startswith("openrouter/")
    assert answer["provider"] in {"Google AI Studio", "OpenAI"}


def test_a_stopped_message_hangs_up_and_its_cost_is_told_when_it_is_known(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("stopped")
    with (
        staged(folder, "silent", "generation_late") as stage,
        client_of(stage) as client,
    ):
        asked = stage.madlen.chat.ask("Hello", [Lane(CHAT_MODEL)])
        updates = asked.generations[0].follow(every=0)
        assert any(update.text for update in updates)
        stopped = client.post(f"/messages/{asked.generations[0].id}/stop")
        assert stopped.status_code == 200
        assert stage.pretend.hung_up.wait(5)
        step_done(stage.madlen)
        for _ in range(4):
            stage.madlen.portal.call(stage.madlen.hub.settle)
        message = client.get(f"/sessions/{asked.session_id}").json()["messages"][1]
    extra = message["extra_metadata"]
    assert (message["content"], extra["status"]) == ("Hello", "stopped")
    assert extra["usage"]["cost"] == 7.1e-05
    assert extra["generation_id"] == generation_id(1)
    assert extra["notes"] == ["Google AI Studio bills the whole answer even when it is stopped."]
