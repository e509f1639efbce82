"""The pretend OpenRouter gives good answers in all the shapes of the real one's."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pytest

from tests.pretend_openrouter import CHAT_MODEL, Answer, PretendOpenRouter, scenarios
from tests.pretend_openrouter.answers import Json
from tests.pretend_openrouter.asking import ask, chunks, deltas, message, spoken

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(8)).decode()


@pytest.fixture(scope="module")
def pretend() -> Iterator[PretendOpenRouter]:
    with PretendOpenRouter().running() as running:
        yield running


def picture(url: str = f"data:image/png;base64,{PNG}", count: int = 1) -> list[Json]:
    text = {"type": "text", "text": "What is this?"}
    images = [{"type": "image_url", "image_url": {"url": url}}] * count
    return [{"role": "user", "content": [text, *images]}]


def test_an_answer_in_one_piece_has_usage_with_cost_and_says_who_answered(
    pretend: PretendOpenRouter,
) -> None:
    body = ask(pretend.base_url, stream=False).json()
    assert body["choices"][0]["message"]["content"] == "Hello there"
    assert (body["model"], body["provider"]) == (f"{CHAT_MODEL}-20260402", "Google AI Studio")
    assert body["usage"]["cost"] == 7.1e-05
    assert body["usage"]["completion_tokens_details"]["reasoning_tokens"] == 0


def test_comments_stand_before_and_between_chunks(pretend: PretendOpenRouter) -> None:
    response = ask(pretend.at("comments"))
    assert response.text.startswith(": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n")
    assert "\n: \n\ndata: " in response.text
    assert spoken(response) == "Hello there"


@pytest.mark.parametrize(
    ("scenario", "last"),
    [
        ("usage_without_finish", [None]),
        ("usage_without_choices", []),
        ("usage_with_finish", ["stop"]),
    ],
)
def test_usage_comes_in_each_of_its_three_shapes(
    pretend: PretendOpenRouter, scenario: str, last: list[str | None]
) -> None:
    final = chunks(ask(pretend.at(scenario)))[-1]
    assert final["usage"]["total_tokens"] == 13
    assert [choice["finish_reason"] for choice in final["choices"]] == last


def test_usage_is_missing_when_told(pretend: PretendOpenRouter) -> None:
    assert not any("usage" in chunk for chunk in chunks(ask(pretend.at("usage_nowhere"))))
    assert "cost" not in chunks(ask(pretend.at("usage_without_cost")))[-1]["usage"]
    assert len([chunk for chunk in chunks(ask(pretend.at("usage_twice"))) if "usage" in chunk]) == 2


def test_reasoning_comes_in_fragments_and_its_signature_last(pretend: PretendOpenRouter) -> None:
    said = [delta for delta in deltas(ask(pretend.at("reasoning"))) if "reasoning_details" in delta]
    assert [delta.get("reasoning") for delta in said] == ["One flat", " shape.", None]
    [signed] = said[-1]["reasoning_details"]
    assert (signed["signature"], "text" in signed) == ("c2lnbmVk", False)


def test_reasoning_has_an_encrypted_item(pretend: PretendOpenRouter) -> None:
    said = [detail for delta in deltas(ask(pretend.at("reasoning_encrypted"))) for detail in details(delta)]
    assert [detail["type"] for detail in said] == ["reasoning.summary", "reasoning.encrypted"]


def details(delta: Json) -> list[Json]:
    return list(delta.get("reasoning_details", []))


def test_two_tool_calls_come_in_fragments(pretend: PretendOpenRouter) -> None:
    arguments = {0: "", 1: ""}
    for delta in deltas(ask(pretend.at("tool_calls"))):
        for call in delta.get("tool_calls", []):
            arguments[call["index"]] += call["function"]["arguments"]
    assert [json.loads(text) for text in arguments.values()] == [{"city": "Ankara"}, {"city": "İzmir"}]


def test_a_tool_call_comes_without_index_and_with_null_arguments(pretend: PretendOpenRouter) -> None:
    said = [
        call for delta in deltas(ask(pretend.at("tool_calls_odd"))) for call in delta.get("tool_calls", [])
    ]
    [call] = said
    assert "index" not in call
    assert call["function"]["arguments"] is None


def test_an_image_comes_as_one_line_of_megabytes(pretend: PretendOpenRouter) -> None:
    response = ask(pretend.at("image"))
    assert 3_000_000 < max(len(line) for line in response.content.split(b"\n")) < 8_000_000
    whole = ask(pretend.at("image"), stream=False).json()["choices"][0]["message"]
    assert whole["content"] == ""
    assert whole["images"][0]["image_url"]["url"].startswith("data:image/png;base64,")


def test_images_count_as_tokens_of_the_prompt(pretend: PretendOpenRouter) -> None:
    counted = ask(pretend.base_url, stream=False, messages=picture(count=2)).json()["usage"]
    assert counted["prompt_tokens"] == 9 + 2 * 258
    streamed = chunks(ask(pretend.base_url, messages=picture()))[-1]["usage"]
    assert streamed["prompt_tokens"] == 9 + 258
    assert len(pretend.received[-1].images) == 1


@pytest.mark.parametrize(
    ("messages", "status", "words"),
    [
        (picture(f"data:image/heic;base64,{PNG}"), 400, "Unsupported image format: image/heic"),
        (picture(f"data:image/jpeg;base64,{PNG}"), 400, "Provider returned error"),
        (picture(count=27), 400, "Provider returned error"),
        (picture("data:image/png;base64," + "A" * 21_000_000, 2), 413, "cannot exceed 30MB"),
    ],
    ids=["media type", "bytes", "count", "size"],
)
def test_an_image_of_the_wrong_kind_or_size_is_refused(
    pretend: PretendOpenRouter, messages: list[Json], status: int, words: str
) -> None:
    response = ask(pretend.base_url, messages=messages)
    assert response.status_code == status
    assert words in message(response)


def test_what_came_is_echoed(pretend: PretendOpenRouter) -> None:
    response = ask(pretend.at("echo"), messages=picture(), headers={"HTTP-Referer": "https://madlen.example"})
    seen = json.loads(spoken(response))
    assert (seen["model"], seen["parts"]) == (CHAT_MODEL, ["text", "image_url"])
    assert seen["headers"]["http-referer"] == "https://madlen.example"


def test_attribution_is_recorded_and_the_answer_names_its_generation_and_provider(
    pretend: PretendOpenRouter,
) -> None:
    headers = {"HTTP-Referer": "https://madlen.example", "X-OpenRouter-Title": "Madlen"}
    response = ask(pretend.base_url, headers=headers)
    assert pretend.received[-1].headers["http-referer"] == "https://madlen.example"
    assert pretend.received[-1].headers["x-openrouter-title"] == "Madlen"
    assert response.headers["X-Generation-Id"] == chunks(response)[0]["id"]
    assert response.headers["X-Provider-Name"] == "Google AI Studio"


def test_the_second_model_answers_when_the_first_one_fails() -> None:
    with PretendOpenRouter().running() as pretend:
        pretend.answers[CHAT_MODEL] = scenarios.UNAVAILABLE
        response = ask(pretend.base_url, models=["openai/gpt-4"])
        assert chunks(response)[0]["model"].startswith("openai/gpt-4")
        assert response.headers["X-Provider-Name"] == "OpenAI"
        pretend.answers["openai/gpt-4"] = Answer(502, "")
        assert ask(pretend.base_url, models=["openai/gpt-4"]).status_code == 502


@pytest.mark.parametrize(
    ("router", "chosen"), [("openrouter/free", CHAT_MODEL), ("openrouter/auto", "openai/gpt-4o-mini")]
)
def test_a_router_picks_a_concrete_model(pretend: PretendOpenRouter, router: str, chosen: str) -> None:
    assert chunks(ask(pretend.base_url, model=router))[0]["model"].startswith(chosen)


@pytest.mark.parametrize(
    ("scenario", "reason", "native"),
    [
        ("finish_length", "length", "MAX_TOKENS"),
        ("finish_content_filter", "content_filter", "PROHIBITED_CONTENT"),
        ("finish_null", None, None),
        ("finish_empty", "", "eos_token; 🌙"),
    ],
)
def test_an_answer_ends_for_every_reason(
    pretend: PretendOpenRouter, scenario: str, reason: str | None, native: str | None
) -> None:
    [choice] = chunks(ask(pretend.at(scenario)))[-1]["choices"]
    assert (choice["finish_reason"], choice["native_finish_reason"]) == (reason, native)


def test_an_answer_is_empty_and_has_usage(pretend: PretendOpenRouter) -> None:
    response = ask(pretend.at("empty"))
    assert spoken(response) == ""
    assert chunks(response)[-1]["usage"]["completion_tokens"] == 0


def test_an_answer_has_no_id_when_told(pretend: PretendOpenRouter) -> None:
    assert "id" not in ask(pretend.at("without_id"), stream=False).json()
