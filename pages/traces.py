"""Traces: where the time of each prompt went."""

from __future__ import annotations

import streamlit as st

from madlen import figures, services
from madlen.errors import NotFound
from madlen.ui import attempts, sidebar, text
from madlen.ui.traces import listing, one, pair, places, replay

madlen = services.current()


def main() -> None:
    st.set_page_config(layout="wide")
    sidebar.draw(None, here=None)
    _state()
    names = {model.id: model.name for model in madlen.chat.models().models}
    trace_id, beside, session_id = map(places.here, (places.TRACE, places.BESIDE, places.SESSION))
    try:
        if trace_id and beside:
            pair.draw(trace_id, beside, names)
        elif trace_id:
            one.draw(trace_id, names)
        elif session_id:
            replay.draw(session_id, names)
        else:
            _list(names)
    except NotFound as error:
        places.back()
        st.warning(text.label(str(error)), icon=":material/search_off:")


def _list(names: dict[str, str]) -> None:
    st.title("Traces")
    if madlen.traces.are_kept:
        listing.draw(names)
    else:
        st.markdown("No traces are kept here: `TRACES_KEPT` is 0 or `ENABLE_TRACING` is off.")
    if jaeger := madlen.settings.jaeger_ui_url:
        st.link_button("Jaeger", jaeger, icon=":material/open_in_new:", type="tertiary")


def _state() -> None:
    """What is wrong with the keeping of traces, where something is."""
    madlen.traces.flush()
    if trouble := madlen.traces.trouble:
        st.warning(f"{text.label(trouble)} Chats are not affected.", icon=":material/warning:")
    if dropped := madlen.traces.dropped:
        st.caption(f"{figures.counted(dropped, 'span')} could not be kept since the start.")


attempts.draw(main)
