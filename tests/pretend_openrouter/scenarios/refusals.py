"""Requests refused with a status, in the words of the real server."""

from __future__ import annotations

import json
from typing import Any

from tests.pretend_openrouter.answers import Answer, Asked, Scenario
from tests.pretend_openrouter.chat import hello
from tests.pretend_openrouter.payloads import CHAT_MODEL, refusal, unavailable

AFFORDABLE = 3395
"""The most tokens that the credit of ``CAN_ONLY_AFFORD`` pays for."""

PRIVACY = "https://openrouter.ai/settings/privacy"
PROVIDER = "Provider returned error"


def refused(summary: str, status: int, message: str, **more: Any) -> Scenario:
    return Scenario(summary, (refusal(status, message, **more),))


def page(summary: str, status: int, title: str) -> Scenario:
    body = (
        f"<!DOCTYPE html><html><head><title>{title}</title></head>"
        f"<body><center><h1>{title}</h1></center><hr><center>cloudflare</center></body></html>"
    )
    return Scenario(summary, (Answer(status, body, headers={"cf-ray": "8c0ffee000000000-FRA"}),))


def raw(message: str) -> str:
    """A provider's error as OpenRouter wraps it: JSON in a string."""
    return json.dumps({"error": {"message": message, "type": "invalid_request_error", "code": None}})


def _affordable(asked: Asked) -> Answer:
    limit = asked.limit or 65536
    if limit <= AFFORDABLE:
        return hello(asked)
    return refusal(
        402,
        "This request requires more credits, or fewer max_tokens. "
        f"You requested up to {limit} tokens, but can only afford {AFFORDABLE}. "
        "To increase, visit https://openrouter.ai/settings/credits and upgrade to a paid account",
        metadata={"limit_source": "openrouter_credits"},
    )


