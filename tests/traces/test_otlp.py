"""Traces in OTLP's JSON, read by opentelemetry-proto's own messages."""

from __future__ import annotations

import base64
import json
import math
from typing import Any

from google.protobuf import json_format  # type: ignore[import-untyped]
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status, TracesData

from madlen.traces import otlp, spans
from madlen.traces.spans import Link, Moment
from madlen.tracing import names
from tests.traces import making
from tests.traces.making import BEGUN, TRACE, answer, span


def parsed(text: str) -> TracesData:
    """What protobuf makes of it, for which ids are base64; OTLP has them hexadecimal."""

    def based(value: Any) -> Any:
        if isinstance(value, dict):
            ids = {"traceId", "spanId", "parentSpanId"}
            return {
                name: base64.b64encode(bytes.fromhex(part)).decode() if name in ids else based(part)
                for name, part in value.items()
            }
        return [based(one) for one in value] if isinstance(value, list) else value

    found = TracesData()
    json_format.ParseDict(based(json.loads(text)), found)
    return found


def test_a_trace_is_read_by_the_protocols_own_messages() -> None:
    link = Link("b" * 32, "c" * 16, {"why": "test"})
    said = Moment("madlen.first_chunk", BEGUN + 5, {"n": 1})
    trace = [
        span("1", 0, 2, name="ask", resource={"service.name": "madlen"}, scope=("madlen", "1.0")),
        answer(
            "2",
            0.5,
            2,
            "1",
            failed=True,
            said="It broke.",
            moments=(said,),
            links=(link,),
            resource={"service.name": "madlen"},
            scope=("madlen", "1.0"),
            attributes={names.ERROR_TYPE: "refused", "n": 7, "f": 1.0, "t": True, "l": ["a", "b"]},
        ),
    ]
    [resource] = parsed(otlp.text(trace)).resource_spans
    [scope] = resource.scope_spans
    assert resource.resource.attributes[0].value.string_value == "madlen"
    assert (scope.scope.name, scope.scope.version) == ("madlen", "1.0")
    ask, chat = scope.spans
    assert (ask.trace_id.hex(), ask.span_id.hex(), ask.parent_span_id) == (TRACE, trace[0].span_id, b"")
    assert chat.parent_span_id == ask.span_id
    assert (ask.kind, chat.kind) == (Span.SPAN_KIND_INTERNAL, Span.SPAN_KIND_CLIENT)
    assert (chat.start_time_unix_nano, chat.end_time_unix_nano) == (trace[1].begun, trace[1].ended)
    assert (ask.status.code, chat.status.code) == (Status.STATUS_CODE_UNSET, Status.STATUS_CODE_ERROR)
    assert chat.status.message == "It broke."
    found = {one.key: one.value for one in chat.attributes}
    assert (found["n"].int_value, found["f"].double_value, found["t"].bool_value) == (7, 1.0, True)
    assert [one.string_value for one in found["l"].array_value.values] == ["a", "b"]
    [event] = chat.events
    assert (event.name, event.time_unix_nano) == ("madlen.first_chunk", BEGUN + 5)
    assert chat.links[0].trace_id.hex() == "b" * 32


def test_numbers_that_protobuf_has_no_room_for_are_told_all_the_same() -> None:
    odd = {"big": 2**70, "nan": math.nan, "up": math.inf, "down": -math.inf}
    text = otlp.text([span("1", 0, 1, attributes=odd)])
    found = {one.key: one.value for one in parsed(text).resource_spans[0].scope_spans[0].spans[0].attributes}
    assert found["big"].string_value == str(2**70)
    assert math.isnan(found["nan"].double_value)
    assert (found["up"].double_value, found["down"].double_value) == (math.inf, -math.inf)


def test_spans_stand_by_what_made_them() -> None:
    ours, theirs = {"service.name": "ours"}, {"service.name": "theirs"}
    trace = [
        span("1", 0, 1, resource=ours, scope=("a", "1")),
        span("2", 0, 1, resource=theirs, scope=("a", "1")),
        span("3", 0, 1, resource=ours, scope=("b", "1")),
        span("4", 0, 1, resource=ours, scope=("a", "1")),
    ]
    document = parsed(otlp.text(trace))
    assert [
        [[one.span_id.hex()[0] for one in scope.spans] for scope in resource.scope_spans]
        for resource in document.resource_spans
    ] == [[["1", "4"], ["3"]], [["2"]]]


def test_what_the_sdk_made_is_what_the_sdks_own_exporter_says() -> None:
    from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans  # noqa: PLC0415

    def work(tracer: Any) -> None:
        with tracer.start_as_current_span("outer", attributes={"a": [1, 2], "b": "ü"}) as outer:
            outer.add_event("something", {"n": 1.5})
            with tracer.start_as_current_span("inner"):
                pass

    made = making.of_sdk(work)
    theirs = encode_spans(made).resource_spans[0].scope_spans[0]
    ours = parsed(otlp.text([spans.finished(one) for one in made])).resource_spans[0].scope_spans[0]
    by_id = {one.span_id: one for one in ours.spans}
    for one in theirs.spans:
        one.flags = 0
        assert json_format.MessageToDict(by_id[one.span_id]) == json_format.MessageToDict(one)
