from __future__ import annotations

import base64
import io
import json
from typing import Any

import pytest
from PIL import Image

from madlen.errors import (
    ContextLength,
    DailyLimit,
    DataPolicy,
    Interrupted,
    MadlenError,
    ModelGone,
    OutOfCredit,
    RateLimited,
    Refused,
    UpstreamAuth,
    UpstreamError,
    UpstreamTimeout,
)
from madlen.types import Reasoning, Started
from tests.api.conftest import Api, OpenApi
from tests.parrot import DONE, Parrot
from tests.test_generated_pictures import painted

HELLO: dict[str, Any] = {"model": "parrot/polly", "messages": [{"role": "user", "content": "Hello there"}]}


def data_url(media_type: str = "image/png") -> str:
    picture = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(picture, "PNG")
    return f"data:{media_type};base64,{base64.b64encode(picture.getvalue()).decode()}"


def events(text: str) -> list[tuple[str, Any]]:
    """Name and decoded data of each server-sent event."""
    found = []
    for block in text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        data = fields["data"]
        found.append((fields.get("event", "message"), data if data == "[DONE]" else json.loads(data)))
    return found


def test_an_answer_is_a_completion_with_who_really_gave_it(api: Api) -> None:
    answer = api.post("/chat/", json=HELLO).json()
    assert (answer["object"], answer["model"], answer["provider"]) == (
        "chat.completion",
        "parrot/polly-real",
        "Cage",
    )
    assert answer["choices"] == [
        {"index": 0, "message": {"role": "assistant", "content": "Hello there"}, "finish_reason": "stop"}
    ]
    assert answer["usage"] == {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8, "cost": 0.0001}
    assert answer["timing"]["time_to_first_token"] <= answer["timing"]["duration"]
    assert len(answer["trace_id"]) == 32


def test_without_a_session_nothing_is_saved(api: Api) -> None:
    assert api.post("/chat/", json=HELLO).json()["session_id"] is None
    assert api.get("/sessions/").json() == []


def test_with_a_session_prompt_and_answer_are_saved_to_it(api: Api) -> None:
    session_id = api.post("/sessions/", json={"model_id": "parrot/polly"}).json()["id"]
    answer = api.post("/chat/", json={**HELLO, "session_id": session_id}).json()
    prompt, reply = api.get(f"/sessions/{session_id}").json()["messages"]
    assert answer["session_id"] == session_id
    assert (prompt["content"], reply["content"], reply["id"]) == ("Hello there", "Hello there", answer["id"])


def test_a_single_message_comes_after_the_history_of_its_session(open_api: OpenApi) -> None:
    parrot = Parrot(["One.", DONE], ["Two.", DONE])
    api = open_api(parrot)
    session_id = api.post("/sessions/", json={"model_id": "parrot/polly"}).json()["id"]
    for _ in range(2):
        api.post("/chat/", json={**HELLO, "session_id": session_id})
    assert [message.text for message in parrot.requests[1].messages] == ["Hello there", "One.", "Hello there"]


def test_if_more_was_sent_what_was_sent_is_what_counts(open_api: OpenApi) -> None:
    parrot = Parrot(["One.", DONE])
    api = open_api(parrot)
    session_id = api.post("/sessions/", json={"model_id": "parrot/polly"}).json()["id"]
    sent = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "A"},
        {"role": "assistant", "content": "B"},
        {"role": "user", "content": "C"},
    ]
    for _ in range(2):
        api.post("/chat/", json={"model": "parrot/polly", "messages": sent, "session_id": session_id})
    assert [message.text for message in parrot.requests[1].messages] == ["Be brief.", "A", "B", "C"]
    saved = api.get(f"/sessions/{session_id}").json()["messages"]
    assert [message["content"] for message in saved] == ["C", "One.", "C", "One."]


def test_an_image_part_reaches_a_model_that_sees(open_api: OpenApi) -> None:
    parrot = Parrot(["Red.", DONE])
    parts = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": data_url()}},
        {"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}},
    ]
    body = {"model": "parrot/seer", "messages": [{"role": "user", "content": parts}]}
    assert open_api(parrot).post("/chat/", json=body).status_code == 200
    [message] = parrot.requests[0].messages
    stored, linked = message.pictures
    assert message.text == "What is this?"
    assert (stored.media_type, linked.url) == ("image/png", "https://example.com/cat.png")


