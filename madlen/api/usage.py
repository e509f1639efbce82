"""``/usage``: what answers took, what the day's budget and its free requests still allow."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Query

from madlen import usage
from madlen.api.dependencies import Running
from madlen.services.wiring import Services
from madlen.usage import By, Period, Spread, Taken

router = APIRouter(tags=["usage"])


@router.get("/usage", summary="What answers took")
def taken(
    services: Running,
    period: Annotated[Period, Query(description="Whole days of UTC, today among them")] = "7d",
    by: Annotated[By, Query(description="What is added up together")] = "model",
    limit: Annotated[int, Query(ge=1, le=usage.MOST_GROUPS, description="At most so many groups")] = 100,
) -> dict[str, Any]:
    """Tokens, cost, failures and times; the dearest model or session first, the newest day first.

    Money is US dollars as text, times are seconds of the newest 200 answers. An empty `key` stands for
    answers that belong to no chat that is there. `budget` is null where `DAILY_BUDGET_USD` is not set.
    """
    since = usage.since(period, datetime.now(UTC))
    found = services.store.usage(by, since, limit=limit)
    whole = found if len(found) < limit else services.store.usage("model", since, limit=usage.MOST_GROUPS)
    return {
        "period": period,
        "since": since and since.isoformat(),
        "by": by,
        "total": _sums(usage.total(whole)),
        "groups": [_group(one) for one in found],
        "budget": _budget(services),
        "free_requests": _free(services),
    }


def _sums(one: Taken) -> dict[str, Any]:
    return {
        "answers": one.answers,
        "failures": one.failures,
        "stopped": one.stopped,
        "prompt_tokens": one.prompt_tokens,
        "completion_tokens": one.completion_tokens,
        "reasoning_tokens": one.reasoning_tokens,
        "cost": _plain(one.cost),
    }


def _group(one: Taken) -> dict[str, Any]:
    return {
        "key": one.key,
        **({"title": one.title} if one.title else {}),
        **_sums(one),
        "time_to_first_token": _spread(one.first_token),
        "tokens_per_second": _spread(one.speed),
        "duration": _spread(one.duration),
    }


def _spread(measured: Spread) -> dict[str, float | None]:
    return asdict(measured)


def _budget(services: Services) -> dict[str, Any] | None:
    budget = services.budget
    if budget is None:
        return None
    account = budget.account()
    return {
        "budget": _plain(budget.limit),
        "spent": _plain(account.spent),
        "reserved": _plain(account.reserved),
        "left": _plain(account.left(budget.limit)),
        "resets_at": account.resets_at.isoformat(),
    }


def _free(services: Services) -> dict[str, Any]:
    """Of the account as OpenRouter counts, and hour by hour of today as it was asked here."""
    quota = services.quota()
    midnight = usage.since("today", datetime.now(UTC))
    hours = usage.free_by_hour(services.store.usage_over_time("hour", midnight))
    return {
        "used": quota.free_used if quota else None,
        "limit": quota.free_limit if quota else None,
        "left": quota.free_left if quota else None,
        "by_hour": {f"{hour:02}": number for hour, number in hours.items()},
    }


def _plain(dollars: Decimal) -> str:
    return format(dollars, "f")
