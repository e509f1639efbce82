"""How long the other side asks to wait, in whichever of its ways it says so."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from madlen import lenient

_WINDOW_SECONDS = 60.0


def seconds(*candidates: Any) -> float | None:
    """The first of them that is a wait: seconds, or the date to which ``Retry-After`` may be set."""
    for candidate in candidates:
        try:
            wait = float(candidate)
        except (TypeError, ValueError, OverflowError):
            wait = _until(candidate)
        if math.isfinite(wait) and wait >= 0:
            return wait
    return None


def until_reset(metadata: Mapping[str, Any], headers: Mapping[str, str]) -> float | None:
    """Seconds until the minute of ``X-RateLimit-Reset`` ends; it is in milliseconds and may be in either."""
    given = {**lenient.mapping(metadata.get("headers")), **headers}
    reset = {name.lower(): value for name, value in given.items()}.get("x-ratelimit-reset")
    left = float(lenient.amount(reset) or 0) / 1000 - datetime.now(UTC).timestamp()
    # Their clock and ours may differ; no minute is longer than one.
    return min(left, _WINDOW_SECONDS) if left > 0 else None


def _until(date: Any) -> float:
    try:
        moment = parsedate_to_datetime(date)
    except (TypeError, ValueError, AttributeError):
        return math.nan
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
