"""Sets of lanes that are kept by name, to be asked again some other day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from madlen.errors import Unacceptable
from madlen.types import Lane

NAME_CHARACTERS = 100


@dataclass(frozen=True, slots=True)
class LaneSet:
    """Lanes under a name of which there is one."""

    name: str
    lanes: tuple[Lane, ...]
    updated_at: datetime


def made(name: str, lanes: Sequence[Lane], now: datetime) -> LaneSet:
    """A set as it is kept. Raises ``Unacceptable`` for a name that is none, or too long."""
    name = " ".join(name.split())
    if not name:
        raise Unacceptable("A set of lanes needs a name.")
    if "/" in name:
        raise Unacceptable("The name of a set of lanes has no slash in it, for it stands in an address.")
    if len(name) > NAME_CHARACTERS:
        raise Unacceptable(f"The name of a set of lanes has at most {NAME_CHARACTERS} characters.")
    return LaneSet(name, tuple(lanes), now)
