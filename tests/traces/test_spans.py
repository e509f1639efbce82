"""Finished spans as they are kept."""

from __future__ import annotations

import math
from typing import Any

import pytest
from opentelemetry.trace import Link, SpanKind, Status, StatusCode

from madlen.traces import spans
from madlen.tracing import names
from tests.traces import making


def round_trip(span: spans.Span) -> spans.Span:
    """The span as it comes back from its row."""
    row = {
        "trace_id": span.trace_id,
        "span_id": span.span_id,
        "parent_id": span.parent_id,
        "name": span.name,
        "kind": span.kind,
        "begun": span.begun,
        "ended": span.ended,
        "error": span.error,
        "rest": spans.written(span),
    }
    return spans.read(row)


def everything(tracer: Any) -> None:
    with tracer.start_as_current_span("outer") as outer:
        link = Link(outer.get_span_context(), {"why": "test"})
        attributes = {
            "text": "Grüße",
            "whole": 3,
            "part": 0.5,
            "yes": True,
            "list": ["a", "b"],
            "numbers": [1, 2],
        }
        with tracer.start_as_current_span("inner", kind=SpanKind.CLIENT, attributes=attributes, links=[link]):
            pass
        outer.add_event("something", {"n": 1})
        outer.set_status(Status(StatusCode.ERROR, "It broke."))
        outer.set_attribute(names.ERROR_TYPE, "rate-limited")


def test_a_span_of_the_sdk_comes_back_from_its_row_as_it_was() -> None:
    inner, outer = [spans.finished(one) for one in making.of_sdk(everything)]
    assert inner.parent_id == outer.span_id
    assert (inner.trace_id, len(inner.trace_id), len(inner.span_id)) == (outer.trace_id, 32, 16)
    assert (inner.kind, outer.kind) == ("CLIENT", "INTERNAL")
    assert inner.attributes["whole"] == 3
    assert inner.attributes["yes"] is True
    assert inner.attributes["list"] == ["a", "b"]
    assert inner.links == (spans.Link(outer.trace_id, outer.span_id, {"why": "test"}),)
    assert (outer.failed, outer.said, outer.error) == (True, "It broke.", "rate-limited")
    assert [moment.name for moment in outer.moments] == ["something"]
    assert outer.scope == ("tests", "7")
    for one in (inner, outer):
        assert round_trip(one) == one


@pytest.mark.parametrize("hostile", ["\ud800", "\x00", "a" * 100_000, "<img src=x onerror=alert(1)>", ""])
def test_any_text_can_be_kept(hostile: str) -> None:
    def work(tracer: Any) -> None:
        with tracer.start_as_current_span(hostile or "x", attributes={"said": hostile, "all": [hostile]}):
            pass

    [span] = [spans.finished(one) for one in making.of_sdk(work)]
    assert round_trip(span) == span
    spans.written(span).encode("utf-8")
    said = span.attributes["said"]
    assert isinstance(said, str)
    said.encode("utf-8")
    assert len(said) <= 16_384


def test_numbers_of_any_size_are_kept_but_not_counted() -> None:
    span = making.answer("1", 0, 1, attributes={names.INPUT_TOKENS: 2**70, names.OUTPUT_TOKENS: True})
    assert round_trip(span) == span
    assert (span.count(names.INPUT_TOKENS), span.count(names.OUTPUT_TOKENS)) == (None, None)
    odd = making.span("2", 0, 1, attributes={"odd": math.inf})
    assert round_trip(odd).attributes["odd"] == math.inf


def test_what_is_no_text_or_number_is_not_taken_for_one() -> None:
    span = making.answer(
        "1", 0, 1, attributes={names.COST: "much", names.SESSION: 5, names.CONVERSATION: "s"}
    )
    assert (span.cost, span.session_id, span.error) == (None, "s", "")


def test_only_the_call_of_a_model_is_an_answer() -> None:
    assert making.answer("1", 0, 1).model_id == "parrot/polly"
    own = making.span("1", 0, 1, attributes={names.REQUEST_MODEL: "parrot/polly"})
    assert (own.is_answer, own.model_id) == (False, "")
