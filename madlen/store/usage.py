"""Who remembers what answers took: the ``UsageStore`` protocol, a part of ``Store``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Protocol

from madlen.types import Reply
from madlen.usage import By, Slot, Taken


class UsageStore(Protocol):
    """Figures of every answer that was made here, also when its chat has been deleted since.

    They come about by themselves when a kept reply ends. Every method raises ``StoreUnavailable`` when
    the database cannot be reached, read or written.
    """

    def note_usage(self, reply: Reply) -> None:
        """Keeps the figures of an answer that is not kept itself; a second time puts them right."""

    def usage(self, by: By, since: datetime | None = None, *, limit: int = 1000) -> list[Taken]:
        """By model or session the dearest first, then those with most tokens; by day the newest first."""

    def usage_over_time(self, step: Literal["hour", "day"], since: datetime | None = None) -> Sequence[Slot]:
        """By hour or day and model, in that order; hours and days without answers are left out."""
