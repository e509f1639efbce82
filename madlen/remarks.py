"""What readers make of answers: a thumb up or down, and with which one the conversation goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Rating = Literal["up", "down"]


@dataclass(frozen=True, slots=True)
class Remarks:
    """What was made of the answers of one session. What it names may have been deleted meanwhile."""

    chosen: Mapping[str, str] = field(default_factory=dict)
    """By the id of a turn, the id of the reply that the conversation goes on with; most have none."""
    ratings: Mapping[str, Rating] = field(default_factory=dict)
    """By the id of a reply."""


@dataclass(frozen=True, slots=True)
class Thumbs:
    """How many answers of a model were rated, each way."""

    up: int = 0
    down: int = 0
