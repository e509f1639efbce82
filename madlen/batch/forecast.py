"""What a run will take, before it begins. Pure functions; every figure is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from madlen import estimates
from madlen.prompt_sets import Prompt
from madlen.types import Lane, Message, Model, Quota

FREE_A_MINUTE = 20
_SAMPLE = 200
"""So many prompts are estimated, from the whole of a set, and stand for all."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """A run before it begins. ``minutes`` is what the limit of free requests makes of it at least."""

    answers: int
    free_requests: int
    cost_low: Decimal | None
    cost_high: Decimal | None
    minutes: int
    notes: tuple[str, ...] = ()


def forecast(
    prompts: Sequence[Prompt], lanes: Iterable[Lane], models: Mapping[str, Model], quota: Quota | None
) -> Forecast:
    """What these prompts in these lanes will take. A lane whose model is not listed has no known cost."""
    lanes = tuple(lanes)
    sample = prompts[:: max(1, len(prompts) // _SAMPLE)]
    share = Decimal(len(prompts)) / max(1, len(sample))
    low: Decimal | None = Decimal(0)
    high: Decimal | None = Decimal(0)
    free, notes = 0, {}
    for lane in lanes:
        model = models.get(lane.model_id)
        if model is None:
            low = high = None
            notes[f"{lane.model_id} is not listed now; its answers may fail."] = 0
            continue
        asked = [
            estimates.preflight(lane, model, [Message("user", prompt.asked, prompt.pictures)])
            for prompt in sample
        ]
        free += asked[0].free_requests * len(prompts) if asked else 0
        low = _sum(low, [one.cost_low for one in asked], share)
        high = _sum(high, [one.cost_high for one in asked], share)
        # One sentence of a kind: those on single prompts differ in their figures only.
        kinds = {problem.kind: problem.sentence for one in asked for problem in one.problems}
        notes |= dict.fromkeys(kinds.values(), 0)
    if quota is not None and quota.free_left is not None and quota.free_left < free:
        notes[
            f"{free:,} free requests are needed and {quota.free_left or 'none'} left until midnight UTC: "
            "the run pauses then and goes on by itself the day after."
        ] = 0
    minutes = free // FREE_A_MINUTE
    return Forecast(len(prompts) * len(lanes), free, low, high, minutes, tuple(notes))


def _sum(so_far: Decimal | None, costs: Sequence[Decimal | None], share: Decimal) -> Decimal | None:
    """What was known with these costs; ``None`` as soon as one of them is not known."""
    known = [cost for cost in costs if cost is not None]
    if so_far is None or len(known) < len(costs):
        return None
    return so_far + sum(known, Decimal(0)) * share
