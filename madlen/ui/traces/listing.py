"""The newest traces as a list, with filters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

import streamlit as st

from madlen import disliked, figures, services
from madlen.traces import Heading, Wanted
from madlen.ui import chats, text
from madlen.ui.traces import places, trends

AT_ONCE = 25
_CHOSEN, _SHOWN = "traces-chosen", "traces-shown"


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What the filters say."""

    model_id: str = ""
    session_id: str = ""
    failed: bool = False
    slower_than: float = 0.0
    dearer_than: float | None = None
    voted_down: bool = False
    since: date | None = None
    everything: bool = False


def draw(names: Mapping[str, str]) -> None:
    """Draws the filters, the plots over time and the list. ``names`` are those of models, by their ids."""
    traces = services.current().traces
    chosen = _filters(names)
    wanted = _wanted(chosen)
    number = st.session_state.get(_SHOWN, AT_ONCE)
    found = traces.listed(wanted, limit=number + 1)
    if not found:
        if chosen == _Chosen():
            st.markdown("Each prompt leaves a trace here that shows where its time went. There is none yet.")
            st.page_link("pages/chat.py", label="Ask something", icon=":material/forum:")
        else:
            st.info("No trace is left by these filters.")
        return
    trends.draw(traces.answers(wanted), names)
    st.subheader("Newest")
    with st.container(gap=None):
        for heading in found[:number]:
            places.to_trace(
                heading.trace_id,
                text.label(plain(heading, names)),
                key=f"trace-{heading.trace_id}",
                icon=":material/error:" if heading.errors else ":material/timeline:",
            )
    if len(found) > number:
        st.button(
            "Show older ones",
            icon=":material/expand_more:",
            key="traces-older",
            type="tertiary",
            on_click=st.session_state.update,
            args=({_SHOWN: number + AT_ONCE},),
        )


def plain(heading: Heading, names: Mapping[str, str]) -> str:
    """A trace in a line."""
    models = [names.get(model_id, model_id) for model_id in heading.models]
    what = ", ".join(models[:3]) + (f" and {len(models) - 3} more" if len(models) > 3 else "")
    parts = [
        places.clock(heading.begun),
        what or heading.name,
        figures.seconds(heading.seconds),
        places.tokens(heading.tokens_in, heading.tokens_out),
        places.dollars(heading.cost),
        heading.error,
    ]
    return " · ".join(part for part in parts if part)


def _filters(names: Mapping[str, str]) -> _Chosen:
    place = st.popover(
        "Filter", icon=":material/filter_list:", key="traces-filter", type="tertiary", on_change="rerun"
    )
    kept: _Chosen = st.session_state.get(_CHOSEN, _Chosen())
    if place.open:
        with place:
            changed = _widgets(kept, names)
        if changed != kept:
            st.session_state[_SHOWN] = AT_ONCE
        kept = st.session_state[_CHOSEN] = changed
    if kept != _Chosen():
        places.line(f"Only traces: {_said(kept, names)}")
    return kept


def _widgets(kept: _Chosen, names: Mapping[str, str]) -> _Chosen:
    running = services.current()
    models = _with(running.traces.models(), kept.model_id)
    titles = {session.id: session.title for session in running.store.sessions(limit=50)}
    sessions = _with(list(titles), kept.session_id)
    model_id = st.selectbox(
        "Model",
        models,
        index=models.index(kept.model_id) if kept.model_id else None,
        format_func=lambda one: names.get(one, one),
        placeholder="any",
        key="traces-model",
    )
    session_id = st.selectbox(
        "Chat",
        sessions,
        index=sessions.index(kept.session_id) if kept.session_id else None,
        format_func=lambda one: titles.get(one, one),
        placeholder="any",
        key="traces-session",
    )
    slower = st.number_input(
        "Slower than (s)", 0.0, value=kept.slower_than or None, step=1.0, key="traces-slower"
    )
    dearer = st.number_input(
        "Dearer than (US dollars)",
        0.0,
        value=kept.dearer_than,
        step=0.001,
        format="%.4f",
        key="traces-dearer",
    )
    since = st.date_input("Since", kept.since, key="traces-since")
    return _Chosen(
        model_id=model_id or "",
        session_id=session_id or "",
        failed=st.checkbox("With an error", kept.failed, key="traces-failed"),
        slower_than=slower or 0.0,
        dearer_than=dearer,
        voted_down=st.checkbox(
            "Voted down",
            kept.voted_down,
            key="traces-down",
            help="Some answer lost a vote or has a thumb down.",
        ),
        since=since,
        everything=st.checkbox(
            "Also what asked no model",
            kept.everything,
            key="traces-everything",
            help="Votes, lists of models, and every other request to the API.",
        ),
    )


def _with(ids: list[str], one: str) -> list[str]:
    return [one, *(other for other in ids if other != one)] if one else ids


def _said(kept: _Chosen, names: Mapping[str, str]) -> str:
    parts = [
        names.get(kept.model_id, kept.model_id),
        "of one chat" if kept.session_id else "",
        "with an error" if kept.failed else "",
        f"slower than {kept.slower_than:g} s" if kept.slower_than else "",
        f"dearer than ${kept.dearer_than:g}" if kept.dearer_than is not None else "",
        "voted down" if kept.voted_down else "",
        f"since {kept.since}" if kept.since else "",
        "also without a model" if kept.everything else "",
    ]
    return ", ".join(part for part in parts if part)


def _wanted(chosen: _Chosen) -> Wanted:
    since = chosen.since
    return Wanted(
        model_id=chosen.model_id,
        session_id=chosen.session_id,
        failed=chosen.failed,
        slower_than=chosen.slower_than,
        dearer_than=chosen.dearer_than,
        since=datetime.combine(since, time(), chats.zone()).astimezone(UTC) if since else None,
        answers=disliked.spans(services.current().store) if chosen.voted_down else None,
        everything=chosen.everything,
    )
