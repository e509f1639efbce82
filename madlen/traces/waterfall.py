"""A trace as a waterfall: each span under the one that it is part of, when it began and what it took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from madlen.traces.spans import SECOND, Span
from madlen.tracing import names

MARKS: Mapping[str, str] = {
    names.FIRST_CHUNK: "first chunk",
    names.FIRST_VISIBLE_TEXT: "first visible text",
    names.RETRYING: "asked again",
    names.STOPPED: "stopped",
    names.CHECKPOINT_MISSED: "not stored in time",
    names.EXCEPTION: "defect",
}
"""Moments that are shown, and what they are called."""


@dataclass(frozen=True, slots=True)
class Row:
    """A span in its place. Times are seconds since the trace began."""

    span: Span
    depth: int
    begun: float
    seconds: float
    marks: tuple[tuple[str, float], ...] = ()
    """What moments of it are called, and when they came."""
    is_orphan: bool = False
    """Whether the span that it is part of is not here: still open, of another service, or gone."""


def rows(trace: Sequence[Span]) -> list[Row]:
    """The spans as one reads them, parents before their children, in the order in which they began."""
    here = {span.span_id for span in trace}
    start = min((span.begun for span in trace), default=0)
    children: dict[str, list[Span]] = {}
    for span in sorted(trace, key=lambda span: (span.begun, -span.ended)):
        # One that says it is part of itself would never be reached.
        parent = span.parent_id if span.parent_id in here and span.parent_id != span.span_id else ""
        children.setdefault(parent, []).append(span)
    found: list[Row] = []
    left = {span.span_id: span for span in trace}
    waiting = [(span, 0) for span in reversed(children.get("", ()))]
    while waiting or left:
        # What is left when nothing waits goes round in a circle, which only a foreign tracer can make.
        span, depth = waiting.pop() if waiting else (next(iter(left.values())), 0)
        if left.pop(span.span_id, None) is None:
            continue
        found.append(_row(span, depth, start, is_orphan=bool(span.parent_id) and span.parent_id not in here))
        waiting += [(child, depth + 1) for child in reversed(children.get(span.span_id, ()))]
    return found


def seconds(trace: Sequence[Span]) -> float:
    """From the beginning of the first span to the end of the last."""
    if not trace:
        return 0.0
    return (max(span.ended for span in trace) - min(span.begun for span in trace)) / SECOND


def _row(span: Span, depth: int, start: int, *, is_orphan: bool) -> Row:
    marks = tuple(
        (MARKS[moment.name], (moment.at - start) / SECOND) for moment in span.moments if moment.name in MARKS
    )
    return Row(span, depth, (span.begun - start) / SECOND, span.seconds, marks, is_orphan)
