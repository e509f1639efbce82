"""Too many requests: the provider's shared pool, and OpenRouter's own limits by minute and day."""

from __future__ import annotations

from typing import Any

from tests.pretend_openrouter.answers import START, Answer, Json, Scenario
from tests.pretend_openrouter.payloads import CHAT_MODEL, USER, unavailable
from tests.pretend_openrouter.scenarios.refusals import PROVIDER, raw, refused

_MIDNIGHT = (START + 86_400) * 1000
_MINUTE = (START + 60) * 1000
_BUSY = f"{CHAT_MODEL} is temporarily rate-limited upstream. Please retry shortly, or add your own key"


def _busy(raw: str, **more: Any) -> Json:
    return {
        "raw": raw,
        "provider_name": "Google AI Studio",
        "is_byok": False,
        "limit_source": "upstream_provider_shared_pool",
        "previous_errors": [],
        **more,
    }


def _quota(limit: int, reset: int, source: str) -> Json:
    """Headers of the platform's own limits, which are in the metadata too; the reset in milliseconds."""
    headers = {
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": str(reset),
    }
    return {
        "metadata": {"headers": headers, "provider_name": None, "limit_source": source},
        "headers": headers,
    }


def today() -> Json:
    """The error of the daily limit, which also comes without its status."""
    return {
        "code": 429,
        "message": "Rate limit exceeded: free-models-per-day. "
        "Add 10 credits to unlock 1000 free model requests per day",
        "metadata": _quota(50, _MIDNIGHT, "openrouter_free_tier_daily")["metadata"],
    }


RATE_LIMITED_UPSTREAM = refused(
    "429: the pool that free users share is busy, 12 seconds in the metadata only",
    429,
    PROVIDER,
    metadata=_busy(_BUSY, retry_after_seconds=12, retry_after_seconds_raw=11.4),
)
RATE_LIMITED_UPSTREAM_JSON = refused(
    "429 of the provider, its reason JSON inside JSON, no time given",
    429,
    PROVIDER,
    metadata=_busy(raw(_BUSY)),
)
RATE_LIMITED_SECONDS = refused(
    "429 of the provider, Retry-After 1", 429, PROVIDER, metadata=_busy(_BUSY), headers={"Retry-After": "1"}
)
RATE_LIMITED_DATE = refused(
    "429 of the provider, Retry-After a date: half a minute after the server's start",
    429,
    PROVIDER,
    metadata=_busy(_BUSY),
    headers={"Retry-After": "Mon, 23 Nov 2026 00:00:30 GMT"},
)
PER_MINUTE = refused(
    "429: 20 free requests in this minute",
    429,
    "Rate limit exceeded: free-models-per-min. ",
    **_quota(20, _MINUTE, "openrouter_free_tier_per_minute"),
)
PER_DAY = Scenario(
    "429: 50 free requests today, until midnight UTC",
    (Answer(429, {"error": today(), "user_id": USER}, headers=today()["metadata"]["headers"]),),
)
PER_DAY_HIGH_BALANCE = refused(
    "429: 1000 free requests today, until midnight UTC",
    429,
    "Rate limit exceeded: free-models-per-day-high-balance. ",
    **_quota(1000, _MIDNIGHT, "openrouter_free_tier_daily"),
)
CODE_IN_QUOTES = Scenario(
    "429 whose code is a string, as proxies write it",
    (Answer(429, {"error": {"code": "429", "message": "Rate limit exceeded: free-models-per-min. "}}),),
)
CAPACITY = Scenario(
    "429: no capacity, new shape, Retry-After 1",
    (
        unavailable(
            429, "capacity_exhausted", "All providers are at capacity", "rate_limit_exceeded", retry_after=1
        ),
    ),
)
