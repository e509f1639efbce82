"""What came of a fault: counts, how long recovery took, and which promises did not hold."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.postgres import Postgres


@dataclass(frozen=True)
class Elsewhere:
    """An empty database that is no file, and the server that it is on."""

    server: Postgres
    url: str


@dataclass(frozen=True)
class Lab:
    """What a fault gets: an empty folder, a seeded source of chance, and how often to strike."""

    folder: Path
    random: random.Random
    runs: int
    elsewhere: Elsewhere | None = None
    """The database to use instead of a file in the folder."""

    @property
    def url(self) -> str:
        return self.elsewhere.url if self.elsewhere else f"sqlite:///{self.folder / 'chat.db'}"


@dataclass
class Outcome:
    """``lost`` was acknowledged and is gone, ``torn`` is there in part, ``corrupt`` is a file found unsound.

    ``missed`` holds a sentence for each promise that did not hold otherwise.
    """

    runs: int = 0
    acknowledged: int = 0
    lost: int = 0
    torn: int = 0
    corrupt: int = 0
    recoveries: list[float] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)
    missed: list[str] = field(default_factory=list)

    @property
    def held(self) -> bool:
        return not (self.lost or self.torn or self.corrupt or self.missed)

    def expect(self, holds: bool, sentence: str) -> None:
        """Notes a promise that does not hold."""
        if not holds:
            self.missed.append(sentence)

    def found(self, findings: Sequence[str]) -> None:
        """Counts a file with findings as corrupt."""
        if findings:
            self.corrupt += 1
            self.missed.append(findings[0])

    def row(self, name: str) -> dict[str, Any]:
        return {
            "fault": name,
            "runs": self.runs,
            "acknowledged": self.acknowledged,
            "lost": self.lost,
            "torn": self.torn,
            "corrupt": self.corrupt,
            "recovery_seconds": {"p50": share(self.recoveries, 0.5), "p95": share(self.recoveries, 0.95)},
            "missed": self.missed,
            "notes": self.notes,
        }


def share(values: Sequence[float], part: float) -> float | None:
    """The value below which this part of all lie, or ``None`` of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(part * len(ordered)))], 4)
