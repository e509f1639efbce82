"""A finished span as it is kept and shown: a frozen value, made from the SDK's and written as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import INVALID_SPAN_CONTEXT, StatusCode, format_span_id, format_trace_id

from madlen.tracing import names

SECOND = 1_000_000_000
"""In nanoseconds, in which spans tell the time."""
_LONGEST = 16_384
_MOST = 2**63
_CUT = "…"

Value = str | bool | int | float | Sequence[str | bool | int | float]
Attributes = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened at a point of a span: an event of OpenTelemetry."""

    name: str
    at: int
    """Nanoseconds since 1970."""
    attributes: Attributes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Link:
    """To a span of this or another trace."""

    trace_id: str
    span_id: str
    attributes: Attributes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Span:
    """Times are nanoseconds since 1970, ids hexadecimal digits."""

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    kind: str
    begun: int
    ended: int
    failed: bool = False
    said: str = ""
    """What its status says beside that it failed."""
    attributes: Attributes = field(default_factory=dict)
    moments: tuple[Moment, ...] = ()
    links: tuple[Link, ...] = ()
    resource: Attributes = field(default_factory=dict)
    scope: tuple[str, str] = ("", "")
    """Name and version of what made the span."""

    @property
    def seconds(self) -> float:
        return (self.ended - self.begun) / SECOND

    @property
    def is_answer(self) -> bool:
        """Whether it is around one whole answer of a model."""
        return self.attributes.get(names.OPERATION) == names.CHAT and self.kind == "CLIENT"

    @property
    def model_id(self) -> str:
        return self.text(names.REQUEST_MODEL) if self.is_answer else ""

    @property
    def session_id(self) -> str:
        return self.text(names.SESSION) or self.text(names.CONVERSATION)

    @property
    def error(self) -> str:
        """What went wrong, in a word; empty where nothing did."""
        return (self.text(names.ERROR_TYPE) or "error") if self.failed else ""

    @property
    def cost(self) -> float | None:
        """US dollars."""
        value = self.attributes.get(names.COST)
        return float(value) if isinstance(value, int | float) else None

    def text(self, name: str) -> str:
        """An attribute that is text; empty where it is not there, or something else."""
        value = self.attributes.get(name)
        return value if isinstance(value, str) else ""

    def count(self, name: str) -> int | None:
        """An attribute that is a number of things; ``None`` where it is not there, or something else."""
        value = self.attributes.get(name)
        known = isinstance(value, int) and not isinstance(value, bool) and abs(value) < _MOST
        return int(value) if known and isinstance(value, int) else None

    def first(self, name: str) -> int | None:
        """When a moment of that name first came."""
        return min((moment.at for moment in self.moments if moment.name == name), default=None)


def finished(span: ReadableSpan) -> Span:
    """A span of the SDK that has ended. Texts that could not be written are mended, long ones are cut."""
    context = span.get_span_context() or INVALID_SPAN_CONTEXT
    scope = span.instrumentation_scope
    begun = span.start_time or 0
    return Span(
        trace_id=format_trace_id(context.trace_id),
        span_id=format_span_id(context.span_id),
        parent_id=format_span_id(span.parent.span_id) if span.parent else "",
        name=_text(span.name),
        kind=span.kind.name,
        begun=begun,
        ended=max(begun, span.end_time or 0),
        failed=span.status.status_code is StatusCode.ERROR,
        said=_text(span.status.description or ""),
        attributes=_attributes(span.attributes),
        moments=tuple(
            Moment(_text(event.name), event.timestamp, _attributes(event.attributes)) for event in span.events
        ),
        links=tuple(
            Link(
                format_trace_id(link.context.trace_id),
                format_span_id(link.context.span_id),
                _attributes(link.attributes),
            )
            for link in span.links
        ),
        resource=_attributes(span.resource.attributes),
        scope=(_text(scope.name), _text(scope.version or "")) if scope else ("", ""),
    )


def written(span: Span) -> str:
    """What of a span has no column of its own, as JSON."""
    return json.dumps(
        {
            "said": span.said,
            "attributes": dict(span.attributes),
            "moments": [asdict(moment) for moment in span.moments],
            "links": [asdict(link) for link in span.links],
            "resource": dict(span.resource),
            "scope": span.scope,
        },
        separators=(",", ":"),
    )


def read(row: Mapping[str, Any]) -> Span:
    """The span of a row, with what ``written`` made of the rest."""
    rest = json.loads(row["rest"])
    return Span(
        trace_id=row["trace_id"],
        span_id=row["span_id"],
        parent_id=row["parent_id"],
        name=row["name"],
        kind=row["kind"],
        begun=row["begun"],
        ended=row["ended"],
        failed=bool(row["error"]),
        said=rest["said"],
        attributes=rest["attributes"],
        moments=tuple(Moment(**moment) for moment in rest["moments"]),
        links=tuple(Link(**link) for link in rest["links"]),
        resource=rest["resource"],
        scope=(rest["scope"][0], rest["scope"][1]),
    )


def _attributes(found: Mapping[str, Any] | None) -> dict[str, Value]:
    return {_text(name): _value(value) for name, value in (found or {}).items()}


def _value(value: Any) -> Value:
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [one if isinstance(one, bool | int | float) else _text(str(one)) for one in value]
    return _text(str(value))


def _text(text: str) -> str:
    """Half of a surrogate pair, which a model or a caller may send, cannot be written."""
    cut = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + _CUT
    return cut.encode("utf-8", "replace").decode("utf-8")
