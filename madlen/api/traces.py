"""``/traces``: where the time of prompts went, from the newest spans that are kept here."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from madlen import disliked
from madlen.api.dependencies import Running
from madlen.api.requests import Words
from madlen.traces import Heading, Span, Wanted, otlp, slowness, waterfall
from madlen.traces.reading import moment
from madlen.traces.slowness import Slowness
from madlen.traces.waterfall import Row

router = APIRouter(tags=["traces"])

Json = dict[str, Any]


@router.get("/traces", summary="The newest traces")
def traces(
    services: Running,
    *,
    model: Annotated[Words, Query(description="Only those in which this model was asked")] = "",
    session_id: Words = "",
    failed: Annotated[bool, Query(description="Only those in which something failed")] = False,
    slower_than: Annotated[float, Query(ge=0, le=1e9, description="Seconds of the whole trace")] = 0.0,
    dearer_than: Annotated[
        float | None, Query(ge=0, le=1e9, description="US dollars of the whole trace")
    ] = None,
    voted_down: Annotated[
        bool, Query(description="Only those with an answer that lost, or has a thumb down")
    ] = False,
    since: datetime | None = None,
    until: datetime | None = None,
    everything: Annotated[bool, Query(description="Also those in which no model was asked")] = False,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0, le=2**62)] = 0,
) -> list[Json]:
    """Newest first. Times without an offset are in UTC."""
    wanted = Wanted(
        model_id=model,
        session_id=session_id,
        failed=failed,
        slower_than=slower_than,
        dearer_than=dearer_than,
        since=_aware(since),
        until=_aware(until),
        answers=disliked.spans(services.store) if voted_down else None,
        everything=everything,
    )
    return [_heading(one) for one in services.traces.listed(wanted, limit=limit, offset=offset)]


@router.get("/traces/{trace_id}", summary="A trace with its spans")
def one(
    services: Running,
    trace_id: str,
    form: Annotated[
        Literal["json", "otlp"],
        Query(alias="format", description="`otlp` for OTLP's JSON, which collectors and viewers read"),
    ] = "json",
) -> Json:
    """`spans` goes as one reads a waterfall: `depth` deep, and `at` so many seconds after the beginning.

    `answers` says for each answer of a model what its time went to; `dominant` is what took longest.
    """
    found = services.traces.trace(trace_id)
    if form == "otlp":
        return otlp.document(found)
    rows = waterfall.rows(found)
    return {
        "trace_id": trace_id,
        "started_at": moment(min(span.begun for span in found)).isoformat(),
        "duration": round(waterfall.seconds(found), 6),
        "session_id": next((span.session_id for span in found if span.session_id), None),
        "spans": [_span(row) for row in rows],
        "answers": [_answer(answer) for answer in slowness.of(found)],
    }


def _aware(value: datetime | None) -> datetime | None:
    return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


def _heading(value: Heading) -> Json:
    return {
        "trace_id": value.trace_id,
        "name": value.name,
        "started_at": value.begun.isoformat(),
        "duration": round(value.seconds, 6),
        "spans": value.spans,
        "session_id": value.session_id or None,
        "models": list(value.models),
        "errors": value.errors,
        "error": value.error or None,
        "prompt_tokens": value.tokens_in,
        "completion_tokens": value.tokens_out,
        "cost": value.cost,
    }


def _span(row: Row) -> Json:
    span = row.span
    return {
        "span_id": span.span_id,
        "parent_span_id": span.parent_id or None,
        "name": span.name,
        "kind": span.kind.lower(),
        "depth": row.depth,
        "at": round(row.begun, 6),
        "duration": round(row.seconds, 6),
        "error": span.error or None,
        "attributes": _finite(span),
        "events": [
            {
                "name": event.name,
                "at": round(row.begun + (event.at - span.begun) / 1e9, 6),
                "attributes": {name: str(value) for name, value in event.attributes.items()},
            }
            for event in span.moments
        ],
    }


def _finite(span: Span) -> Json:
    """JSON has no word for a number that is none, or without end."""
    return {
        name: value if not isinstance(value, float) or abs(value) < float("inf") else str(value)
        for name, value in span.attributes.items()
    }


def _answer(value: Slowness) -> Json:
    dominant = value.dominant
    return {
        "span_id": value.answer.span_id,
        "model": value.answer.model_id,
        "duration": round(value.seconds, 6),
        "parts": {part.name: round(part.seconds, 6) for part in value.parts},
        "dominant": dominant.name if dominant else None,
        "retries": value.retries,
    }
