"""Answers over time, by model: how long they took and how many failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import quantiles

from madlen.traces.reading import Answer

_STEPS = (60, 300, 900, 3600, 4 * 3600, 86_400, 7 * 86_400)
"""Seconds that a point may stand for."""
MOST_POINTS = 24
"""About so many of a model stand beside one another."""


@dataclass(frozen=True, slots=True)
class Point:
    """The answers of one model that began in ``seconds`` from ``begun`` on."""

    model_id: str
    begun: datetime
    seconds: int
    answers: int
    failures: int
    p50: float | None
    """Seconds, of the answers that did not fail; ``None`` where all did."""
    p95: float | None

    @property
    def error_rate(self) -> float:
        return self.failures / self.answers


def points(answers: Sequence[Answer]) -> list[Point]:
    """By time and then by model; each stands for as long as leaves about ``MOST_POINTS`` of them."""
    if not answers:
        return []
    times = [answer.begun.timestamp() for answer in answers]
    length = max(times) - min(times)
    step = next((step for step in _STEPS if length / step <= MOST_POINTS), _STEPS[-1])
    groups: dict[tuple[int, str], list[Answer]] = {}
    for answer, at in zip(answers, times, strict=True):
        groups.setdefault((int(at // step) * step, answer.model_id), []).append(answer)
    return [_point(model_id, at, step, group) for (at, model_id), group in sorted(groups.items())]


def _point(model_id: str, at: int, step: int, group: Sequence[Answer]) -> Point:
    good = [answer.seconds for answer in group if not answer.failed]
    # The 19 cuts between twenty equal parts: the tenth is the middle, the last the 95th percentile.
    cuts = quantiles(good, n=20, method="inclusive") if len(good) > 1 else good * 19
    return Point(
        model_id=model_id,
        begun=datetime.fromtimestamp(at, UTC),
        seconds=step,
        answers=len(group),
        failures=len(group) - len(good),
        p50=cuts[9] if cuts else None,
        p95=cuts[18] if cuts else None,
    )
