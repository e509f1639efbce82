"""Ways of asking that are kept by name: a model, what it is told first, and how it samples."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from madlen import names
from madlen.errors import Unacceptable
from madlen.types import CHAT_LANE, Lane


@dataclass(frozen=True, slots=True)
class Preset:
    """How a chat asks, under a name of which there is one."""

    name: str
    lane: Lane
    updated_at: datetime


def made(name: str, lane: Lane, now: datetime) -> Preset:
    """A preset as it is kept. Raises ``Unacceptable`` for a name that is none, and without a model."""
    if not lane.model_id.strip():
        raise Unacceptable("A preset needs a model.")
    return Preset(names.checked(name, "preset"), replace(lane, name=CHAT_LANE), now)
