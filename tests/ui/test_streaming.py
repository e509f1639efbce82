"""How far apart answers are painted while many pages draw."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from streamlit.testing.v1 import AppTest

from madlen.transcript import Update
from madlen.types import Reply, Status
from madlen.ui import streaming
from madlen.ui.streaming import (
    _LONGEST_WAIT,
    _LONGEST_WAIT_OF_MANY,
    _WRAPPING,
    FRAME_SECONDS,
    _Crowd,
    _Painter,
    after_the_first,
    due,
    paced,
)
from tests.store.keeping import a_reply


def test_a_few_pages_do_not_slow_each_other() -> None:
    crowd = _Crowd()
    with ExitStack() as stack:
        for _ in range(10):
            stack.enter_context(crowd.one_more())
        assert crowd.pause() == 0


def test_a_hundred_pages_paint_about_four_times_a_second_and_more_no_less() -> None:
    crowd = _Crowd()
    with ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(crowd.one_more())
        hundred = crowd.pause()
        for _ in range(900):
            stack.enter_context(crowd.one_more())
        assert 0.15 < hundred <= crowd.pause() < 0.25
    assert crowd.pause() == 0


def test_pacing_loses_and_reorders_nothing() -> None:
    ended: Reply = a_reply()
    told = [Update("a"), Update(reasoning="b"), Update(ended=ended)]
    assert list(paced(iter(told))) == told
    assert ended.status is Status.STREAMING


def test_a_page_that_leaves_counts_no_more() -> None:
    def endless() -> Iterator[Update]:
        while True:
            yield Update("x")

    crowd = _Crowd()
    watched = paced(endless())
    next(watched)
    watched.close()  # type: ignore[attr-defined]
    assert crowd.pause() == 0


@pytest.mark.parametrize(("pages", "first", "last"), [(1, 0, FRAME_SECONDS), (10, 3, 0.5), (100, 3, 0.5)])
def test_what_stands_around_answers_leaves_the_way_to_words_where_many_pages_draw(
    pages: int, first: float, last: float
) -> None:
    crowd = _Crowd()
    with ExitStack() as stack:
        for _ in range(pages):
            stack.enter_context(crowd.one_more())
        assert (crowd.after_the_first(), crowd.after_the_last()) == (first, last)


def told_and_drawn(*updates: Update) -> list[str]:
    """What was told, in its order, with a star where what may come after the first words was drawn."""
    seen: list[str] = []
    told = after_the_first(iter(updates), lambda: seen.append("*"))
    seen.extend(update.text or update.reasoning for update in told)
    return seen


def test_what_stands_beside_an_answer_is_drawn_once_when_its_first_words_are_there() -> None:
    assert told_and_drawn(Update(), Update("a"), Update("b"), Update("c")) == ["", "a", "*", "b", "c"]


def test_what_stands_beside_an_answer_may_be_left_for_its_end_where_many_pages_draw() -> None:
    with ExitStack() as stack:
        for _ in range(10):
            stack.enter_context(streaming._crowd.one_more())
        assert told_and_drawn(Update("a"), Update("b"), Update("c")) == ["a", "b", "c"]


def test_thoughts_are_first_words_too() -> None:
    assert told_and_drawn(Update(reasoning="a"), Update("b")) == ["a", "*", "b"]


def test_what_stands_beside_an_answer_does_not_wait_for_words_that_are_late(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(streaming, "_SILENT_SECONDS", 0)
    assert told_and_drawn(Update(), Update(), Update("a")) == ["", "*", "", "a"]


def test_nothing_is_drawn_beside_an_answer_of_which_nothing_more_is_told() -> None:
    assert told_and_drawn(Update("a")) == ["a"]


def drawn() -> None:
    """A page that draws what it is told of an answer."""
    import streamlit as st  # noqa: PLC0415 - AppTest runs this function alone

    from madlen.ui import streaming  # noqa: PLC0415

    answer = streaming.Answer(st.container(), str)
    st.session_state["gave"] = [answer.take(update) for update in st.session_state["told"]]


@pytest.mark.parametrize("ends", [False, True])
def test_the_last_words_are_painted_once_when_they_are_whole_be_the_answer_stored_or_not(
    monkeypatch: pytest.MonkeyPatch, ends: bool
) -> None:
    finished: list[object] = []
    finish = _Painter.finish

    def finishing(painter: _Painter) -> None:
        finished.append(painter)
        finish(painter)

    monkeypatch.setattr(_Painter, "finish", finishing)
    end = [Update(whole=True, ended=a_reply())] if ends else []
    page = AppTest.from_function(drawn, default_timeout=20)
    page.session_state["told"] = [Update("Seven **col"), Update("ours**"), Update(whole=True), *end]
    page.run()
    assert not page.exception
    assert [one.value for one in page.markdown] == ["Seven **colours**"]
    assert page.session_state["gave"] == [None, None, None, *(update.ended for update in end)]
    assert len(finished) == 1


def test_a_paint_that_is_worth_it_does_not_wait() -> None:
    assert due(new=130, block=60, seconds=0)
    assert due(new=360, block=400, seconds=0)


def test_little_that_is_new_waits_a_tenth_of_a_second() -> None:
    assert not due(new=20, block=400, seconds=_LONGEST_WAIT / 2)
    assert due(new=20, block=400, seconds=_LONGEST_WAIT)


def test_words_that_come_fast_wait_longer_for_they_would_cost_more() -> None:
    assert not due(new=100, block=400, seconds=_LONGEST_WAIT)
    assert due(new=260, block=400, seconds=_LONGEST_WAIT_OF_MANY)


def test_what_is_sent_stays_within_three_times_the_text_where_words_come_fast() -> None:
    sent = drawn = 0
    for length in range(5, 600, 5):
        if due(length - drawn, length, seconds=0):
            sent, drawn = sent + length + _WRAPPING, length
    assert sent <= 3 * 600


def test_a_block_of_a_megabyte_is_painted_every_few_seconds() -> None:
    assert not due(new=1000, block=1_000_000, seconds=4)
    assert due(new=1000, block=1_000_000, seconds=5)
