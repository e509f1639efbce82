"""What became of the same prompts when they were asked again: each answer beside the earlier one.

Everything here is a frozen value or a pure function.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from madlen.types import CHAT_LANE, Reply, Turn, Usage

FIRST_LANE = "A"
"""The lane in which the answers of a chat are asked for again."""
Amount = float | int | Decimal | None


@dataclass(frozen=True, slots=True)
class Figure:
    """One measure of an answer, then and now; seconds, tokens or US dollars."""

    name: str
    then: Amount
    now: Amount


@dataclass(frozen=True, slots=True)
class Pair:
    """The answers of one lane to one prompt; ``None`` where there is none."""

    lane: str
    then: Reply | None
    now: Reply | None

    @property
    def text_changed(self) -> bool:
        return _of(self.then, "text") != _of(self.now, "text")

    @property
    def model_changed(self) -> bool:
        """Whether another model answered, as far as both are known."""
        return _changed(_served(self.then), _served(self.now))

    @property
    def provider_changed(self) -> bool:
        return _changed(_of(self.then, "provider"), _of(self.now, "provider"))

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Every measure that is known of one of the two at least."""
        names = ("First text", "In all", "Tokens/s", "Tokens in", "Tokens out", "Cost")
        both = zip(names, _measures(self.then), _measures(self.now), strict=True)
        return tuple(Figure(*one) for one in both if one[1:] != (None, None))


@dataclass(frozen=True, slots=True)
class Round:
    """One prompt with its answers then and now, in the order of the lanes."""

    prompt: str
    then: Turn
    now: Turn | None
    """``None`` where the prompt was not asked again, or not yet."""
    pairs: tuple[Pair, ...]


def paired(then: Sequence[Turn], now: Sequence[Turn]) -> tuple[Round, ...]:
    """The prompts of then with what was answered again; what was asked only later is left out.

    Prompts pair by their order. From the first that differs on nothing was asked again. Of several
    answers of a lane to one prompt the last one counts.
    """
    again = []
    for before, after in zip(then, now, strict=False):
        if before.text != after.text:
            break
        again.append(after)
    missing = [None] * (len(then) - len(again))
    return tuple(_round(before, after) for before, after in zip(then, [*again, *missing], strict=True))


def lane_name(name: str) -> str:
    """What a lane is called when it is asked again."""
    return FIRST_LANE if name == CHAT_LANE else name


def _round(then: Turn, now: Turn | None) -> Round:
    before, after = _last(then), _last(now)
    lanes = dict.fromkeys([*before, *after])
    return Round(then.text, then, now, tuple(Pair(lane, before.get(lane), after.get(lane)) for lane in lanes))


def _last(turn: Turn | None) -> dict[str, Reply]:
    return {lane_name(reply.lane): reply for reply in turn.replies} if turn else {}


def _of(reply: Reply | None, name: str) -> str:
    return "" if reply is None else str(getattr(reply, name))


def _served(reply: Reply | None) -> str:
    return "" if reply is None else reply.model or reply.model_id


def _changed(then: str, now: str) -> bool:
    return bool(then and now) and then != now


def _measures(reply: Reply | None) -> tuple[Amount, ...]:
    usage = reply.usage if reply else Usage()
    return (
        reply.timing.time_to_first_token if reply else None,
        reply.timing.duration if reply else None,
        reply.tokens_per_second if reply else None,
        usage.prompt_tokens,
        usage.completion_tokens,
        usage.cost,
    )
