"""A run in figures, lane by lane, each with how sure it is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import NormalDist, fmean, quantiles, stdev

from madlen.batch.results import Result
from madlen.prompt_sets import CellState
from madlen.types import Lane

_Z = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share or a mean of ``number`` values with its 95 % interval; a mean of values all alike has none."""

    value: float
    low: float | None
    high: float | None
    number: int


@dataclass(frozen=True, slots=True)
class Spread:
    """Seconds: the middle one, and the one that 19 of 20 stay under."""

    p50: float
    p95: float


@dataclass(frozen=True, slots=True)
class LaneSummary:
    """What a lane did. Figures of answers are of those that are whole; ``None`` is not known."""

    lane: Lane
    answers: int
    failures: int
    passed: Estimate | None
    """The share of answers that passed every check, of those that were checked."""
    score: Estimate | None
    """The mean of what judges gave, from 1 to 5."""
    wins: Estimate | None
    """The share of comparisons won before a judge, ties counted as half, the mean over prompts."""
    latency: Spread | None
    first_token: Spread | None
    tokens_in: int | None
    tokens_out: int | None
    cost: Decimal | None


def by_lane(lanes: Iterable[Lane], results: Sequence[Result]) -> list[LaneSummary]:
    """One for each lane, in their order."""
    return [_summary(lane, [one for one in results if one.lane.name == lane.name]) for lane in lanes]


def share(passed: int, number: int) -> Estimate | None:
    """A share with Wilson's score interval (Wilson, 1927), which holds for few values too."""
    if not number:
        return None
    value, z2 = passed / number, _Z**2 / number
    centre = (value + z2 / 2) / (1 + z2)
    half = _Z / (1 + z2) * math.sqrt(value * (1 - value) / number + z2 / (4 * number))
    return Estimate(value, max(0.0, centre - half), min(1.0, centre + half), number)


def mean(values: Sequence[float], *, least: float, most: float) -> Estimate | None:
    """A mean with Student's interval, which is cut off where no value can be.

    What is all alike says nothing of how it may vary, and has none.
    """
    if not values:
        return None
    value, number = fmean(values), len(values)
    if len(set(values)) == 1:
        return Estimate(value, None, None, number)
    # A start does not wait for scipy, and its stubs are not needed for one function.
    from scipy.special import stdtrit  # type: ignore[import-untyped]  # noqa: PLC0415

    half = float(stdtrit(number - 1, 0.975)) * stdev(values) / math.sqrt(number)
    return Estimate(value, max(least, value - half), min(most, value + half), number)


def spread(values: Sequence[float]) -> Spread | None:
    if not values:
        return None
    cuts = quantiles(values, n=20, method="inclusive") if len(values) > 1 else [values[0]] * 19
    return Spread(cuts[9], cuts[18])


def _summary(lane: Lane, results: Sequence[Result]) -> LaneSummary:
    whole = [one for one in results if one.cell.state is CellState.DONE]
    replies = [one.reply for one in whole if one.reply is not None]
    passed = [one.passed for one in whole if one.passed is not None]
    return LaneSummary(
        lane,
        answers=len(whole),
        failures=sum(one.failed for one in results),
        passed=share(sum(passed), len(passed)),
        score=mean([one.score for one in whole if one.score is not None], least=1, most=5),
        wins=mean([fmean(one.wins) for one in whole if one.wins], least=0, most=1),
        latency=spread(_known(reply.timing.duration for reply in replies)),
        first_token=spread(_known(reply.timing.time_to_first_token for reply in replies)),
        tokens_in=_sum(reply.usage.prompt_tokens for reply in replies),
        tokens_out=_sum(reply.usage.completion_tokens for reply in replies),
        cost=sum(costs, Decimal(0))
        if (costs := [reply.usage.cost for reply in replies if reply.usage.cost is not None])
        else None,
    )


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _sum(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
