"""Why an answer was slow."""

from __future__ import annotations

from typing import Any

import pytest

from madlen.traces import slowness
from madlen.traces.spans import SECOND, Moment, Span
from madlen.tracing import names
from tests.traces.making import BEGUN, answer, span


def trace(chat: Span) -> list[Span]:
    """From the request at 0 to a call at 1, and the end stored from 9 to 9.5."""
    return [
        span("1", 0, 1.2, name="ask"),
        chat,
        span("3", 1, 9, "2", name="POST", kind="CLIENT"),
        span("4", 9, 9.5, "2", name="store finish"),
    ]


def parts(chat: Span) -> dict[str, float]:
    [found] = slowness.of(trace(chat))
    return {part.name: round(part.seconds, 6) for part in found.parts}


def test_the_time_of_an_answer_is_told_apart() -> None:
    assert parts(answer("2", 0.5, 9.5, "1", chunk=3, visible=7)) == {
        "queue": 1,
        "network": 2,
        "thinking": 4,
        "generation": 2,
        "storing": 0.5,
    }


def test_the_parts_follow_one_another_and_are_all_of_it() -> None:
    [found] = slowness.of(trace(answer("2", 0.5, 9.5, "1", chunk=3, visible=7)))
    assert found.parts[0].begun == 0
    assert [part.ended for part in found.parts[:-1]] == [part.begun for part in found.parts[1:]]
    assert found.seconds == 9.5


@pytest.mark.parametrize(
    ("moments", "dominant"),
    [
        ({"chunk": 8.5, "visible": 8.6}, "network"),
        ({"chunk": 2, "visible": 8}, "thinking"),
        ({"chunk": 2, "visible": 2.1}, "generation"),
        ({"chunk": 2}, "thinking"),
        ({}, "network"),
        ({"visible": 2}, "generation"),
    ],
)
def test_the_dominant_part_is_named(moments: dict[str, Any], dominant: str) -> None:
    [found] = slowness.of(trace(answer("2", 0.5, 9.5, "1", **moments)))
    assert found.dominant is not None
    assert found.dominant.name == dominant
    title, told = slowness.SAID[found.dominant.name]
    assert found.sentence.startswith(title)
    assert told in found.sentence


def test_an_answer_without_calls_began_when_it_was_asked_for() -> None:
    [found] = slowness.of([span("1", 0, 5), answer("2", 4, 5, "1", chunk=4.5, visible=4.5)])
    assert [(part.name, part.seconds) for part in found.parts] == [
        ("queue", 4),
        ("network", 0.5),
        ("generation", 0.5),
    ]


def test_refusals_are_counted() -> None:
    again = tuple(Moment(names.RETRYING, BEGUN + at * SECOND) for at in (2, 4))
    [found] = slowness.of(trace(answer("2", 0.5, 9.5, "1", chunk=6, moments=again)))
    assert found.retries == 2


def test_each_answer_of_a_comparison_has_its_own_reasons() -> None:
    found = slowness.of([span("1", 0, 9), answer("3", 1, 9, "1"), answer("2", 0.5, 2, "1")])
    assert [one.answer.span_id[0] for one in found] == ["2", "3"]


def test_what_took_no_time_has_no_reason() -> None:
    [found] = slowness.of([answer("1", 0, 0)])
    assert (found.dominant, found.seconds) == (None, 0)
    assert found.sentence == "It took no time that could be measured."
