"""A trace in OTLP's JSON, as collectors and other viewers read it.

The mapping is protobuf's for JSON, but ids are hexadecimal
(https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from madlen.traces.spans import Attributes, Link, Moment, Span, Value

Json = dict[str, Any]

_KINDS = {"INTERNAL": 1, "SERVER": 2, "CLIENT": 3, "PRODUCER": 4, "CONSUMER": 5}
_ERROR = 2


def document(trace: Sequence[Span]) -> Json:
    """The spans by what made them, as a ``TracesData`` message."""
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": _attributes(spans[0].resource)},
                "scopeSpans": [_scope(list(group)) for _, group in groupby(spans, key=lambda one: one.scope)],
            }
            for _, same in groupby(sorted(trace, key=_source), key=_resource)
            if (spans := list(same))
        ]
    }


def _resource(span: Span) -> str:
    return json.dumps(dict(span.resource), sort_keys=True)


def _source(span: Span) -> tuple[str, tuple[str, str], int]:
    return _resource(span), span.scope, span.begun


def _scope(spans: Sequence[Span]) -> Json:
    name, version = spans[0].scope
    return {"scope": {"name": name, "version": version}, "spans": [_span(span) for span in spans]}


def _span(span: Span) -> Json:
    status: Json = {"code": _ERROR} if span.failed else {}
    return {
        "traceId": span.trace_id,
        "spanId": span.span_id,
        **({"parentSpanId": span.parent_id} if span.parent_id else {}),
        "name": span.name,
        "kind": _KINDS[span.kind],
        "startTimeUnixNano": str(span.begun),
        "endTimeUnixNano": str(span.ended),
        "attributes": _attributes(span.attributes),
        "events": [_event(moment) for moment in span.moments],
        "links": [_link(link) for link in span.links],
        "status": {**status, "message": span.said} if span.said else status,
    }


def _event(moment: Moment) -> Json:
    return {
        "timeUnixNano": str(moment.at),
        "name": moment.name,
        "attributes": _attributes(moment.attributes),
    }


def _link(link: Link) -> Json:
    return {
        "traceId": link.trace_id,
        "spanId": link.span_id,
        "attributes": _attributes(link.attributes),
    }


def _attributes(attributes: Attributes) -> list[Json]:
    return [{"key": name, "value": _value(value)} for name, value in attributes.items()]


def _value(value: Value) -> Json:
    match value:
        case bool():
            return {"boolValue": value}
        case int() if -(2**63) <= value < 2**63:
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value if math.isfinite(value) else _not_finite(value)}
        case int() | str():
            return {"stringValue": str(value)}
        case _:
            return {"arrayValue": {"values": [_value(one) for one in value]}}


def _not_finite(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def text(trace: Sequence[Span]) -> str:
    """The document as a file."""
    found: Mapping[str, Any] = document(trace)
    return json.dumps(found, ensure_ascii=False, indent=1)