def test_parameters_reach_the_model(open_api: OpenApi) -> None:
    parrot = Parrot(["Hi.", DONE])
    wished = {"max_tokens": 7, "temperature": 0.1, "top_p": 0.9, "seed": 3, "stop": "END"}
    open_api(parrot).post("/chat/", json={**HELLO, **wished, "reasoning": {"effort": "low"}})
    parameters = parrot.requests[0].parameters
    assert (parameters.max_tokens, parameters.temperature, parameters.top_p) == (7, 0.1, 0.9)
    assert (parameters.seed, parameters.stop, parameters.reasoning_effort) == (3, ("END",), "low")


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"model": ""}, "model"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "wizard", "content": "x"}]}, "messages.0.role"),
        ({"messages": [{"role": "user"}]}, "messages.0.content"),
        ({"messages": [{"role": "user", "content": [{"type": "video", "url": "x"}]}]}, "messages.0.content"),
        ({"temperature": 3}, "temperature"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"stop": ["a", "b", "c", "d", "e"]}, "stop"),
        ({"messages": [{"role": "user", "content": "\ud800"}]}, "messages.0.content"),
    ],
)
def test_a_request_that_is_not_valid_says_where(api: Api, change: dict[str, Any], where: str) -> None:
    body = json.dumps({**HELLO, **change})
    answer = api.post("/chat/", content=body, headers={"Content-Type": "application/json"})
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (422, "urn:madlen:error:invalid")
    assert where in problem["detail"]
    assert problem["errors"][0].keys() == {"loc", "msg"}


@pytest.mark.parametrize(
    ("content", "status", "sentence"),
    [
        (" ", 422, "message is empty"),
        ("x" * 400_001, 413, "at most 400,000"),
        ([{"type": "image_url", "image_url": {"url": "http://127.0.0.1/x.png"}}], 422, "data URL"),
        ([{"type": "image_url", "image_url": {"url": "file:///etc/passwd"}}], 422, "data URL"),
        ([{"type": "image_url", "image_url": {"url": data_url("text/html")}}], 422, "data URL"),
        ([{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}], 422, "not a PNG"),
        ([{"type": "image_url", "image_url": {"url": data_url()}}], 400, "cannot see images"),
    ],
)
def test_a_message_that_cannot_be_answered_is_a_sentence(
    api: Api, content: object, status: int, sentence: str
) -> None:
    body = {"model": "parrot/polly", "messages": [{"role": "user", "content": content}]}
    answer = api.post("/chat/", json=body)
    assert (answer.status_code, sentence in answer.json()["detail"]) == (status, True)


def test_the_last_message_must_be_the_users(api: Api) -> None:
    answer = api.post("/chat/", json={**HELLO, "messages": [{"role": "assistant", "content": "Hi"}]})
    assert answer.status_code == 422


def test_an_unknown_model_is_gone(api: Api) -> None:
    answer = api.post("/chat/", json={**HELLO, "model": "parrot/dodo"})
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:madlen:error:model-gone")


def test_an_unknown_session_is_not_found(api: Api) -> None:
    answer = api.post("/chat/", json={**HELLO, "session_id": "nothing"})
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:madlen:error:not-found")


FAILURES: list[tuple[MadlenError, int, str]] = [
    (UpstreamAuth("Check the key."), 502, "upstream-auth"),
    (OutOfCredit("Add credit.", affordable_tokens=12), 402, "out-of-credit"),
    (Refused("Flagged."), 403, "refused"),
    (ModelGone("Gone."), 404, "model-gone"),
    (DataPolicy("Excluded."), 404, "data-policy"),
    (ContextLength("Too long."), 400, "context-length"),
    (RateLimited("Wait.", retry_after=11.4), 429, "rate-limited"),
    (DailyLimit("Tomorrow."), 429, "rate-limited-daily"),
    (UpstreamError("Down."), 502, "upstream"),
    (UpstreamTimeout("Slow."), 504, "upstream-timeout"),
    (Interrupted("Cut."), 502, "interrupted"),
]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("error", "status", "kind"), FAILURES)
def test_a_failure_before_the_first_byte_has_its_status_and_kind(
    open_api: OpenApi, error: MadlenError, status: int, kind: str, stream: bool
) -> None:
    answer = open_api(Parrot([error])).post("/chat/", json={**HELLO, "stream": stream})
    problem = answer.json()
    assert (answer.status_code, problem["status"]) == (status, status)
    assert problem["type"] == f"urn:madlen:error:{kind}"
    assert problem["detail"] == str(error)
    assert len(problem["trace_id"]) == 32


