"""How the replies of a turn raced: when each began, wrote and ended on one axis, and who was best at what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from madlen.types import Reply, Status

Figure = Literal["first chunk", "first text", "total", "speed", "cost"]
Phase = Literal["waiting", "thinking", "writing"]


@dataclass(frozen=True, slots=True)
class Row:
    """One lane's reply, in seconds since the first lane was asked. ``None`` did not happen, or not yet."""

    lane: str
    reply_id: str
    model_id: str
    status: Status
    queued: float
    """When it was asked."""
    first_chunk: float | None
    first_text: float | None
    done: float | None
    """When it ended, in whatever way."""
    again: bool = False
    """Whether the lane was asked again, later and alone; its race starts at zero."""

    @property
    def phases(self) -> tuple[tuple[Phase, float, float], ...]:
        """What it did from when to when. One that never said a word only waited, or thought."""
        found: list[tuple[Phase, float, float]] = []
        phase: Phase = "waiting"
        begun = self.queued
        moments: tuple[tuple[Phase, float | None], ...] = (
            ("thinking", self.first_chunk),
            ("writing", self.first_text),
            ("writing", self.done),
        )
        for then, moment in moments:
            if moment is None:
                continue
            if moment > begun:
                found.append((phase, begun, moment))
                begun = moment
            phase = then
        return tuple(found)


def rows(replies: Sequence[Reply]) -> tuple[Row, ...]:
    """The race of a turn's replies, oldest first: the latest reply of each lane, lanes in their order."""
    latest = {reply.lane: reply for reply in replies}
    firsts = {reply.lane: reply for reply in reversed(replies)}
    start = min((reply.created_at for reply in firsts.values()), default=None)
    found = []
    for lane, reply in latest.items():
        again = reply is not firsts[lane]
        queued = 0.0 if again or start is None else (reply.created_at - start).total_seconds()
        timing = reply.timing
        found.append(
            Row(
                lane=lane,
                reply_id=reply.id,
                model_id=reply.model_id,
                status=reply.status,
                queued=queued,
                first_chunk=_after(queued, timing.time_to_first_chunk),
                first_text=_after(queued, timing.time_to_first_token),
                done=None if reply.status is Status.STREAMING else _after(queued, timing.duration),
                again=again,
            )
        )
    return tuple(found)


def best(replies: Iterable[Reply]) -> dict[Figure, frozenset[str]]:
    """The ids of the replies that are best at each figure, all of them where several are equal.

    Only whole answers race, and only where two of them have the figure. Equal is what reads the same:
    times to a hundredth of a second, speeds to a token per second.
    """
    whole = [reply for reply in replies if reply.status is Status.COMPLETE]
    found: dict[Figure, frozenset[str]] = {}
    for figure, measured in _FIGURES.items():
        known = {reply.id: value for reply in whole if (value := measured(reply)) is not None}
        if len(known) > 1:
            least = min(known.values())
            found[figure] = frozenset(reply_id for reply_id, value in known.items() if value == least)
    return found


def _after(queued: float, seconds: float | None) -> float | None:
    return None if seconds is None else queued + seconds


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _cost(reply: Reply) -> float | None:
    return None if reply.usage.cost is None else float(reply.usage.cost)


def _slowness(reply: Reply) -> float | None:
    speed = reply.tokens_per_second
    return None if speed is None else -round(speed)


_FIGURES: dict[Figure, Callable[[Reply], float | None]] = {
    "first chunk": lambda reply: _rounded(reply.timing.time_to_first_chunk, 2),
    "first text": lambda reply: _rounded(reply.timing.time_to_first_token, 2),
    "total": lambda reply: _rounded(reply.timing.duration, 2),
    "speed": _slowness,
    "cost": _cost,
}
"""What less of is better."""
