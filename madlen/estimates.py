"""What a lane will take before it is asked, and what may go wrong with it. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from madlen import catalogue, conversation
from madlen.types import Lane, Message, Model, Parameters, Quota, Turn

Kind = Literal["context", "vision", "parameters", "price", "day", "minute"]

IMAGE_TOKENS = 1_000
"""What an image takes, about: from some hundreds to a few thousand, by model and size."""
TYPICAL_ANSWER = 500
"""Tokens of an answer, where no median is known."""

_BYTES_PER_TOKEN = 4
# What a message takes beside its words, for its role and its ends.
_MESSAGE_TOKENS = 4
_NAMES = {
    "temperature": "temperature",
    "top_p": "top-p",
    "seed": "seed",
    "stop": "stop sequences",
    "reasoning_effort": "reasoning effort",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that will not go as wanted, as a sentence; ``kind`` says what a fix has to do with."""

    kind: Kind
    sentence: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """A lane before it is asked. The figures are rough, for every model counts tokens in its own way."""

    prompt_tokens: int
    cost_low: Decimal | None
    """US dollars if the answer is half as long as expected; ``None`` where the price is not known."""
    cost_high: Decimal | None
    """US dollars if it is twice as long, or as long as it may be."""
    free_requests: int = 0
    """What it takes of the day's free requests."""
    problems: tuple[Problem, ...] = ()


def preflight(
    lane: Lane,
    model: Model,
    messages: Sequence[Message],
    *,
    median_tokens: int | None = None,
    quota: Quota | None = None,
    free_lanes: int = 1,
) -> Estimate:
    """What a lane will take for these messages, the prompt last, and what may go wrong.

    ``median_tokens`` is how long the model's answers were. ``free_lanes`` is how many lanes, this one
    among them, are asked at once and count against the quota.
    """
    sent = [*([Message("system", lane.system)] if lane.system else []), *messages]
    tokens = prompt_tokens(sent, sees=catalogue.sees(model))
    answer = TYPICAL_ANSWER if median_tokens is None else median_tokens
    low, high = _cost(model, tokens, answer, lane.parameters)
    counted = catalogue.counts_against_quota(model)
    problems = [
        *_context(model, tokens, answer, lane.parameters),
        *_vision(model, messages),
        *_parameters(model, lane.parameters),
        *((Problem("price", f"What {model.name} costs is not known beforehand."),) if low is None else ()),
        *(_quota(quota, free_lanes) if counted and quota is not None else ()),
    ]
    return Estimate(tokens, low, high, int(counted), tuple(problems))


def before(
    lanes: Sequence[Lane],
    models: Sequence[Model],
    turns: Sequence[Turn],
    prompt: Message,
    *,
    medians: Mapping[str, int],
    quota: Quota | None = None,
) -> dict[str, Estimate]:
    """What each lane would take for a prompt that follows these turns, by the lane's name.

    ``medians`` are how long answers were, by models; a lane whose model is not listed is left out.
    """
    listed = {model.id: model for model in models}
    known = [(lane, listed[lane.model_id]) for lane in lanes if lane.model_id in listed]
    free_lanes = sum(catalogue.counts_against_quota(model) for _, model in known)
    return {
        lane.name: preflight(
            lane,
            model,
            [*conversation.seen_by(lane.name, turns, model.id), prompt],
            median_tokens=medians.get(model.id),
            quota=quota,
            free_lanes=free_lanes,
        )
        for lane, model in known
    }


def prompt_tokens(messages: Sequence[Message], *, sees: bool = True) -> int:
    """About how many tokens the messages are: a quarter of their UTF-8 bytes, and so much per image.

    That is right for English within a fifth or so, and nearer than characters where a character is a
    token by itself. Images count only for a model that sees them; the others are not sent any.
    """
    size = sum(len(message.text.encode("utf-8", "replace")) for message in messages)
    pictures = sum(len(message.pictures) for message in messages) if sees else 0
    return -(-size // _BYTES_PER_TOKEN) + len(messages) * _MESSAGE_TOKENS + pictures * IMAGE_TOKENS


def _cost(
    model: Model, tokens: int, answer: int, parameters: Parameters
) -> tuple[Decimal, Decimal] | tuple[None, None]:
    if catalogue.is_free(model):
        return Decimal(0), Decimal(0)
    pricing = model.pricing
    if pricing.prompt is None or pricing.completion is None:
        return None, None
    asked = tokens * pricing.prompt + (pricing.request or 0)
    limits = [limit for limit in (parameters.max_tokens, model.max_completion_tokens) if limit is not None]
    shortest, longest = (min([length, *limits]) for length in (answer // 2, answer * 2))
    return asked + shortest * pricing.completion, asked + longest * pricing.completion


def _context(model: Model, tokens: int, answer: int, parameters: Parameters) -> Iterator[Problem]:
    room = model.context_length
    if room is None:
        return
    wanted = answer if parameters.max_tokens is None else parameters.max_tokens
    if tokens > room:
        yield Problem("context", f"About {tokens:,} tokens do not fit into the {room:,} of {model.name}.")
    elif tokens + wanted > room:
        yield Problem(
            "context",
            f"About {tokens:,} tokens leave {model.name} {room - tokens:,} of its {room:,} for the answer.",
        )


def _vision(model: Model, messages: Sequence[Message]) -> Iterator[Problem]:
    if messages and messages[-1].pictures and not catalogue.sees(model):
        yield Problem("vision", f"{model.name} cannot see images; it is sent the words alone.")


def _parameters(model: Model, parameters: Parameters) -> Iterator[Problem]:
    refused = catalogue.refused_parameters(model)
    left_out = [
        name
        for field, name in _NAMES.items()
        if field in refused and getattr(parameters, field) not in {None, ()}
    ]
    if left_out:
        yield Problem("parameters", f"{model.name} does not take {_listed(left_out)}; it is asked without.")


def _quota(quota: Quota, lanes: int) -> Iterator[Problem]:
    needed = f"{lanes:,} free requests are" if lanes > 1 else "A free request is"
    if quota.free_left is not None and quota.free_left < lanes:
        yield Problem("day", f"{needed} needed and {quota.free_left or 'none'} left until midnight UTC.")
    if quota.minute_left is not None and quota.minute_left < lanes:
        wait = "" if quota.minute_wait is None else f"; more in {quota.minute_wait:,.0f} s"
        yield Problem("minute", f"{needed} needed and {quota.minute_left or 'none'} left this minute{wait}.")


def _listed(names: Sequence[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
