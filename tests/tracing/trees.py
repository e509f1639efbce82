"""A trace as a table: its spans with their parents, each as a line that a test can hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind, StatusCode


@dataclass(frozen=True)
class Row:
    """One span. ``attributes`` are all it has but those whose value changes from run to run."""

    name: str
    parent: str | None
    kind: SpanKind
    attributes: dict[str, Any]
    events: tuple[str, ...] = ()
    status: StatusCode = StatusCode.UNSET


CHANGING = {
    "session.id",
    "gen_ai.conversation.id",
    "madlen.reply.id",
    "gen_ai.response.time_to_first_chunk",
    "gen_ai.response.id",
    "http.url",
    "server.port",
}
"""Attributes that only have to be there; in a row their value is ``...``."""


def rows(spans: Sequence[ReadableSpan]) -> list[Row]:
    """Sorted by name, parents before their children where names are alike."""
    names = {_id(span): span.name for span in spans}
    return sorted((_row(span, names) for span in spans), key=lambda row: (row.name, row.parent or ""))


def traces(spans: Sequence[ReadableSpan]) -> set[str]:
    return {f"{span.context.trace_id:032x}" for span in spans if span.context}


def _row(span: ReadableSpan, names: Mapping[int, str]) -> Row:
    found = dict(span.attributes or {})
    return Row(
        name=span.name,
        parent=names.get(span.parent.span_id, "elsewhere") if span.parent else None,
        kind=span.kind,
        attributes={name: ... if name in CHANGING else value for name, value in found.items()},
        events=tuple(event.name for event in span.events),
        status=span.status.status_code,
    )


def _id(span: ReadableSpan) -> int:
    context = span.get_span_context()
    assert context is not None
    return context.span_id
