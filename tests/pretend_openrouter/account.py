"""Who asks: keys, their limits, and the credits that only a management key may see."""

from __future__ import annotations

from tests.pretend_openrouter.answers import Answer, Asked, Json, Received
from tests.pretend_openrouter.payloads import USER, refusal

VALID_KEY = "sk-or-v1-valid"
"""Like every other key that begins so, but for the following ones."""
EXHAUSTED_KEY = "sk-or-v1-exhausted"
FREE_TIER_KEY = "sk-or-v1-free-tier"
MANAGEMENT_KEY = "sk-or-v1-management"
PRIVATE_KEY = "sk-or-v1-private"
"""Of an account whose privacy settings exclude providers that train on prompts."""
UNKNOWN_KEY = "sk-or-v1-unknown"


def refused_key(received: Received) -> Answer | None:
    """Why the key opens nothing, if it does not."""
    if not received.key:
        return refusal(401, "No auth credentials found", user_id=None)
    if received.key == UNKNOWN_KEY or not received.key.startswith("sk-or-v1-"):
        return refusal(401, "User not found.", user_id=None)
    return None


def key(asked: Asked) -> Answer:
    """``/key``: what the key may still spend."""
    received = asked.received
    return refused_key(received) or Answer(body={"data": _limits(received.key)})


def credit(asked: Asked) -> Answer:
    """``/credits``, for management keys only."""
    received = asked.received
    if refused := refused_key(received):
        return refused
    if received.key != MANAGEMENT_KEY:
        return refusal(403, "Only management keys can perform this operation", user_id=None)
    return Answer(body={"data": {"total_credits": 10, "total_usage": 0.75}})


def limits(**changes: object) -> Json:
    """What ``/key`` says of a key that is in order."""
    return {
        "label": "sk-or-v1-abc...123",
        "limit": 5,
        "limit_remaining": 4.25,
        "limit_reset": "monthly",
        "include_byok_in_limit": False,
        "usage": 0.75,
        "usage_daily": 0.1,
        "usage_weekly": 0.4,
        "usage_monthly": 0.75,
        "byok_usage": 0,
        "byok_usage_daily": 0,
        "byok_usage_weekly": 0,
        "byok_usage_monthly": 0,
        "is_free_tier": False,
        "is_management_key": False,
        "is_provisioning_key": False,
        "rate_limit": {
            "requests": -1,
            "interval": "10s",
            "note": "This field is deprecated and safe to ignore.",
        },
        "free_model_daily_requests": {"used": 12, "limit": 1000, "remaining": 988},
        "budgets": [],
        "effective_budget": None,
        "allowed_data_regions": ["global"],
        "creator_user_id": USER,
        "organization_id": None,
        "workspace_id": None,
        "expires_at": None,
        **changes,
    }


EXHAUSTED = limits(
    limit_remaining=0,
    usage=5,
    usage_monthly=5,
    free_model_daily_requests={"used": 1000, "limit": 1000, "remaining": 0},
)
FREE_TIER = limits(
    limit=None,
    limit_remaining=None,
    limit_reset=None,
    usage=0,
    usage_daily=0,
    usage_weekly=0,
    usage_monthly=0,
    is_free_tier=True,
    free_model_daily_requests={"used": 12, "limit": 50, "remaining": 38},
)


def _limits(key: str) -> Json:
    return {EXHAUSTED_KEY: EXHAUSTED, FREE_TIER_KEY: FREE_TIER}.get(key) or limits()
