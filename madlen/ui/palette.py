"""The colours of charts, which can be told from each other, and from a light and a dark page."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

QUIET = "#868d88"
"""For what is no model's: intervals, and what has been waited for."""
MODELS = ("#30a0a8", "#c08800", "#3860f8", "#e00818", "#a878e8", "#c808b8", "#188038", "#886880")
"""Each has a contrast of 3 to either page, and stands apart from the others for any eyes."""

FREE, PAID = MODELS[0], MODELS[1]
"""For charts of kinds of models, which differ in shape too."""


def of_models(model_ids: Iterable[str]) -> dict[str, str]:
    """The colour of each model in a chart, whatever their order.

    A model has the same one in every chart, unless one there that goes before it has taken that; only
    past eight models do two of them share one.
    """
    found: dict[str, str] = {}
    free: list[str] = []
    for model_id in sorted(set(model_ids), key=_place):
        free = free or list(MODELS)
        wanted = MODELS[_place(model_id) % len(MODELS)]
        found[model_id] = wanted if wanted in free else free[_place(model_id) // len(MODELS) % len(free)]
        free.remove(found[model_id])
    return found


def _place(model_id: str) -> int:
    return int.from_bytes(hashlib.sha256(model_id.encode()).digest()[:8], "big")
