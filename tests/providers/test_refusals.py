import json
from typing import Any

import pytest

from madlen.errors import (
    ContextLength,
    DailyLimit,
    DataPolicy,
    MadlenError,
    MinuteLimit,
    ModelGone,
    OutOfCredit,
    Overloaded,
    RateLimited,
    Refused,
    Rejected,
    SpendingLimit,
    TooLarge,
    Unsupported,
    UpstreamAuth,
    UpstreamDefect,
    UpstreamError,
    UpstreamTimeout,
)
from madlen.providers.refusals import refusal

MODEL = "a/b:free"
SHARED_POOL = f"{MODEL} is temporarily rate-limited upstream. Please retry shortly, or add your own key"
UNAVAILABLE = {
    "error": {
        "message": "No endpoints found matching your data policy",
        "error_type": "not_found",
        "http_status": 404,
        "availability": {
            "code": "privacy_restricted",
            "retryable": False,
            "retry_after": None,
            "excluded_by": ["data_policy"],
        },
    }
}


def body(message: Any, code: Any = None, **metadata: Any) -> dict[str, Any]:
    """An error as OpenRouter writes it."""
    return {"error": {"code": code, "message": message, "metadata": metadata}, "user_id": "user_x"}


def refused(status: int, content: Any, headers: dict[str, str] | None = None) -> MadlenError:
    return refusal(status, content, model_id=MODEL, headers=headers)


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (400, "x/y is not a valid model ID", ModelGone),
        (
            400,
            "This endpoint's maximum context length is 16384 tokens. However, you requested about 26265",
            ContextLength,
        ),
        (400, "Something else", Rejected),
        (401, "No auth credentials found", UpstreamAuth),
        (401, "Missing Authentication header", UpstreamAuth),
        (401, "User not found.", UpstreamAuth),
        (402, "Insufficient credits. Add more using https://openrouter.ai/settings/credits", OutOfCredit),
        (402, "This request requires more credits, or fewer max_tokens.", OutOfCredit),
        (402, "Prompt tokens limit exceeded: 230799 > 91442. To increase, upgrade", OutOfCredit),
        (403, "a/b requires moderation on OpenInference. Your input was flagged for violence.", Refused),
        (403, "Request blocked: prompt injection patterns detected", Refused),
        (403, "Key limit exceeded (daily limit). Manage it using the settings", SpendingLimit),
        (403, "Only management keys can perform this operation", Refused),
        (404, "No endpoints found for a/b:free.", ModelGone),
        (404, "No endpoints found that support image input", Unsupported),
        (404, 'No endpoints found that support tool use. Try disabling "x"', Unsupported),
        (404, "No endpoints found that support the requested output modalities: image, text", Unsupported),
        (404, "No endpoints found matching your data policy (Free model training). Configure: x", DataPolicy),
        (404, "No endpoints found matching your data policy (Paid model training).", DataPolicy),
        (404, "No endpoints found matching your data policy (Free model publication).", DataPolicy),
        (
            404,
            "No endpoints available matching your guardrail restrictions and data policy. Configure: x",
            DataPolicy,
        ),
        (
            404,
            "0 endpoints out of 5 requested are available matching your guardrail restrictions",
            DataPolicy,
        ),
        (404, "Model blocked by guardrail", DataPolicy),
        (404, "No allowed providers are available for the selected model.", DataPolicy),
        (408, "Operation timed out. Please try again later.", UpstreamTimeout),
        (413, "Request payload too large", TooLarge),
        (413, "Downloaded image content cannot exceed 30MB", TooLarge),
        (422, "Invalid argument", Rejected),
        (429, "Provider returned error", RateLimited),
        (429, "Rate limit exceeded: free-models-per-min.", MinuteLimit),
        (429, "Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000", DailyLimit),
        (429, "Rate limit exceeded: free-models-per-day-high-balance.", DailyLimit),
        (500, "Internal Server Error", UpstreamDefect),
        (502, "Provider disconnected", UpstreamError),
        (503, "No instances available", Overloaded),
        (504, "Timeout", UpstreamTimeout),
        (524, "Timeout", UpstreamTimeout),
        (529, "Provider overloaded", Overloaded),
    ],
)
@pytest.mark.parametrize("form", ["status", "number", "text"])
def test_each_message_is_the_error_it_stands_for(
    status: int, message: str, kind: type[MadlenError], form: str
) -> None:
    # As an HTTP status, or as the code in a 200 answer, in digits or in quotes.
    if form == "status":
        error = refused(status, body(message, status))
    else:
        error = refused(200, body(message, status if form == "number" else str(status)))
    assert type(error) is kind


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("context_length_exceeded", ContextLength),
        ("authentication", UpstreamAuth),
        ("payment_required", OutOfCredit),
        ("permission_denied", Refused),
        ("not_found", ModelGone),
        ("payload_too_large", TooLarge),
        ("image_too_large", TooLarge),
        ("rate_limit_exceeded", RateLimited),
        ("timeout", UpstreamTimeout),
        ("provider_unavailable", UpstreamError),
        ("provider_overloaded", Overloaded),
        ("server", UpstreamDefect),
        ("unmapped", UpstreamDefect),
        ("server_error", UpstreamError),
        ("token_limit_exceeded", ContextLength),
        ("string_too_long", ContextLength),
        ("max_tokens_exceeded", Rejected),
        ("invalid_request", Rejected),
        ("invalid_image", Rejected),
        ("image_too_small", Rejected),
        ("unsupported_image_format", Rejected),
        ("image_download_failed", Rejected),
        ("image_not_found", Rejected),
        ("precondition_failed", Rejected),
        ("unprocessable", Rejected),
        ("content_policy_violation", Refused),
        ("refusal", Refused),
        ("invalid_prompt", Refused),
    ],
)
@pytest.mark.parametrize("place", ["metadata", "code", "error_type"])
def test_an_error_in_a_stream_may_have_a_name_and_no_number(
    kind: str, expected: type[MadlenError], place: str
) -> None:
    content = {
        "metadata": body("It failed", error_type=kind),
        "code": body("It failed", kind),
        "error_type": {"error": {"message": "It failed", "error_type": kind}},
    }[place]
    assert type(refused(200, content)) is expected