def test_a_rate_limit_says_when_to_come_back(open_api: OpenApi) -> None:
    answer = open_api(Parrot([RateLimited("Wait.", retry_after=11.4)])).post("/chat/", json=HELLO)
    assert (answer.headers["retry-after"], answer.json()["retry_after"]) == ("12", 11.4)


def test_too_little_credit_says_what_it_is_enough_for(open_api: OpenApi) -> None:
    answer = open_api(Parrot([OutOfCredit("Add.", affordable_tokens=12)])).post("/chat/", json=HELLO)
    assert answer.json()["affordable_tokens"] == 12


def test_a_saved_answer_that_failed_is_named_and_keeps_its_text(open_api: OpenApi) -> None:
    api = open_api(Parrot(["Half an ", Interrupted("Cut.")]))
    session_id = api.post("/sessions/", json={"model_id": "parrot/polly"}).json()["id"]
    problem = api.post("/chat/", json={**HELLO, "session_id": session_id}).json()
    reply = api.get(f"/sessions/{session_id}").json()["messages"][1]
    assert (problem["session_id"], problem["message_id"]) == (session_id, reply["id"])
    assert (reply["content"], reply["extra_metadata"]["status"]) == ("Half an ", "interrupted")


def test_a_stream_is_openais_chunks_with_usage_last(open_api: OpenApi) -> None:
    script = [Started("polly-real", "Cage", "g"), Reasoning("Hm. "), "Hello ", "there", DONE]
    answer = open_api(Parrot(script)).post("/chat/", json={**HELLO, "stream": True})
    assert answer.headers["content-type"].startswith("text/event-stream")
    *chunks, (_, last), done = events(answer.text)
    assert done == ("message", "[DONE]")
    deltas = [chunk["choices"][0]["delta"] for _, chunk in chunks]
    assert deltas[0] == {"role": "assistant", "content": ""}
    assert "".join(delta.get("content", "") for delta in deltas) == "Hello there"
    assert "".join(delta.get("reasoning", "") for delta in deltas) == "Hm. "
    assert last["choices"][0]["finish_reason"] == "stop"
    assert last["usage"]["total_tokens"] == 8
    assert {chunk["object"] for _, chunk in chunks} == {"chat.completion.chunk"}


def test_a_failure_after_the_first_byte_is_an_error_event(open_api: OpenApi) -> None:
    api = open_api(Parrot(["Hello ", UpstreamError("Broke off.")]))
    *_, error, done = events(api.post("/chat/", json={**HELLO, "stream": True}).text)
    assert error[0] == "error"
    assert error[1]["detail"] == "Broke off."
    assert done[1] == "[DONE]"


def test_openais_clients_get_openais_errors(open_api: OpenApi) -> None:
    answer = open_api(Parrot([RateLimited("Wait.")])).post("/v1/chat/completions", json=HELLO)
    assert answer.status_code == 429
    assert answer.json() == {"error": {"message": "Wait.", "type": "rate-limited", "code": 429}}


def test_openais_path_gives_the_same_answer(api: Api) -> None:
    answer = api.post("/v1/chat/completions/", json=HELLO).json()
    assert answer["choices"][0]["message"]["content"] == "Hello there"


def test_a_picture_that_a_model_made_is_given_out(open_api: OpenApi) -> None:
    api = open_api(Parrot(["Here: ", painted(), DONE]))
    session_id = api.post("/sessions/", json={"model_id": "parrot/polly"}).json()["id"]
    message = api.post("/chat/", json={**HELLO, "session_id": session_id}).json()["choices"][0]["message"]
    reply = api.get(f"/sessions/{session_id}").json()["messages"][1]
    assert message["images"][0]["image_url"]["url"] == reply["image_url"]
    assert reply["image_url"].startswith("data:image/png;base64,")


def test_openais_clients_get_openais_error_in_a_stream_too(open_api: OpenApi) -> None:
    api = open_api(Parrot(["Hello ", UpstreamError("Broke off.")]))
    *_, error, _ = events(api.post("/v1/chat/completions", json={**HELLO, "stream": True}).text)
    assert error == ("message", {"error": {"message": "Broke off.", "type": "upstream", "code": 502}})


def test_images_are_counted_before_any_is_decoded(api: Api) -> None:
    parts = [{"type": "image_url", "image_url": {"url": "data:image/png;base64,broken"}}] * 21
    answer = api.post(
        "/chat/", json={"model": "parrot/seer", "messages": [{"role": "user", "content": parts}]}
    )
    assert (answer.status_code, "at most 20" in answer.json()["detail"]) == (413, True)
