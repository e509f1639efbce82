"""The pretend OpenRouter refuses and fails in the words of the real one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from tests.pretend_openrouter import CHAT_MODEL, EXHAUSTED_KEY, PRIVATE_KEY, START, PretendOpenRouter
from tests.pretend_openrouter.asking import ask, chunks, message, spoken

TOOLS = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}]
IMAGE = {"type": "image_url", "image_url": {"url": "https://madlen.example/a.png"}}


@pytest.fixture(scope="module")
def pretend() -> Iterator[PretendOpenRouter]:
    with PretendOpenRouter().running() as running:
        yield running


@pytest.mark.parametrize(
    ("scenario", "status", "words"),
    [
        ("bad_model_id", 400, "is not a valid model ID"),
        ("context_too_long", 400, "maximum context length is 16384 tokens"),
        ("provider_refused", 400, "Provider returned error"),
        ("no_key", 401, "No auth credentials found"),
        ("no_header", 401, "Missing Authentication header"),
        ("unknown_user", 401, "User not found."),
        ("out_of_credit", 402, "Insufficient credits"),
        ("prompt_too_dear", 402, "Prompt tokens limit exceeded: 230799 > 91442"),
        ("timed_out", 408, "Operation timed out. Please try again later."),
        ("too_large", 413, "Request payload too large"),
        ("images_too_large", 413, "Downloaded image content cannot exceed 30MB"),
        ("invalid_argument", 422, "Invalid argument"),
        ("server_error", 500, "Internal Server Error"),
        ("bad_gateway", 502, "Provider returned error"),
        ("unavailable", 503, "No instances available"),
        ("gateway_timeout", 504, "Provider timed out"),
        ("edge_timeout", 524, "Request timed out at the edge"),
        ("overloaded", 529, "Provider overloaded"),
    ],
)
def test_every_status_has_its_text(
    pretend: PretendOpenRouter, scenario: str, status: int, words: str
) -> None:
    response = ask(pretend.at(scenario))
    assert response.status_code == status
    assert words in message(response)


def test_metadata_is_absent_or_null_or_an_object(pretend: PretendOpenRouter) -> None:
    assert "metadata" not in ask(pretend.at("no_key")).json()["error"]
    assert ask(pretend.at("unknown_user")).json()["error"]["metadata"] is None
    assert (
        ask(pretend.at("out_of_credit")).json()["error"]["metadata"]["limit_source"] == "openrouter_credits"
    )


def test_the_providers_words_are_plain_or_json_inside_json(pretend: PretendOpenRouter) -> None:
    plain = ask(pretend.at("rate_limited_upstream")).json()["error"]["metadata"]["raw"]
    assert plain.startswith(f"{CHAT_MODEL} is temporarily rate-limited upstream")
    encoded = ask(pretend.at("provider_refused")).json()["error"]["metadata"]["raw"]
    assert json.loads(encoded)["error"]["message"] == "max_tokens must be at least 16"


def test_too_many_requests_of_the_providers_pool_have_a_time_in_the_metadata_only(
    pretend: PretendOpenRouter,
) -> None:
    response = ask(pretend.at("rate_limited_upstream"))
    assert response.json()["error"]["metadata"]["retry_after_seconds"] == 12
    assert not [name for name in response.headers if name.startswith(("x-ratelimit", "retry-after"))]


@pytest.mark.parametrize(
    ("scenario", "limit", "seconds"),
    [("per_minute", "20", 60), ("per_day", "50", 86_400), ("per_day_high_balance", "1000", 86_400)],
)
def test_too_many_free_requests_have_a_reset_in_milliseconds(
    pretend: PretendOpenRouter, scenario: str, limit: str, seconds: int
) -> None:
    response = ask(pretend.at(scenario))
    assert response.status_code == 429
    assert response.headers["X-RateLimit-Limit"] == limit
    assert response.headers["X-RateLimit-Reset"] == f"{(START + seconds) * 1000}"
    assert response.json()["error"]["metadata"]["headers"]["X-RateLimit-Remaining"] == "0"


def test_the_time_to_retry_is_in_seconds_or_a_date(pretend: PretendOpenRouter) -> None:
    assert ask(pretend.at("rate_limited_seconds")).headers["Retry-After"] == "1"
    date = parsedate_to_datetime(ask(pretend.at("rate_limited_date")).headers["Retry-After"])
    assert date.timestamp() == START + 30


def test_a_lower_limit_of_tokens_is_affordable(pretend: PretendOpenRouter) -> None:
    address = pretend.at("can_only_afford")
    assert "You requested up to 65536 tokens, but can only afford 3395" in message(ask(address))
    assert "up to 4096 tokens" in message(ask(address, max_tokens=4096))
    assert spoken(ask(address, max_tokens=3395)) == "Hello there"


def test_a_budget_in_flight_says_when_to_retry(pretend: PretendOpenRouter) -> None:
    response = ask(pretend.at("in_flight_budget"))
    assert (response.status_code, response.headers["Retry-After"]) == (402, "2")


def test_an_exhausted_key_is_refused_even_for_a_free_model(pretend: PretendOpenRouter) -> None:
    assert ask(pretend.base_url, key=EXHAUSTED_KEY).status_code == 402
    assert ask(pretend.base_url, key="").status_code == 401


@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        ("moderated", "Your input was flagged"),
        ("guardrail", "prompt injection patterns detected"),
        ("key_limit", "Key limit exceeded (daily limit)"),
        ("gated", "only available to approved agent apps"),
        ("region", "not available in your region"),
        ("budget", "Budget exceeded"),
    ],
)
def test_the_forbidden_has_its_reason(pretend: PretendOpenRouter, scenario: str, words: str) -> None:
    response = ask(pretend.at(scenario))
    assert response.status_code == 403
    assert words in message(response)


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"model": "acme/none"}, 400, "acme/none is not a valid model ID"),
        ({"model": "openai/gpt-5.6-luna:batch"}, 404, "No endpoints found for openai/gpt-5.6-luna:batch."),
        (
            {"model": "openai/gpt-4", "messages": [{"role": "user", "content": [IMAGE]}]},
            404,
            "No endpoints found that support image input",
        ),
        ({"model": "perplexity/sonar", "tools": TOOLS}, 404, 'support tool use. Try disabling "weather"'),
        ({"modalities": ["image", "text"]}, 404, "requested output modalities: image, text"),
        (
            {"model": "cohere/north-mini-code:free", "provider": {"data_collection": "deny"}},
            404,
            "matching your data policy (Free model training)",
        ),
    ],
)
def test_what_nobody_can_serve_is_refused_for_what_was_asked(
    pretend: PretendOpenRouter, changes: dict[str, Any], status: int, words: str
) -> None:
    response = ask(pretend.base_url, **changes)
    assert response.status_code == status
    assert words in message(response)


def test_the_accounts_privacy_settings_exclude_a_model(pretend: PretendOpenRouter) -> None:
    assert ask(pretend.base_url, key=PRIVATE_KEY, model="openrouter/owl-alpha").status_code == 404
    assert ask(pretend.base_url, key=PRIVATE_KEY).status_code == 200


def test_a_free_variant_that_ended_has_the_shape_without_code(pretend: PretendOpenRouter) -> None:
    error = ask(pretend.base_url, model="openai/gpt-4:free").json()["error"]
    assert "code" not in error
    assert (error["http_status"], error["availability"]["code"]) == (404, "free_variant_ended")
    assert error["availability"]["fallback_models"] == ["openai/gpt-4"]


@pytest.mark.parametrize(
    ("scenario", "status"),
    [
        ("too_large_page", 413),
        ("bad_gateway_page", 502),
        ("unavailable_page", 503),
        ("edge_timeout_page", 524),
        ("unknown_path", 404),
    ],
)
def test_the_edge_refuses_with_a_page(pretend: PretendOpenRouter, scenario: str, status: int) -> None:
    response = ask(pretend.at(scenario))
    assert (response.status_code, response.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert "cloudflare" in response.text


@pytest.mark.parametrize(
    ("scenario", "statuses"),
    [
        ("unavailable_then_good", [503, 200, 200]),
        ("unavailable_twice_then_good", [503, 503, 200]),
        ("rate_limited_then_good", [429, 200, 200]),
        ("in_flight_budget_then_good", [402, 200, 200]),
    ],
)
def test_an_outage_passes(pretend: PretendOpenRouter, scenario: str, statuses: list[int]) -> None:
    assert [ask(pretend.at(scenario)).status_code for _ in statuses] == statuses


def test_a_body_of_status_200_has_only_an_error(pretend: PretendOpenRouter) -> None:
    for scenario in ("error_body", "per_day_body"):
        response = ask(pretend.at(scenario), stream=False)
        assert (response.status_code, response.json().keys()) == (200, {"error"})


def test_a_body_has_no_usable_choices(pretend: PretendOpenRouter) -> None:
    assert ask(pretend.at("choices_null"), stream=False).json()["choices"] is None
    assert ask(pretend.at("choices_empty"), stream=False).json()["choices"] == []
    assert "choices" not in ask(pretend.at("choices_missing"), stream=False).json()


def test_a_choice_has_an_error_and_part_of_the_text(pretend: PretendOpenRouter) -> None:
    [choice] = ask(pretend.at("choice_with_error"), stream=False).json()["choices"]
    assert (choice["message"]["content"], choice["error"]["code"]) == ("Hal", 502)


@pytest.mark.parametrize(
    ("scenario", "text", "choices", "done"),
    [
        ("error_first", "", 1, False),
        ("error_after_text", "Hal", 1, True),
        ("error_without_done", "Hal", 1, False),
        ("error_without_choices", "Hal", 0, False),
        ("error_with_null_choices", "Hal", None, True),
        ("error_alone", "Hal", None, True),
        ("error_code_text", "Hal", 1, True),
        ("error_plain_text", "Hal", 1, True),
        ("error_metadata_null", "Hal", 1, True),
        ("error_after_length", "Hal", 1, True),
        ("error_per_day", "", 1, True),
    ],
)
def test_a_stream_fails_in_every_form(
    pretend: PretendOpenRouter, scenario: str, text: str, choices: int | None, *, done: bool
) -> None:
    response = ask(pretend.at(scenario))
    *before, failed = chunks(response)
    assert response.status_code == 200
    assert "".join(each["choices"][0]["delta"]["content"] for each in before) == text
    assert failed["error"]
    assert (None if failed.get("choices") is None else len(failed["choices"])) == choices
    assert response.text.endswith("data: [DONE]\n\n") == done


def test_the_error_of_a_stream_has_a_word_for_code_or_usage_beside_it(pretend: PretendOpenRouter) -> None:
    assert chunks(ask(pretend.at("error_code_text")))[-1]["error"]["code"] == "server_error"
    assert chunks(ask(pretend.at("error_plain_text")))[-1]["error"] == "Upstream went away"
    assert chunks(ask(pretend.at("error_after_length")))[-1]["usage"]["total_tokens"] == 13


@pytest.mark.parametrize(
    ("scenario", "junk"),
    [
        ("junk_text", "data: not json\n\n"),
        ("junk_object", '"type": "ping"'),
        ("junk_fields", "retry: 3000"),
        ("debug", "echo_upstream_body"),
    ],
)
def test_junk_stands_between_good_chunks(pretend: PretendOpenRouter, scenario: str, junk: str) -> None:
    before, found, after = ask(pretend.at(scenario)).text.partition(junk)
    assert found
    assert "data: {" in before or scenario == "debug"
    assert " there" in after
    assert after.endswith("data: [DONE]\n\n")
