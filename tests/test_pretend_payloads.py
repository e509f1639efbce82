"""What the pretend OpenRouter sends parses with OpenRouter's own SDK wherever the real server's would."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import httpx_sse
import pytest
from openrouter import components, errors, operations
from openrouter.utils.unmarshal_json_response import unmarshal_json_response

from tests.pretend_openrouter import (
    CHAT_MODEL,
    EXHAUSTED_KEY,
    FREE_TIER_KEY,
    MANAGEMENT_KEY,
    SCENARIOS,
    VALID_KEY,
    PretendOpenRouter,
)

KEY = {"Authorization": f"Bearer {VALID_KEY}"}
ERRORS = {
    400: errors.BadRequestResponseErrorData,
    401: errors.UnauthorizedResponseErrorData,
    402: errors.PaymentRequiredResponseErrorData,
    403: errors.ForbiddenResponseErrorData,
    404: errors.NotFoundResponseErrorData,
    408: errors.RequestTimeoutResponseErrorData,
    413: errors.PayloadTooLargeResponseErrorData,
    422: errors.UnprocessableEntityResponseErrorData,
    429: errors.TooManyRequestsResponseErrorData,
    500: errors.InternalServerResponseErrorData,
    502: errors.BadGatewayResponseErrorData,
    503: errors.ServiceUnavailableResponseErrorData,
    504: errors.GatewayTimeoutResponseErrorData,
    524: errors.EdgeNetworkTimeoutResponseErrorData,
    529: errors.ProviderOverloadedResponseErrorData,
}
GOOD = [
    "ordinary",
    "comments",
    "usage_without_finish",
    "usage_without_choices",
    "usage_with_finish",
    "usage_nowhere",
    "usage_twice",
    "reasoning",
    "reasoning_encrypted",
    "tool_calls",
    "image",
    "echo",
    "finish_length",
    "finish_content_filter",
    "finish_null",
    "empty",
    "crlf",
    "byte_by_byte",
    "line_ends_in_text",
    "error_first",
    "error_after_text",
    "error_after_length",
    "gzip",
]
WHOLE = [
    "ordinary",
    "usage_with_finish",
    "reasoning",
    "reasoning_encrypted",
    "tool_calls",
    "image",
    "echo",
    "finish_length",
    "finish_content_filter",
    "finish_null",
    "empty",
    "gzip",
    "newlines_before_json",
    "json_for_stream",
]
OUTSIDE_THE_SCHEMA = {
    "capacity",
    "code_in_quotes",
    "data_policy_new",
    "free_variant_ended",
    "region",
    "unavailable_new",
}
"""Refusals that the real server sends and its SDK refuses as well: no code, or one in quotes."""


@pytest.fixture(scope="module")
def pretend() -> Iterator[PretendOpenRouter]:
    with PretendOpenRouter().running() as running:
        yield running


@pytest.fixture(scope="module")
def client(pretend: PretendOpenRouter) -> Iterator[httpx.Client]:
    with httpx.Client(headers=KEY, timeout=30) as client:
        yield client


def asked(client: httpx.Client, base_url: str, *, stream: bool) -> httpx.Response:
    body = {"model": CHAT_MODEL, "stream": stream, "messages": [{"role": "user", "content": "Hi"}]}
    return client.post(f"{base_url}/chat/completions", json=body)


def refusals() -> list[str]:
    """The chat scenarios whose first answer is an error in JSON."""
    found = []
    for name, scenario in SCENARIOS.items():
        step = scenario.steps[0]
        if not callable(step) and step.status >= 400 and isinstance(step.body, dict):
            found.append(name)
    return found


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/models", components.ModelsListResponse),
        ("/models?output_modalities=all&offset=3&limit=20", components.ModelsListResponse),
        ("/models/user", components.ModelsListResponse),
        ("/models/count", components.ModelsCountResponse),
        ("/model/google/gemma-4-31b-it:free", components.ModelResponse),
        ("/models/openai/gpt-6-astra/endpoints", operations.ListEndpointsResponse),
        ("/models/~anthropic/claude-fable-latest/endpoints", operations.ListEndpointsResponse),
    ],
)
def test_the_catalogue_is_one_for_the_sdk(
    pretend: PretendOpenRouter, client: httpx.Client, path: str, kind: type[Any]
) -> None:
    parsed = unmarshal_json_response(kind, client.get(pretend.base_url + path))
    assert parsed.data


def test_every_scenario_of_a_list_that_keeps_the_shape_is_one_for_the_sdk(
    pretend: PretendOpenRouter, client: httpx.Client
) -> None:
    for name in ("models_unknown_keys", "models_empty", "models_stale"):
        response = client.get(f"{pretend.at(name)}/models")
        unmarshal_json_response(components.ModelsListResponse, response)


# The SDK warns of the old rate_limit, which the real answer still has.
@pytest.mark.filterwarnings("ignore:.*DEPRECATED:DeprecationWarning")
@pytest.mark.parametrize("key", [VALID_KEY, EXHAUSTED_KEY, FREE_TIER_KEY])
def test_the_limits_of_a_key_are_ones_for_the_sdk(
    pretend: PretendOpenRouter, client: httpx.Client, key: str
) -> None:
    response = client.get(f"{pretend.base_url}/key", headers={"Authorization": f"Bearer {key}"})
    parsed = unmarshal_json_response(operations.GetCurrentKeyResponse, response)
    assert parsed.data.free_model_daily_requests.limit in {50, 1000}


def test_the_credits_are_ones_for_the_sdk(pretend: PretendOpenRouter, client: httpx.Client) -> None:
    key = {"Authorization": f"Bearer {MANAGEMENT_KEY}"}
    response = client.get(f"{pretend.base_url}/credits", headers=key)
    parsed = unmarshal_json_response(operations.GetCreditsResponse, response)
    assert parsed.data.total_credits == 10


@pytest.mark.parametrize("name", GOOD)
def test_every_chunk_of_a_stream_is_one_for_the_sdk(
    pretend: PretendOpenRouter, client: httpx.Client, name: str
) -> None:
    response = asked(client, pretend.at(name), stream=True)
    events = [event.data for event in httpx_sse.EventSource(response).iter_sse()]
    assert [event for event in events if event != "[DONE]"]
    for event in events:
        if event != "[DONE]":
            unmarshal_json_response(components.ChatStreamChunk, response, event)


@pytest.mark.parametrize("name", WHOLE)
def test_an_answer_in_one_piece_is_one_for_the_sdk(
    pretend: PretendOpenRouter, client: httpx.Client, name: str
) -> None:
    response = asked(client, pretend.at(name), stream=False)
    unmarshal_json_response(components.ChatResult, response)


@pytest.mark.parametrize("name", sorted(set(refusals()) - OUTSIDE_THE_SCHEMA))
def test_a_refusal_is_one_for_the_sdk(pretend: PretendOpenRouter, client: httpx.Client, name: str) -> None:
    paths = {"models": "/models", "key": "/key", "credits": "/credits"}
    subject = SCENARIOS[name].subject
    if subject == "chat":
        response = asked(client, pretend.at(name), stream=True)
    else:
        response = client.get(pretend.at(name) + paths[subject])
    parsed: Any = unmarshal_json_response(ERRORS[response.status_code], response)
    assert parsed.error.message == response.json()["error"]["message"]


@pytest.mark.parametrize("name", sorted(OUTSIDE_THE_SCHEMA))
def test_a_refusal_without_a_numeric_code_is_none_for_the_sdk(
    pretend: PretendOpenRouter, client: httpx.Client, name: str
) -> None:
    response = asked(client, pretend.at(name), stream=True)
    assert not isinstance(json.loads(response.content)["error"].get("code"), int)


@pytest.mark.parametrize("stream", [True, False])
def test_a_generation_is_one_for_the_sdk(
    pretend: PretendOpenRouter, client: httpx.Client, *, stream: bool
) -> None:
    chat = asked(client, pretend.base_url, stream=stream)
    query = {"id": chat.headers["X-Generation-Id"]}
    response = client.get(f"{pretend.base_url}/generation", params=query)
    parsed = unmarshal_json_response(components.GenerationResponse, response)
    assert (parsed.data.streamed, parsed.data.cancelled) == (stream, False)