def test_a_routing_failure_needs_no_code() -> None:
    assert type(refused(404, UNAVAILABLE)) is type(refused(200, UNAVAILABLE)) is DataPolicy


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        ("model_not_found", 400, ModelGone),
        ("region_restricted", 403, Refused),
        ("no_endpoints", 404, ModelGone),
        ("free_variant_ended", 404, ModelGone),
        ("privacy_restricted", 404, DataPolicy),
        ("capacity_exhausted", 429, RateLimited),
        ("temporarily_unavailable", 503, Overloaded),
    ],
)
def test_an_availability_is_the_error_it_stands_for(
    code: str, status: int, expected: type[MadlenError]
) -> None:
    content = {"error": {"message": "No", "http_status": status, "availability": {"code": code}}}
    assert type(refused(200, content)) is expected


@pytest.mark.parametrize(
    "code", [None, 0, 1, 200, 1001, -1, True, 4290, "4e2", "server_error", [], {}, "９９９"]
)
def test_a_code_that_is_no_http_status_is_a_failed_provider(code: Any) -> None:
    error = refused(200, body("It failed", code))
    assert type(error) is UpstreamError
    assert "(502)" in str(error)


@pytest.mark.parametrize(
    "content",
    [None, "", [], {}, {"error": None}, {"error": {}}, {"error": {"code": 500}}, {"error": 3}, " \n "],
)
def test_a_failure_without_a_reason_says_so(content: Any) -> None:
    assert "no reason was given." in str(refused(500, content))


@pytest.mark.parametrize("metadata", [None, "", [], "text"])
def test_metadata_may_be_anything(metadata: Any) -> None:
    error = refused(429, {"error": {"code": 429, "message": "Slow down", "metadata": metadata}})
    assert "Slow down." in str(error)


