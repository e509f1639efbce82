"""Rows of remarks and forks to values, the same for every back end."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from madlen.origins import Fork
from madlen.remarks import Rating, Remarks, Thumbs
from madlen.store import rows
from madlen.store.rows import Row

_RATINGS: dict[int, Rating] = {1: "up", -1: "down"}


def remarks(found: Sequence[Row]) -> Remarks:
    return Remarks(
        {row["id"]: row["chosen"] for row in found if row["chosen"] is not None},
        {row["id"]: _RATINGS[row["rating"]] for row in found if row["rating"] is not None},
    )


def rating_column(value: Rating | None) -> int | None:
    return None if value is None else 1 if value == "up" else -1


def thumbs(found: Sequence[Row]) -> Mapping[str, Thumbs]:
    return {row["model_id"]: Thumbs(row["up"], row["down"]) for row in found}


def span_ids(found: Sequence[Row]) -> frozenset[str]:
    known = (json.loads(row["extra_metadata"] or "{}").get("span_id", "") for row in found)
    return frozenset(filter(None, known))


def forks(found: Sequence[Row]) -> list[Fork]:
    """From rows of sessions, each with its origin."""
    return [
        Fork(row["id"], row["title"], origin.turn_id)
        for row in found
        if (origin := rows.origin(row)) is not None
    ]
