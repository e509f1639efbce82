"""OpenRouter's limit of 20 free requests a minute, which is the account's and not the model's."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from madlen.errors import MinuteLimit, RateLimited
from madlen.providers.refusals import refusal

MESSAGE = "Rate limit exceeded: free-models-per-min. "


def in_milliseconds(seconds: float) -> str:
    """A moment that far from now."""
    return str(int((datetime.now(UTC).timestamp() + seconds) * 1000))


def limited(
    message: str = MESSAGE, headers: dict[str, str] | None = None, copied: Any = None, **metadata: Any
) -> RateLimited:
    """The error of a 429; ``copied`` are headers in its metadata."""
    details = {"code": 429, "message": message, "metadata": {"headers": copied, **metadata}}
    content = {"error": details}
    error = refusal(429, content, model_id="a/b:free", headers=headers)
    assert isinstance(error, RateLimited)
    return error


@pytest.mark.parametrize(
    ("message", "metadata", "is_minute"),
    [
        (MESSAGE, {}, True),
        ("Slow down", {"limit_source": "openrouter_free_tier_per_minute"}, True),
        ("Slow down", {"limit_source": "upstream_provider_shared_pool"}, False),
        ("Rate limit exceeded: free-models-per-day. ", {}, False),
    ],
)
def test_the_minutes_limit_is_told_from_a_busy_model(
    message: str, metadata: dict[str, Any], is_minute: bool
) -> None:
    assert isinstance(limited(message, **metadata), MinuteLimit) is is_minute


def test_its_sentence_blames_no_model() -> None:
    assert str(limited()) == (
        "The free requests of this minute are used up. "
        "Try again in a moment or choose a paid or an embedded model."
    )


@pytest.mark.parametrize("name", ["X-RateLimit-Reset", "x-ratelimit-reset"])
@pytest.mark.parametrize("place", ["header", "metadata"])
def test_the_wait_is_until_the_reset(name: str, place: str) -> None:
    reset = {name: in_milliseconds(30)}
    error = limited(headers=reset) if place == "header" else limited(copied=reset)
    assert error.retry_after == pytest.approx(30, abs=5)
    assert error.retryable


def test_a_reset_past_a_minute_is_a_clock_that_is_wrong() -> None:
    assert limited(headers={"X-RateLimit-Reset": in_milliseconds(3600)}).retry_after == 60


@pytest.mark.parametrize(
    "reset", [pytest.param(in_milliseconds(-5), id="past"), "", "soon", "-1", None, [], "nan"]
)
def test_a_reset_that_tells_no_time_to_come_is_no_wait(reset: Any) -> None:
    assert limited(copied={"X-RateLimit-Reset": reset}).retry_after is None


def test_a_wait_in_seconds_goes_before_the_reset() -> None:
    headers = {"retry-after": "7", "X-RateLimit-Reset": in_milliseconds(30)}
    assert limited(headers=headers).retry_after == 7


def test_the_reset_of_another_limit_is_no_wait_for_a_busy_model() -> None:
    assert limited("Slow down", headers={"X-RateLimit-Reset": in_milliseconds(30)}).retry_after is None
