"""Models: all that can be asked, what each can do and costs, and what one's own use says of it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import streamlit as st

from madlen import comparison, figures, services
from madlen.providers.directory import Listing
from madlen.track_records import TrackRecord
from madlen.types import Choices, Model
from madlen.ui import attempts, picker, sidebar, text
from madlen.ui.models import details, narrowing, plot, table

madlen = services.current()
chat = madlen.chat
_FRESH_SECONDS = 15.0


def main() -> None:
    st.set_page_config(layout="wide")
    sidebar.draw(None, here=None)
    st.title("Models")
    listing = _listing()
    picker.notes(listing)
    if not listing.models:
        st.markdown("No model is listed yet. Set `OPENROUTER_API_KEY` for hundreds of them, and refresh.")
        return
    choices, records = chat.store.choices(), _records()
    known = {model.id: model for model in listing.models}
    asked = st.query_params.get("model", "")
    st.session_state.setdefault(table.CHOSEN, [asked] if asked in known else [])
    shown, narrowed = narrowing.draw(listing.models, choices, records)
    actions = st.container(horizontal=True, vertical_alignment="center")
    if shown:
        table.draw(shown, choices, records)
    else:
        st.info("No model is left by these filters.")
    _actions(actions, len(shown), narrowed, known)
    chosen = [known[one] for one in st.session_state[table.CHOSEN] if one in known]
    if chosen:
        _details(chosen, records, choices)
    plot.draw(shown)
    _gone(listing, records)


def _listing() -> Listing:
    """The list, had anew where that is asked for, with its age."""
    with st.container(horizontal=True, vertical_alignment="center"):
        place = st.empty()
        if st.button("Refresh", icon=":material/refresh:", type="tertiary", key="models-refresh"):
            with st.spinner("Asking for the list"):
                madlen.list_anew()
    listing = chat.models()
    number = figures.counted(len(listing.models), "model")
    age = madlen.list_age()
    place.caption(number if age is None else f"{number}, listed {_ago(age)}", width="content")
    return listing


def _ago(seconds: float) -> str:
    return "just now" if seconds < 60 else f"{seconds / 60:,.0f} min ago"


def _records() -> Mapping[str, TrackRecord]:
    """Track records, read again after a while: typing into the search need not wait for them."""
    kept: tuple[float, Mapping[str, TrackRecord]] | None = st.session_state.get("models-records")
    if kept is None or time.monotonic() - kept[0] > _FRESH_SECONDS:
        kept = (time.monotonic(), chat.store.track_records())
        st.session_state["models-records"] = kept
    return kept[1]


def _actions(
    place: st.delta_generator.DeltaGenerator, shown: int, narrowed: bool, known: Mapping[str, Model]
) -> None:
    """How many there are, and what can be done with those that are chosen."""
    chosen = [one for one in st.session_state[table.CHOSEN] if one in known]
    with place:
        if narrowed:
            st.caption(f"{shown:,} of them shown", width="content")
            st.button("Show all", key="models-all", type="tertiary", on_click=narrowing.clear)
        if not chosen:
            st.caption("Tick one for its details, several to compare them.", width="content")
            return
        if len(chosen) > comparison.MOST_LANES:
            st.caption(f"At most {comparison.MOST_LANES} models can be compared.", width="content")
        elif len(chosen) > 1:
            st.page_link(
                "pages/compare.py",
                label=f"Compare {len(chosen)} models",
                icon=":material/view_column:",
                query_params={"models": ",".join(chosen)},
            )
        else:
            st.caption("Tick another to compare them.", width="content")
        st.button("Choose none", key="models-none", type="tertiary", on_click=table.choose_none)


def _details(chosen: Sequence[Model], records: Mapping[str, TrackRecord], choices: Choices) -> None:
    by_id = {model.id: model for model in chosen}
    model_id = next(iter(by_id))
    if len(chosen) > 1:
        model_id = st.selectbox(
            "Details of", list(by_id), format_func=lambda one: by_id[one].name, key="models-detailed"
        )
    details.draw(by_id[model_id], records.get(model_id), choices, chat.pin_model)


def _gone(listing: Listing, records: Mapping[str, TrackRecord]) -> None:
    """Models that were used and that no list has any more."""
    listed = {model.id for model in listing.models}
    gone = [record for model_id, record in records.items() if model_id not in listed]
    # A list that could not be had says nothing about who is gone.
    if not gone or listing.notes:
        return
    number = figures.counted(len(gone), "model")
    if st.toggle(f"Show {number} used here that no list has any more", key="models-gone"):
        for record in sorted(gone, key=lambda one: -one.answers):
            st.caption(f"**{text.label(record.model_id)}** · {text.label(details.use(record))}")


attempts.draw(main)