BAD_MODEL_ID = refused("400: no such model", 400, "acme/none is not a valid model ID")
CONTEXT_TOO_LONG = refused(
    "400: the conversation is longer than the context",
    400,
    "This endpoint's maximum context length is 16384 tokens. However, you requested about 26265 tokens "
    "(25241 of text input, 1024 in the output). Please reduce the length of either one.",
    metadata={"error_type": "context_length_exceeded"},
)
PROVIDER_REFUSED = refused(
    "400 of the provider, its reason JSON inside JSON",
    400,
    PROVIDER,
    metadata={"raw": raw("max_tokens must be at least 16"), "provider_name": "Azure"},
)
NO_KEY = refused("401: no key came", 401, "No auth credentials found", user_id=None)
NO_HEADER = refused("401: no key came, newer words", 401, "Missing Authentication header", user_id=None)
UNKNOWN_USER = refused(
    "401: the key is deleted or unknown, metadata null", 401, "User not found.", metadata=None, user_id=None
)
OUT_OF_CREDIT = refused(
    "402: no credit left",
    402,
    "Insufficient credits. Add more using https://openrouter.ai/settings/credits",
    metadata={"limit_source": "openrouter_credits"},
)
CAN_ONLY_AFFORD = Scenario(f"402 unless the token limit is at most {AFFORDABLE}", (_affordable,))
PROMPT_TOO_DEAR = refused(
    "402: the prompt alone costs too much",
    402,
    "Prompt tokens limit exceeded: 230799 > 91442. "
    "To increase, visit https://openrouter.ai/settings/credits and upgrade to a paid account",
)
IN_FLIGHT_BUDGET = refused(
    "402 for a moment: other requests hold the budget, Retry-After 2",
    402,
    "Insufficient credits available while other requests are in flight",
    metadata={"limit_source": "openrouter_in_flight_budget"},
    headers={"Retry-After": "2"},
)
MODERATED = refused(
    "403: the input was flagged",
    403,
    'openai/gpt-4o-mini requires moderation on OpenAI. Your input was flagged for "violence". '
    "No credits were charged.",
    metadata={
        "reasons": ["violence"],
        "flagged_input": "how do I...",
        "provider_name": "OpenAI",
        "model_slug": "openai/gpt-4o-mini",
    },
)
GUARDRAIL = refused(
    "403: a guardrail blocked the request",
    403,
    "Request blocked: prompt injection patterns detected",
    metadata={"patterns": ["ignore_previous_instructions"]},
)
KEY_LIMIT = refused(
    "403: the key's own limit is spent",
    403,
    "Key limit exceeded (daily limit). Manage it using https://openrouter.ai/settings/keys",
)
BUDGET = refused(
    "403: the workspace's budget is spent",
    403,
    "Budget exceeded",
    metadata={
        "limit_source": "openrouter_budget",
        "scope": "workspace",
        "limit_usd": 5,
        "spend_usd": 5.01,
        "resets_at": "2026-12-01T00:00:00Z",
    },
)
GATED = refused(
    "403: the model is for listed apps only",
    403,
    "thinkingmachines/inkling:free is only available to approved agent apps",
)
REGION = Scenario(
    "403: the model is not offered in this region, new shape",
    (
        unavailable(
            403, "region_restricted", "This model is not available in your region", "permission_denied"
        ),
    ),
)
MANAGEMENT_ONLY = refused(
    "403: a management key is needed", 403, "Only management keys can perform this operation"
)
NO_ENDPOINTS = refused("404: nobody serves the model", 404, f"No endpoints found for {CHAT_MODEL}.")
NO_IMAGE_INPUT = refused("404: the model cannot see", 404, "No endpoints found that support image input")
NO_TOOL_USE = refused(
    "404: the model has no tools",
    404,
    'No endpoints found that support tool use. Try disabling "weather". '
    "To learn more about provider routing, visit: https://openrouter.ai/docs/provider-routing",
)
NO_SUCH_OUTPUT = refused(
    "404: the model cannot draw",
    404,
    "No endpoints found that support the requested output modalities: image, text",
)
DATA_POLICY = refused(
    "404: the account's privacy settings exclude the free providers",
    404,
    f"No endpoints found matching your data policy (Free model training). Configure: {PRIVACY}",
    metadata=None,
)
DATA_POLICY_PAID = refused(
    "404: the account's privacy settings exclude the paid providers",
    404,
    f"No endpoints found matching your data policy (Paid model training). Configure: {PRIVACY}",
)
DATA_POLICY_NEW = Scenario(
    "404: the request's data policy excludes every provider, new shape without code",
    (
        unavailable(
            404,
            "privacy_restricted",
            "No endpoints found matching your data policy",
            "not_found",
            requested_models=[CHAT_MODEL],
            excluded_by=["data_policy"],
            constraint={"field": "provider.data_collection", "detail": "deny"},
        ),
    ),
)
GUARDRAIL_RESTRICTION = refused(
    "404: guardrails and data policy exclude every provider",
    404,
    f"No endpoints available matching your guardrail restrictions and data policy. Configure: {PRIVACY}",
)
NONE_OF_FIVE = refused(
    "404: none of five endpoints fits, with the funnel that says where",
    404,
    "0 endpoints out of 5 requested are available matching your guardrail restrictions and data policy. "
    f"Configure: {PRIVACY}",
    metadata={
        "routing_funnel": [
            {"step": "Requested", "endpoint_count": 5},
            {"step": "Filter by Data Policy", "endpoint_count": 0},
        ],
        "failed_routing_step": "Filter by Data Policy",
    },
)
MODEL_BLOCKED = refused("404: a guardrail blocks the model", 404, "Model blocked by guardrail")
NO_ALLOWED_PROVIDERS = refused(
    "404: no provider that serves it is allowed",
    404,
    "No allowed providers are available for the selected model.",
    metadata={
        "available_providers": ["deepinfra"],
        "requested_providers": ["openai"],
        "failed_routing_step": "Filter by Allowed Providers",
    },
)
FREE_VARIANT_ENDED = Scenario(
    "404: the free variant has ended, new shape",
    (
        unavailable(
            404,
            "free_variant_ended",
            f"The free variant {CHAT_MODEL} has ended.",
            "not_found",
            requested_models=[CHAT_MODEL],
            fallback_models=[CHAT_MODEL.removesuffix(":free")],
        ),
    ),
)
UNKNOWN_PATH = page("404 with a page: the address is wrong", 404, "404: Not Found")
TIMED_OUT = refused("408", 408, "Operation timed out. Please try again later.")
TOO_LARGE = refused("413: the request is too large", 413, "Request payload too large")
IMAGES_TOO_LARGE = refused(
    "413: the images are too large together",
    413,
    "Downloaded image content cannot exceed 30MB",
    metadata={"error_type": "payload_too_large"},
)
TOO_LARGE_PAGE = page("413 with the edge's page", 413, "413 Request Entity Too Large")
INVALID_ARGUMENT = refused("422", 422, "Invalid argument")