@pytest.mark.parametrize(
    "content",
    ["Overloaded", {"error": "Overloaded"}, {"message": "Overloaded"}, {"error": {"error": "Overloaded"}}],
)
def test_an_error_may_be_plain(content: Any) -> None:
    assert "(503): Overloaded. Try again" in str(refused(503, content))


@pytest.mark.parametrize(
    "raw",
    [
        SHARED_POOL,
        json.dumps(SHARED_POOL),
        json.dumps({"error": {"code": 429, "message": SHARED_POOL}}),
        "\n" + json.dumps({"type": "error", "error": {"type": "rate_limit", "message": SHARED_POOL}}),
        json.dumps([{"error": {"message": SHARED_POOL}}]),
        {"error": SHARED_POOL},
    ],
    ids=["plain", "string", "object", "nested", "list", "decoded"],
)
def test_the_reason_is_the_upstreams_own(raw: Any) -> None:
    error = refused(429, body("Provider returned error", 429, raw=raw))
    assert SHARED_POOL in str(error)
    assert "Provider returned error" not in str(error)


@pytest.mark.parametrize("raw", [None, "", " ", 7, "{}", "[]", '""', "<p></p>"])
def test_where_the_upstream_says_nothing_openrouter_does(raw: Any) -> None:
    assert "Provider returned error." in str(refused(502, body("Provider returned error", 502, raw=raw)))


@pytest.mark.parametrize("raw", ['{"error": {"mess', "[" * 100_000], ids=["cut", "deep"])
def test_json_that_cannot_be_read_is_shown_as_it_came(raw: str) -> None:
    assert raw[:20] in str(refused(502, body("Provider returned error", 502, raw=raw)))


def test_a_context_length_in_the_upstreams_reason_is_found() -> None:
    raw = json.dumps({"error": {"message": "This model's maximum context length is 8192 tokens."}})
    assert type(refused(400, body("Provider returned error", 400, raw=raw))) is ContextLength


def test_llama_cpp_names_the_context_in_its_type() -> None:
    content = {
        "error": {"code": 400, "message": "the request exceeds it", "type": "exceed_context_size_error"}
    }
    assert type(refused(400, content)) is ContextLength


@pytest.mark.parametrize(
    ("status", "kind"), [(404, UpstreamError), (413, TooLarge), (503, Overloaded), (524, UpstreamTimeout)]
)
def test_a_page_of_a_proxy_is_as_good_as_its_status(status: int, kind: type[MadlenError]) -> None:
    assert type(refused(status, "<html><body><h1>Sorry</h1></body></html>")) is kind


def test_a_path_that_nobody_knows_is_blamed_on_the_address_in_the_settings() -> None:
    assert "Check that setting" in str(refused(404, "<html><h1>Not Found</h1></html>"))


def test_what_one_can_afford_is_said() -> None:
    message = "You requested up to 65536 tokens, but can only afford 3395. To increase, visit the settings"
    error = refused(402, body(message, 402))
    assert isinstance(error, OutOfCredit)
    assert error.affordable_tokens == 3395
    assert "Ask for at most 3395 tokens" in str(error)


def test_credit_that_is_all_gone_can_only_be_added() -> None:
    error = refused(402, body("can only afford 0", 402))
    assert "Add credit or choose a free model" in str(error)


def test_the_privacy_setting_is_named_once_with_its_page() -> None:
    message = "No endpoints found matching your data policy (Free model training). Configure: https://openrouter.ai/settings/privacy"
    sentence = str(refused(404, body(message, 404)))
    assert "(Free model training)" in sentence
    assert sentence.count("https://openrouter.ai/settings/privacy") == 1


def test_the_daily_limit_is_known_by_its_source_too() -> None:
    error = refused(429, body("Provider returned error", 429, limit_source="openrouter_free_tier_daily"))
    assert type(error) is DailyLimit
    assert "midnight UTC" in str(error)
