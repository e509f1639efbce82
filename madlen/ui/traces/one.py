"""One trace: what it was, why it took so long, its spans, and the ways on from here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from madlen import figures, services
from madlen.errors import NotFound
from madlen.traces import Span, otlp, slowness, waterfall
from madlen.traces.reading import moment
from madlen.tracing import names as attribute
from madlen.types import Reply
from madlen.ui import address, chats, text
from madlen.ui.traces import details, listing, places, reasons
from madlen.ui.traces import waterfall as chart

_OTHERS = 50


def draw(trace_id: str, names: Mapping[str, str]) -> None:
    """Draws the trace. Raises ``NotFound`` where it is not kept."""
    trace = services.current().traces.trace(trace_id)
    seconds, rows = waterfall.seconds(trace), waterfall.rows(trace)
    places.back()
    st.title(text.label(title(trace, names)))
    figures_of(trace)
    _ways(trace)
    reasons.draw(slowness.of(trace), names, seconds=seconds, key=trace_id)
    st.subheader("Waterfall")
    chart.draw(rows, seconds=seconds, key=f"waterfall-{trace_id}", on_click=details.pick)
    details.draw(rows)


def title(trace: Sequence[Span], names: Mapping[str, str]) -> str:
    """What a trace is called: the models that were asked, or what began it."""
    models = list(dict.fromkeys(span.model_id for span in trace if span.model_id))
    told = ", ".join(names.get(model_id, model_id) for model_id in models[:3])
    more = f" and {len(models) - 3} more" if len(models) > 3 else ""
    return f"{told}{more}" if models else trace[0].name


def figures_of(trace: Sequence[Span]) -> None:
    """When it was, and what it took, in one line."""
    inwards, out = _sum(trace, attribute.INPUT_TOKENS), _sum(trace, attribute.OUTPUT_TOKENS)
    costs = [span.cost for span in trace if span.cost is not None]
    errors = dict.fromkeys(span.error for span in trace if span.failed)
    places.line(
        places.clock(moment(trace[0].begun)),
        f"{figures.seconds(waterfall.seconds(trace))} in all",
        places.tokens(inwards, out),
        places.dollars(sum(costs) if costs else None),
        figures.counted(len(trace), "span"),
        ", ".join(errors),
    )


def _sum(trace: Sequence[Span], name: str) -> int | None:
    known = [count for span in trace if (count := span.count(name)) is not None]
    return sum(known) if known else None


def _ways(trace: Sequence[Span]) -> None:
    running, trace_id = services.current(), trace[0].trace_id
    answers = [span for span in trace if span.is_answer]
    with st.container(horizontal=True, vertical_alignment="center"):
        for reply in _replies(answers[:1]):
            _to_answer(reply)
        if session_id := next((span.session_id for span in trace if span.session_id), ""):
            st.button(
                "The whole chat",
                icon=":material/history:",
                key="trace-session",
                type="tertiary",
                on_click=address.go,
                kwargs={places.SESSION: session_id},
            )
        _beside(trace_id)
        st.download_button(
            "OTLP JSON",
            lambda: otlp.text(trace),
            f"trace-{trace_id}.json",
            mime="application/json",
            key="trace-otlp",
            icon=":material/download:",
            type="tertiary",
            on_click="ignore",
            help="For collectors and other viewers",
        )
        if jaeger := running.settings.jaeger_ui_url:
            shown = answers[0] if answers else trace[0]
            st.link_button(
                "Jaeger",
                f"{jaeger.rstrip('/')}/trace/{trace_id}?uiFind={shown.span_id}",
                icon=":material/open_in_new:",
                type="tertiary",
            )
    st.code(trace_id, language=None, width=380)


def _replies(answers: Sequence[Span]) -> list[Reply]:
    """What the answers became, as far as they were kept and not deleted since."""
    found = []
    for span in answers:
        if reply_id := span.text(attribute.REPLY):
            try:
                found.append(services.current().store.reply(reply_id))
            except NotFound:
                continue
    return found


def _to_answer(reply: Reply) -> None:
    """A way to the answer: in the comparison or the chat that has it."""
    session = services.current().store.session(reply.session_id)
    if chats.place(session) == "compare":
        page, there = "pages/compare.py", {"session": session.id, "turn": reply.turn_id}
    else:
        page, there = "pages/chat.py", {"session": session.id, "message": reply.id}
    st.page_link(page, label="To the answer", icon=":material/forum:", query_params=there)


def _beside(trace_id: str) -> None:
    place = st.popover(
        "Lay beside…",
        icon=":material/splitscreen_vertical_add:",
        key="trace-beside",
        type="tertiary",
        on_change="rerun",
    )
    if not place.open:
        return
    running = services.current()
    names = {model.id: model.name for model in running.chat.models().models}
    others = {one.trace_id: one for one in running.traces.listed(limit=_OTHERS) if one.trace_id != trace_id}
    with place:
        if not others:
            st.caption("There is no other trace yet.")
            return
        other = st.selectbox(
            "Other trace",
            others,
            format_func=lambda one: listing.plain(others[one], names),
            key="trace-other",
        )
        st.button(
            "Show both",
            key="trace-both",
            icon=":material/splitscreen_vertical_add:",
            on_click=address.go,
            kwargs={places.TRACE: trace_id, places.BESIDE: other},
        )
