"""Sets of lanes that are kept by name, to be asked again some other day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from madlen import names
from madlen.types import Lane


@dataclass(frozen=True, slots=True)
class LaneSet:
    """Lanes under a name of which there is one."""

    name: str
    lanes: tuple[Lane, ...]
    updated_at: datetime


def made(name: str, lanes: Sequence[Lane], now: datetime) -> LaneSet:
    """A set as it is kept. Raises ``Unacceptable`` for a name that is none, or too long."""
    return LaneSet(names.checked(name, "set of lanes"), tuple(lanes), now)
