"""Traces as waterfalls."""

from __future__ import annotations

from madlen.traces import waterfall
from madlen.traces.spans import SECOND, Moment
from madlen.tracing import names
from tests.traces.making import BEGUN, answer, span


def places(*spans: object) -> list[tuple[str, int]]:
    return [(row.span.span_id[0], row.depth) for row in waterfall.rows(spans)]  # type: ignore[arg-type]


def test_children_stand_under_their_parents_in_the_order_in_which_they_began() -> None:
    trace = [span("4", 3, 4, "2"), span("3", 1, 2, "1"), span("1", 0, 9), span("2", 2, 8, "1")]
    assert places(*trace) == [("1", 0), ("3", 1), ("2", 1), ("4", 2)]


def test_times_count_from_the_beginning_of_the_trace() -> None:
    first, second = waterfall.rows([span("1", 5, 9), span("2", 6.5, 8, "1")])
    assert (first.begun, first.seconds, second.begun, second.seconds) == (0, 4, 1.5, 1.5)
    assert waterfall.seconds([first.span, second.span]) == 4
    assert waterfall.seconds([]) == 0


def test_the_first_chunk_and_the_first_visible_text_are_marked() -> None:
    other = Moment("of.somebody.else", BEGUN + SECOND)
    retry = Moment(names.RETRYING, BEGUN + 2 * SECOND)
    [row] = waterfall.rows([answer("1", 1, 9, chunk=3, visible=4.5, moments=(other, retry))])
    assert row.marks == (("first chunk", 2), ("first visible text", 3.5), ("asked again", 1))


def test_a_span_whose_parent_is_not_here_stands_by_itself_and_is_marked() -> None:
    rows = waterfall.rows([span("2", 1, 2, "9"), span("1", 0, 3)])
    assert [(row.depth, row.is_orphan) for row in rows] == [(0, False), (0, True)]


def test_spans_that_go_round_in_a_circle_are_shown_once_each() -> None:
    assert sorted(places(span("1", 0, 1, "2"), span("2", 0, 1, "1"), span("3", 0, 1, "3"))) == [
        ("1", 0),
        ("2", 1),
        ("3", 0),
    ]


def test_a_very_deep_trace_is_no_problem() -> None:
    chain = [span(f"{n:016x}", n, 9999, f"{n - 1:016x}" if n else "") for n in range(3000)]
    assert waterfall.rows(chain)[-1].depth == 2999
