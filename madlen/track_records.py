"""What one's own use says of models: how fast they were, how often they failed, how votes went."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

NEWEST = 200
"""So many of a model's newest answers say how fast it is and how often it fails."""
_SHORTEST_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """How a model did here. Times, speed and failures are those of its newest answers."""

    model_id: str
    answers: int = 0
    failures: int = 0
    first_token: float | None = None
    """Median seconds to the first visible text, or to the first chunk where no text was visible."""
    tokens_per_second: float | None = None
    """The median."""
    won: int = 0
    lost: int = 0
    """Votes between its answers and those of other models; ties are neither."""


def collected(
    answered: Iterable[Mapping[str, Any]], fought: Iterable[Mapping[str, Any]]
) -> dict[str, TrackRecord]:
    """Track records by model, from a row for each model with answers and one for each with votes.

    ``measured`` in a row is a JSON list with first token, first chunk, duration and tokens out of each
    answer, null where that is not known.
    """
    records = {row["model_id"]: _measured(row) for row in answered}
    for row in fought:
        known = records.get(row["model_id"]) or TrackRecord(row["model_id"])
        records[row["model_id"]] = replace(known, won=row["won"], lost=row["lost"])
    return records


def speed(first_chunk: float | None, duration: float | None, tokens: int | None) -> float | None:
    """Tokens per second as ``Reply.tokens_per_second`` has it."""
    if not tokens or duration is None or first_chunk is None:
        return None
    seconds = duration - first_chunk
    return tokens / seconds if seconds >= _SHORTEST_SECONDS else None


def _measured(row: Mapping[str, Any]) -> TrackRecord:
    measured = json.loads(row["measured"])
    firsts = [chunk if first is None else first for first, chunk, _, _ in measured]
    speeds = [speed(chunk, duration, tokens) for _, chunk, duration, tokens in measured]
    return TrackRecord(
        row["model_id"],
        answers=row["answers"],
        failures=row["failures"],
        first_token=_median(firsts),
        tokens_per_second=_median(speeds),
    )


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None
