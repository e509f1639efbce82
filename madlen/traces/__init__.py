"""Where the time went, seen without any other server: the newest spans, kept in a local file."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path

from madlen.errors import NotFound
from madlen.traces import reading
from madlen.traces.reading import EVERY as EVERY
from madlen.traces.reading import Answer as Answer
from madlen.traces.reading import Heading as Heading
from madlen.traces.reading import Wanted as Wanted
from madlen.traces.recorder import Recorder
from madlen.traces.ring import Ring
from madlen.traces.spans import Span as Span

FLUSH_SECONDS = 0.5
"""So long whoever reads waits for what has just ended."""
_OFF = "No traces are kept here: TRACES_KEPT is 0 or ENABLE_TRACING is off."


def beside(database_url: str, otherwise: Path) -> str:
    """The file for the traces of a Madlen with that database: beside it, or in another folder.

    There its name tells those of several databases apart.
    """
    scheme, _, path = database_url.partition(":///")
    if scheme == "sqlite":
        return str(Path(path).with_name(f"{Path(path).stem}-traces.db"))
    return str(otherwise / f"traces-{hashlib.sha256(database_url.encode()).hexdigest()[:8]}.db")


class Traces:
    """The traces of this Madlen, and of all others that share its file. Safe to call from any thread.

    ``kept`` is how many spans are; with 0 there are none, no file and no thread. What reads raises
    ``StoreUnavailable`` when the file cannot be read.
    """

    def __init__(self, path: str, *, kept: int) -> None:
        self._ring = Ring(path, kept) if kept else None
        self.recorder = Recorder(self._ring) if self._ring else None
        """Takes the spans; ``None`` where none are kept."""

    @property
    def are_kept(self) -> bool:
        return self.recorder is not None

    @property
    def dropped(self) -> int:
        """Spans that this process made and could not keep."""
        return self.recorder.dropped if self.recorder else 0

    @property
    def trouble(self) -> str:
        """Why nothing can be kept at the moment, as a sentence; empty where all is well."""
        return self.recorder.trouble if self.recorder else ""

    def flush(self) -> None:
        """Waits, for half a second at most, until what this process has just finished is kept."""
        if self.recorder is not None:
            self.recorder.flush(FLUSH_SECONDS)

    def listed(self, wanted: Wanted = EVERY, *, limit: int = 100, offset: int = 0) -> list[Heading]:
        """Newest first."""
        return reading.traces(ring, wanted, limit=limit, offset=offset) if (ring := self._read()) else []

    def trace(self, trace_id: str) -> list[Span]:
        """The spans of a trace in the order in which they began. Raises ``NotFound``."""
        ring = self._read()
        if ring is None:
            raise NotFound(_OFF)
        return reading.trace(ring, trace_id)

    def answers(self, wanted: Wanted = EVERY) -> list[Answer]:
        """The answers of models in the wanted traces, oldest first."""
        return reading.answers(ring, wanted) if (ring := self._read()) else []

    def models(self) -> list[str]:
        """Ids of the models that were asked."""
        return reading.models(ring) if (ring := self._read()) else []

    def known(self, trace_ids: Collection[str]) -> frozenset[str]:
        """Those of the traces that are still here."""
        return reading.known(ring, trace_ids) if (ring := self._read()) else frozenset()

    def close(self) -> None:
        """Keeps what has ended, for about a second at most."""
        if self.recorder is not None:
            self.recorder.close()

    def _read(self) -> Ring | None:
        self.flush()
        return self._ring
