"""What is asked of the ring: which traces there are, one of them whole, and the answers of models."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from madlen.errors import NotFound
from madlen.traces import spans
from madlen.traces.ring import Ring
from madlen.traces.spans import SECOND, Span

_ID = re.compile("[0-9a-f]{32}")
_HEADINGS = """
    SELECT trace_id, min(begun) AS begun, max(ended) AS ended, count(*) AS spans,
        max(session_id) AS session_id, max(error) AS error, sum(error != '') AS errors,
        sum(cost) AS cost, sum(tokens_in) AS tokens_in, sum(tokens_out) AS tokens_out,
        json_group_array(DISTINCT model_id) FILTER (WHERE model_id != '') AS models
    FROM spans GROUP BY trace_id
"""
_NAMED = """
    SELECT heading.*, (
        SELECT name FROM spans WHERE spans.trace_id = heading.trace_id ORDER BY spans.begun, seq LIMIT 1
    ) AS name
    FROM ({} ORDER BY begun DESC, max(seq) DESC LIMIT ? OFFSET ?) heading
"""
_ANSWERS = """
    SELECT trace_id, model_id, begun, ended, error, first_chunk FROM spans
    WHERE model_id != '' AND trace_id IN (SELECT trace_id FROM ({})) ORDER BY begun
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which traces are listed; those in which no model was asked only with ``everything``."""

    model_id: str = ""
    session_id: str = ""
    failed: bool = False
    slower_than: float = 0.0
    """Seconds, of the whole trace."""
    dearer_than: float | None = None
    """US dollars, of the whole trace."""
    since: datetime | None = None
    until: datetime | None = None
    answers: Collection[str] | None = None
    """Ids of the ``chat`` spans of which it must have one; ``None`` where that does not matter."""
    everything: bool = False


EVERY = Wanted()


@dataclass(frozen=True, slots=True)
class Heading:
    """A trace in a list. ``None`` is not known."""

    trace_id: str
    name: str
    """That of its first span."""
    begun: datetime
    seconds: float
    spans: int
    session_id: str
    models: tuple[str, ...]
    errors: int
    error: str
    """What went wrong in one of its spans, in a word."""
    tokens_in: int | None
    tokens_out: int | None
    cost: float | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a plot needs to know of one answer of a model."""

    trace_id: str
    model_id: str
    begun: datetime
    seconds: float
    failed: bool
    first_chunk: float | None
    """Seconds from its beginning."""


def traces(ring: Ring, wanted: Wanted = EVERY, *, limit: int = 100, offset: int = 0) -> list[Heading]:
    """Newest first. Raises ``StoreUnavailable``."""
    having, values = _having(wanted)
    found = ring.read(_NAMED.format(_HEADINGS + having), [*values, limit, offset])
    return [_heading(row) for row in found]


def trace(ring: Ring, trace_id: str) -> list[Span]:
    """The spans of a trace in the order in which they began.

    Raises ``NotFound`` where the ring has none of them, and ``StoreUnavailable``.
    """
    if not _ID.fullmatch(trace_id):
        raise NotFound("That is no id of a trace: one has 32 digits from 0 to f.")
    found = ring.read("SELECT * FROM spans WHERE trace_id = ? ORDER BY begun, seq", [trace_id])
    if not found:
        raise NotFound(
            "This trace is not here. Only the newest are kept, and only those of this machine; one that "
            "has just begun comes when its first step has ended."
        )
    return [spans.read(row) for row in found]


def answers(ring: Ring, wanted: Wanted = EVERY) -> list[Answer]:
    """The answers in the wanted traces, oldest first. Raises ``StoreUnavailable``."""
    having, values = _having(wanted)
    found = ring.read(_ANSWERS.format(_HEADINGS + having), values)
    return [
        Answer(
            trace_id=row["trace_id"],
            model_id=row["model_id"],
            begun=moment(row["begun"]),
            seconds=(row["ended"] - row["begun"]) / SECOND,
            failed=bool(row["error"]),
            first_chunk=None if row["first_chunk"] is None else (row["first_chunk"] - row["begun"]) / SECOND,
        )
        for row in found
        if not wanted.model_id or row["model_id"] == wanted.model_id
    ]


def models(ring: Ring) -> list[str]:
    """Ids of the models that were asked, in their order. Raises ``StoreUnavailable``."""
    found = ring.read("SELECT DISTINCT model_id FROM spans WHERE model_id != '' ORDER BY model_id")
    return [row["model_id"] for row in found]


def known(ring: Ring, trace_ids: Collection[str]) -> frozenset[str]:
    """Those of the traces of which there is any span. Raises ``StoreUnavailable``."""
    found = ring.read(
        "SELECT DISTINCT trace_id FROM spans WHERE trace_id IN (SELECT value FROM json_each(?))",
        [json.dumps(list(trace_ids))],
    )
    return frozenset(row["trace_id"] for row in found)


def moment(nanoseconds: int) -> datetime:
    return datetime.fromtimestamp(nanoseconds / SECOND, UTC)


def _having(wanted: Wanted) -> tuple[str, list[Any]]:
    """The conditions on a whole trace, and the values in them."""
    asked: list[tuple[str, Any]] = []
    if wanted.model_id:
        asked.append(("sum(model_id = ?) > 0", wanted.model_id))
    elif not wanted.everything:
        asked.append(("sum(model_id != ?) > 0", ""))
    if wanted.session_id:
        asked.append(("sum(session_id = ?) > 0", wanted.session_id))
    if wanted.failed:
        asked.append(("max(error) > ?", ""))
    if wanted.slower_than > 0:
        asked.append(("max(ended) - min(begun) > ?", wanted.slower_than * SECOND))
    if wanted.dearer_than is not None:
        asked.append(("sum(cost) > ?", wanted.dearer_than))
    if wanted.since is not None:
        asked.append(("min(begun) >= ?", wanted.since.timestamp() * SECOND))
    if wanted.until is not None:
        asked.append(("min(begun) < ?", wanted.until.timestamp() * SECOND))
    if wanted.answers is not None:
        chosen = json.dumps(list(wanted.answers))
        asked.append(("sum(span_id IN (SELECT value FROM json_each(?))) > 0", chosen))
    conditions = " AND ".join(condition for condition, _ in asked)
    return f" HAVING {conditions}" if asked else "", [value for _, value in asked]


def _heading(row: Mapping[str, Any]) -> Heading:
    return Heading(
        trace_id=row["trace_id"],
        name=row["name"],
        begun=moment(row["begun"]),
        seconds=(row["ended"] - row["begun"]) / SECOND,
        spans=row["spans"],
        session_id=row["session_id"],
        models=tuple(sorted(json.loads(row["models"]))),
        errors=row["errors"],
        error=row["error"],
        tokens_in=row["tokens_in"],
        tokens_out=row["tokens_out"],
        cost=row["cost"],
    )
