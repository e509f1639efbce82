"""The traces page, run without a browser."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow  # type: ignore[import-untyped]
import pytest

from madlen import votes
from madlen.errors import RateLimited
from madlen.types import Lane, Reasoning
from tests.pages import opening
from tests.pages.opening import Current, chatted, looked_at, texts
from tests.pages.test_compare_page import compared
from tests.pages.traces_page import cells, charts, listed, opened, trace_of
from tests.parrot import DEAR, DONE, Parrot
from tests.traces.making import kept, trace


def test_without_traces_the_page_says_what_it_is_for(current: Current) -> None:
    current()
    page = opened()
    assert not page.exception
    assert "There is none yet" in texts(page)


def test_each_prompt_is_in_the_list_with_what_it_took(current: Current) -> None:
    madlen = kept(current())
    session_id = chatted(madlen)
    page = opened()
    assert not page.exception
    [line] = listed(page)
    assert "Polly" in line
    assert "3 tokens in, 5 out" in line
    assert "0\\.0001" in line
    page.button(key=f"trace-{trace_of(madlen, session_id)}").click().run()
    assert not page.exception
    assert page.query_params["trace"] == trace_of(madlen, session_id)
    assert "Why was this slow?" in page.main.subheader.values


def test_over_time_p50_p95_and_failures_are_plotted_by_model(current: Current) -> None:
    madlen = kept(current(Parrot(["Hello", DONE], [RateLimited("Wait.")])))
    chatted(madlen)
    chatted(madlen)
    times, failures = map(plotted, opened().main.get("vega_lite_chart"))
    assert {row["measure"] for row in times} == {"p50", "p95"}
    assert [(row["model"], row["rate"], row["answers"]) for row in failures] == [("Polly", 0.5, 2)]


def plotted(chart: Any) -> list[dict[str, Any]]:
    """The values of a chart of one layer, which go to the browser beside it."""
    found: list[dict[str, Any]] = pyarrow.ipc.open_stream(chart.proto.data.data).read_all().to_pylist()
    return found


def _values(spec: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = spec["data"]["values"]
    return found


def filtered(**widgets: Any) -> list[str]:
    """What is listed once the filters say so; each goes by the end of its key."""
    page = looked_at(opened(), "traces-filter")
    for name, value in widgets.items():
        [widget] = [
            one
            for kind in (page.selectbox, page.checkbox, page.number_input, page.date_input)
            for one in kind
            if one.key == f"traces-{name}"
        ]
        widget.set_value(value)
    page.run()
    assert not page.exception
    return listed(page)


def test_filters_narrow_the_list(current: Current) -> None:
    madlen = kept(current(Parrot(["Hello", DONE], [RateLimited("Wait.")], ["Hello", DONE])))
    session_id = chatted(madlen)
    chatted(madlen)
    made = madlen.chat.ask("Hi", [Lane(DEAR.id)])
    list(made.generations[0].follow(every=0))
    assert len(filtered()) == 3
    assert ["Dear" in line for line in filtered(model=DEAR.id)] == [True]
    assert ["rate" in line for line in filtered(failed=True)] == [True]
    assert len(filtered(session=session_id)) == 1
    assert filtered(slower=1000.0) == []
    assert filtered(dearer=1.0) == []
    assert len(filtered(dearer=0.0)) == 2
    today = datetime.now(UTC).date()
    assert filtered(since=today + timedelta(days=2)) == []
    assert len(filtered(since=today - timedelta(days=2))) == 3


def test_what_was_voted_down_or_asked_no_model_is_listed_on_request(current: Current) -> None:
    madlen = kept(current(Parrot(["Left.", DONE])))
    chatted(madlen)
    session = compared(madlen)
    [turn] = madlen.store.turns(session.id)
    first, second = (reply.id for reply in turn.replies)
    assert filtered(down=True) == []
    madlen.chat.vote(votes.Vote(turn.id, session.id, ((first,), (second,)), datetime.now(UTC)))
    [line] = filtered(down=True)
    assert "Polly, Seer" in line
    assert "vote" in "".join(filtered(everything=True))


def test_filters_that_leave_nothing_say_so_and_stay_when_they_are_out_of_sight(current: Current) -> None:
    madlen = kept(current())
    chatted(madlen)
    page = looked_at(opened(), "traces-filter")
    page.number_input(key="traces-slower").set_value(1000.0).run()
    page.session_state["traces-filter"] = False
    page.run()
    assert "No trace is left" in page.info[0].value
    assert "Only traces\\: slower than 1000 s" in texts(page)


def test_a_long_list_comes_in_parts(current: Current, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("madlen.ui.traces.listing.AT_ONCE", 2)
    madlen = kept(current())
    for _ in range(3):
        chatted(madlen)
    page = opened()
    assert len(listed(page)) == 2
    page.button(key="traces-older").click().run()
    assert len(listed(page)) == 3


def test_a_trace_is_a_waterfall_beside_a_table_and_everything_a_span_says(current: Current) -> None:
    madlen = kept(current(Parrot([Reasoning("Hm."), "Hello", DONE])))
    page = opened(trace=trace_of(madlen, chatted(madlen)))
    assert not page.exception
    assert page.title[0].value == "Polly"
    _, waterfall = charts(page)
    reasons = plotted(page.main.get("vega_lite_chart")[0])
    assert {bar["part"] for bar in reasons} >= {"Our queue", "Generation"}
    bars, marks = waterfall["layer"]
    assert [bar["span"] for bar in _values(bars)] == [
        "ask",
        "store begin",
        "chat parrot/polly",
        "store finish",
    ]
    assert [mark["mark"] for mark in _values(marks)] == ["first chunk", "first visible text"]
    assert "gen_ai.usage.output_tokens" in cells(page)
    assert "madlen.first_visible_text" in cells(page)
    page.selectbox(key="trace-span").set_value(0).run()
    assert "madlen.lanes" in cells(page)


def test_a_span_is_told_whole_on_request(current: Current) -> None:
    madlen = kept(current())
    page = looked_at(opened(trace=trace_of(madlen, chatted(madlen))), "trace-raw")
    told = json.loads(page.main.code[-1].value)
    assert told["attributes"]["gen_ai.request.model"] == "parrot/polly"


def test_from_a_trace_it_goes_back_to_the_answer_and_on_to_the_chat(current: Current) -> None:
    madlen = kept(current())
    session_id = chatted(madlen)
    [turn] = madlen.store.turns(session_id)
    page = opened(trace=trace_of(madlen, session_id))
    [link] = [one for one in page.main.get("page_link") if one.proto.label == "To the answer"]
    assert f"session={session_id}" in link.proto.query_string
    assert f"message={turn.replies[0].id}" in link.proto.query_string
    page.button(key="trace-session").click().run()
    assert page.query_params["session"] == session_id
    assert page.title[0].value == madlen.store.session(session_id).title


def test_from_a_comparisons_trace_it_goes_back_to_its_turn(current: Current) -> None:
    madlen = kept(current(Parrot(["Left.", DONE])))
    session = compared(madlen)
    [turn] = madlen.store.turns(session.id)
    page = opened(trace=trace_of(madlen, session.id))
    [link] = [one for one in page.main.get("page_link") if one.proto.label == "To the answer"]
    assert link.proto.page == "compare"
    assert f"turn={turn.id}" in link.proto.query_string
    assert page.title[0].value == "Polly, Seer"


def test_an_answer_that_was_deleted_is_no_longer_linked(current: Current) -> None:
    madlen = kept(current())
    session_id = chatted(madlen)
    trace_id = trace_of(madlen, session_id)
    madlen.store.delete_session(session_id)
    page = opened(trace=trace_id)
    assert not page.exception
    assert "To the answer" not in [one.proto.label for one in page.main.get("page_link")]


def test_under_an_answer_its_trace_is_a_click_away(current: Current) -> None:
    madlen = kept(current())
    session_id = chatted(madlen)
    [turn] = madlen.store.turns(session_id)
    page = opening.opened(seconds=30, session=session_id)
    page.button(key=f"trace-{turn.replies[0].id}").click().run()
    assert not page.exception
    assert "Why was this slow?" in page.main.subheader.values


def test_where_none_are_kept_no_answer_leads_to_one(current: Current) -> None:
    madlen = current(traces_kept=0)
    session_id = chatted(madlen)
    page = opening.opened(seconds=30, session=session_id)
    assert not [one for one in page.main.button if (one.key or "").startswith("trace-")]
    assert "TRACES\\_KEPT" in texts(opened()) or "TRACES_KEPT" in texts(opened())


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"trace": trace(9)}, "This trace is not here"),
        ({"trace": "<script>"}, "no id of a trace"),
        ({"trace": trace(9), "beside": trace(8)}, "This trace is not here"),
        ({"session": "gone"}, "no such"),
    ],
)
def test_what_is_not_there_is_a_sentence_with_a_way_back(
    current: Current, query: dict[str, str], said: str
) -> None:
    current()
    page = opened(**query)
    assert not page.exception
    assert said in page.warning[0].value.replace("\\", "")
    [back] = [one for one in page.main.button if one.label == "All traces"]
    back.click().run()
    assert page.title[0].value == "Traces"


def test_jaeger_is_linked_where_it_is_set(current: Current) -> None:
    madlen = kept(current(jaeger_ui_url="http://localhost:16686/"))
    session_id = chatted(madlen)
    [turn] = madlen.store.turns(session_id)
    page = opened(trace=trace_of(madlen, session_id))
    [link] = page.main.get("link_button")
    reply = turn.replies[0]
    assert link.proto.url == f"http://localhost:16686/trace/{reply.trace_id}?uiFind={reply.span_id}"


def test_a_trace_can_be_taken_away_and_its_id_copied(current: Current) -> None:
    madlen = kept(current())
    trace_id = trace_of(madlen, chatted(madlen))
    page = opened(trace=trace_id)
    assert [one.proto.label for one in page.main.get("download_button")] == ["OTLP JSON"]
    assert page.main.code[0].value == trace_id


@pytest.mark.parametrize("hostile", ["<img src=x onerror=alert(1)>", "![x](https://evil.example/x)", "`$x$`"])
def test_what_spans_say_is_only_text(current: Current, hostile: str) -> None:
    madlen = kept(current())
    with madlen.tracing.span(hostile, **{hostile: hostile, "session.id": hostile}):
        pass
    page = looked_at(opened(), "traces-filter")
    page.checkbox(key="traces-everything").set_value(True).run()
    assert hostile not in "".join(listed(page))
    [heading] = [one for one in page.main.button if (one.key or "").startswith("trace-")]
    heading.click().run()
    assert not page.exception
    assert hostile not in texts(page)
    assert hostile in cells(page)


def test_a_file_that_cannot_be_read_is_said_and_chats_go_on(current: Current, tmp_path: Path) -> None:
    (tmp_path / "chat-traces.db").write_bytes(b"no database" * 1000)
    madlen = kept(current())
    session_id = chatted(madlen)
    page = opened()
    assert not page.exception
    assert "is damaged or no file of traces" in page.error[0].value.replace("\\", "")
    assert "Chats are not affected" in page.warning[0].value
    assert madlen.store.turns(session_id)[0].replies[0].text
