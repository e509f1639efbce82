"""Which models of the catalogue the page shows, and in which order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from madlen import catalogue
from madlen.track_records import TrackRecord
from madlen.types import Choices, Model
from madlen.ui.filters import CONTEXTS, ORDERS

PINNED, FREE, USED = "Pinned", "Free", "Used here"
SEES, REASONS, TOOLS = "Sees images", "Reasons", "Uses tools"
_KEYS: dict[str, object] = {
    "models-words": "",
    "models-with": [],
    "models-context": CONTEXTS[0],
    "models-order": next(iter(ORDERS)),
}


def draw(
    listed: Sequence[Model], choices: Choices, records: Mapping[str, TrackRecord]
) -> tuple[list[Model], bool]:
    """Draws search and filters; gives the models they leave, pinned ones first, and whether any is set."""
    for key, empty in _KEYS.items():
        st.session_state.setdefault(key, empty)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        words = st.text_input(
            "Search",
            key="models-words",
            icon=":material/search:",
            placeholder="A part of a name or id",
            max_chars=200,
            live=True,
            width=320,
        )
        context = st.selectbox(
            "Context of at least",
            CONTEXTS,
            format_func=lambda tokens: f"{tokens:,} tokens" if tokens else "any length",
            key="models-context",
            width=180,
        )
        order = st.selectbox("Order", list(ORDERS), key="models-order", width=200)
    wanted = st.pills(
        "Only models that are or can",
        [PINNED, FREE, SEES, REASONS, TOOLS, USED],
        selection_mode="multi",
        key="models-with",
        label_visibility="collapsed",
    )
    found = catalogue.matching(
        listed,
        free=FREE in wanted,
        vision=SEES in wanted,
        reasoning=REASONS in wanted,
        tools=TOOLS in wanted,
        context=context,
        words=words,
    )
    found = [
        model
        for model in catalogue.ordered(found, ORDERS[order])
        if (PINNED not in wanted or model.id in choices.pinned)
        and (USED not in wanted or model.id in records)
    ]
    pinned_first = catalogue.chosen_first(found, Choices(pinned=choices.pinned))
    return pinned_first, bool(words.strip() or wanted or context)


def clear() -> None:
    """Lets every filter go; for callbacks."""
    st.session_state.update(_KEYS)
