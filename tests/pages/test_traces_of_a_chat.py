"""Several traces on one page: two side by side, and those of a chat in turn."""

from __future__ import annotations

import json

import pytest

from madlen.types import Lane
from tests.pages.opening import Current, chatted, looked_at, texts
from tests.pages.traces_page import charts, opened, trace_of
from tests.parrot import DONE, Parrot
from tests.traces.making import kept


def test_two_traces_stand_side_by_side_on_axes_of_one_length(current: Current) -> None:
    madlen = kept(current())
    first, second = (trace_of(madlen, chatted(madlen)) for _ in range(2))
    page = looked_at(opened(trace=first), "trace-beside")
    page.button(key="trace-both").click().run()
    assert not page.exception
    assert (page.query_params["trace"], page.query_params["beside"]) == (first, second)
    lengths = {
        json.dumps(layer["encoding"]["x"]["scale"]["domain"])
        for spec in charts(page)
        for layer in spec.get("layer", [spec])
    }
    assert len(lengths) == 1
    table = page.main.dataframe[0].value
    assert list(table["Figure"])[:3] == ["In all", "First chunk", "First visible text"]
    page.button(key="alone-B").click().run()
    assert dict(page.query_params) == {"trace": [second]} or page.query_params["trace"] == second


def test_a_chat_is_gone_through_turn_by_turn(current: Current) -> None:
    madlen = kept(current(Parrot(["First.", DONE], ["Second.", DONE])))
    session_id = chatted(madlen)
    made = madlen.chat.ask("Again", [Lane("parrot/polly")], session_id=session_id)
    list(made.generations[0].follow(every=0))
    trace_id = trace_of(madlen, session_id)
    page = opened(session=session_id)
    assert not page.exception
    assert page.main.subheader.values == ["Turn 1", "Turn 2"]
    said = texts(page)
    assert "2 turns" in said
    assert "6 tokens in, 10 out" in said
    assert "0\\.0002" in said
    assert said.index("First.") < said.index("Second.")
    page.button(key=f"trace-of-{madlen.store.turns(session_id)[-1].replies[-1].id}").click().run()
    assert page.query_params["trace"] == trace_id


def test_a_long_chat_is_gone_through_in_parts(current: Current, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("madlen.ui.traces.replay.AT_ONCE", 1)
    madlen = kept(current())
    session_id = chatted(madlen)
    made = madlen.chat.ask("Again", [Lane("parrot/polly")], session_id=session_id)
    list(made.generations[0].follow(every=0))
    page = opened(session=session_id)
    assert page.main.subheader.values == ["Turn 1"]
    page.button(key="replay-more").click().run()
    assert page.main.subheader.values == ["Turn 1", "Turn 2"]


def test_a_turn_whose_trace_has_gone_says_so(current: Current) -> None:
    madlen = current()
    page = opened(session=chatted(madlen))
    assert "Its trace is not kept here any more." in texts(page)
