"""The one gate that every span passes on its way out.

Spans of our own say only what ``names`` lists. Those of instrumentation libraries also hold addresses with
their queries, user agents, and the messages and stack traces of exceptions, which may repeat what somebody
wrote or a header with a key; so of these only what is listed here goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from opentelemetry import context as otel_context
from opentelemetry.sdk.trace import Event, ReadableSpan, Span, SpanProcessor
from opentelemetry.trace import SpanKind, Status
from opentelemetry.util.types import AttributeValue

from madlen.tracing import names

SCOPE = "madlen"
"""The name under which spans of our own are made."""
SESSION_KEY = otel_context.create_key("madlen-session")

_KEPT = frozenset(
    {"http.method", "http.status_code", "http.route", "http.scheme", "http.flavor"}
    | {"http.request.method", "http.response.status_code", "network.protocol.version", "url.scheme"}
    | {names.SERVER_ADDRESS, names.SERVER_PORT, names.ERROR_TYPE, names.SESSION}
)
_ADDRESSES = frozenset({"http.url", "url.full"})


class Gate(SpanProcessor):
    """Hands each span on to ``processors`` without what must not leave, and notes the session in it."""

    def __init__(self, processors: Sequence[SpanProcessor]) -> None:
        self._processors = tuple(processors)

    def on_start(self, span: Span, parent_context: otel_context.Context | None = None) -> None:
        session_id = otel_context.get_value(SESSION_KEY, parent_context)
        if isinstance(session_id, str):
            span.set_attribute(names.SESSION, session_id)
        for processor in self._processors:
            processor.on_start(span, parent_context)

    def on_end(self, span: ReadableSpan) -> None:
        scope = span.instrumentation_scope
        ours = scope is not None and scope.name == SCOPE
        if not ours and span.kind is SpanKind.CLIENT and span.parent is None:
            # What is fetched in the background every minute is nobody's prompt, and would bury those.
            return
        passed = span if ours else without_details(span)
        for processor in self._processors:
            processor.on_end(passed)

    def shutdown(self) -> None:
        for processor in self._processors:
            processor.shutdown()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        return all(processor.force_flush(timeout_millis) for processor in self._processors)


def without_details(span: ReadableSpan) -> ReadableSpan:
    """The span of a library with what is known to be harmless."""
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=_attributes(span),
        events=[_event(event) for event in span.events],
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _attributes(span: ReadableSpan) -> dict[str, AttributeValue]:
    found = span.attributes or {}
    kept = {name: value for name, value in found.items() if name in _KEPT}
    # The path of a request to us may hold a name that somebody gave; its route says enough.
    if span.kind is SpanKind.CLIENT:
        kept |= {name: _without_query(str(found[name])) for name in _ADDRESSES & found.keys()}
    return kept


def _without_query(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _event(event: Event) -> Event:
    kind = (event.attributes or {}).get(names.EXCEPTION_TYPE)
    return Event(event.name, {names.EXCEPTION_TYPE: kind} if kind else None, event.timestamp)
