"""What a person is told of each kind of refusal: what happened, and what can be done."""

from __future__ import annotations

from typing import Any

import pytest

from madlen.errors import DataPolicy, OutOfCredit, Overloaded, SpendingLimit, UpstreamError
from madlen.providers.refusals import refusal

MODEL = "a/b"
KEYS = "https://openrouter.ai/settings/keys"
CREDITS = "https://openrouter.ai/settings/credits"
PRIVACY = "https://openrouter.ai/settings/privacy"


def refused(status: int, message: str, headers: dict[str, str] | None = None, **metadata: Any) -> Exception:
    content = {"error": {"code": status, "message": message, "metadata": metadata}}
    return refusal(status, content, model_id=MODEL, headers=headers)


def routed(code: str, status: int, message: str, **more: Any) -> Exception:
    """A refusal in the shape of routing failures."""
    error = {"message": message, "http_status": status, "availability": {"code": code, **more}}
    return refusal(status, {"error": error}, model_id=MODEL)


@pytest.mark.parametrize(
    ("message", "metadata"),
    [
        ('Your input was flagged for "violence".', {}),
        ("Not taken", {"reasons": ["violence"], "flagged_input": "how do I..."}),
        ("Request blocked: prompt injection patterns detected", {"patterns": ["ignore_previous"]}),
        ("Not taken", {"error_type": "content_policy_violation"}),
    ],
)
def test_where_the_words_are_refused_other_words_are_advised(message: str, metadata: dict[str, Any]) -> None:
    assert "Change the prompt or choose another model." in str(refused(403, message, **metadata))


@pytest.mark.parametrize(
    "message", ["a/b is only available to approved agent apps", "Not available in your region"]
)
def test_where_the_words_do_not_matter_another_model_is_advised(message: str) -> None:
    sentence = str(refused(403, message))
    assert sentence == f"The provider refused this request: {message}. Choose another model."


@pytest.mark.parametrize(
    ("message", "metadata"),
    [
        ("Key limit exceeded (daily limit). Manage it using the settings", {}),
        ("Spent", {"limit_source": "openrouter_key_limit"}),
        ("Spent", {"limit_source": "openrouter_budget"}),
        ("Budget exceeded", {}),
    ],
)
def test_a_limit_that_is_spent_is_none_of_credit_or_words(message: str, metadata: dict[str, Any]) -> None:
    error = refused(403, message, **metadata)
    assert type(error) is SpendingLimit
    assert str(error).endswith(f"Raise it at {KEYS}.")
    assert error.settings_url == KEYS


def test_a_budget_says_when_it_begins_anew() -> None:
    error = refused(403, "Budget exceeded", scope="workspace", resets_at="2026-12-01T00:00:00Z")
    assert str(error).endswith(f"at {KEYS}, or wait until it begins anew on 1 December 2026 at 00:00 UTC.")


@pytest.mark.parametrize("moment", [None, "", "soon", 7, [], "0001-01-01T00:00:00+14:00"])
def test_a_moment_that_is_none_is_left_out(moment: Any) -> None:
    assert str(refused(403, "Budget exceeded", resets_at=moment)).endswith(f"Raise it at {KEYS}.")


def test_credit_in_flight_comes_back_by_itself() -> None:
    error = refused(402, "Other requests are in flight", {"retry-after": "2"})
    assert isinstance(error, OutOfCredit)
    assert f"Try again in 2 seconds, when other answers have ended, or add credit: {CREDITS}." in str(error)


def test_a_prompt_that_is_too_dear_can_be_left_behind() -> None:
    sentence = str(refused(402, "Prompt tokens limit exceeded: 230799 > 91442."))
    assert sentence.endswith(f"Start a new chat, add credit or choose a free model: {CREDITS}.")


def test_the_filter_that_left_nobody_is_named() -> None:
    message = "No allowed providers are available for the selected model."
    error = refused(404, message, failed_routing_step="Filter by Allowed Providers")
    assert isinstance(error, DataPolicy)
    assert str(error).startswith(
        f"Your settings at OpenRouter (Allowed Providers) exclude every provider of {MODEL}"
    )


@pytest.mark.parametrize("step", [None, "", 7, [], "a\nb"])
def test_a_filter_that_has_no_name_is_not_named(step: Any) -> None:
    sentence = str(refused(404, "Model blocked by guardrail", failed_routing_step=step))
    assert sentence.startswith("Your settings at OpenRouter exclude every provider")


@pytest.mark.parametrize(
    ("field", "variable"),
    [
        ("provider.data_collection", "OPENROUTER_DATA_COLLECTION"),
        ("provider.zdr", "OPENROUTER_ZDR"),
    ],
)
def test_a_wish_that_madlens_own_settings_may_have_sent_is_named(field: str, variable: str) -> None:
    constraint = {"field": field, "detail": "deny"}
    error = routed("privacy_restricted", 404, "No endpoints found", constraint=constraint)
    assert isinstance(error, DataPolicy)
    assert str(error).startswith(f"Your settings at OpenRouter or this Madlen's {variable} exclude every")


@pytest.mark.parametrize("status", [503, 529])
def test_a_provider_without_room_is_told_from_one_that_failed(status: int) -> None:
    error = refused(status, "Full", {"retry-after": "9"})
    assert type(error) is Overloaded
    assert str(error) == (
        f"Nobody has room for {MODEL} now ({status}): Full. Try again in 9 seconds or choose another model."
    )
    assert (error.retryable, error.retry_after) == (True, 9)


def test_a_status_that_nobody_has_heard_of_is_a_failed_provider() -> None:
    assert type(refused(418, "I am a teapot")) is UpstreamError
