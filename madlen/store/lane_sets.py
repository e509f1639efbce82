"""What the ``Store`` contract has for setting up a comparison."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import median_low
from typing import Protocol

from madlen.errors import NotFound
from madlen.lane_sets import LaneSet

RECENT_ANSWERS = 50
"""So many of the newest answers of a model say how long its answers are."""


class LaneSets(Protocol):
    """Sets of lanes by their names, and how long the answers of models were."""

    def lane_sets(self) -> list[LaneSet]:
        """All of them by their names."""

    def lane_set(self, name: str) -> LaneSet:
        """Raises ``NotFound``."""

    def keep_lane_set(self, wanted: LaneSet) -> None:
        """Keeps a set, in place of one of the same name."""

    def delete_lane_set(self, name: str) -> None:
        """Raises ``NotFound``."""

    def median_answers(self, model_ids: Iterable[str]) -> dict[str, int]:
        """The median completion tokens of each model's newest answers; models without any are left out."""


def medians(counts: Mapping[str, Iterable[int]]) -> dict[str, int]:
    """The median of each that has any."""
    return {model_id: median_low(found) for model_id, some in counts.items() if (found := list(some))}


def no_lane_set() -> NotFound:
    return NotFound("There is no such set of lanes; it may have been deleted.")
