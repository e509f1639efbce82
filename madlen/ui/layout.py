"""How lanes stand: side by side, or one at a time with the others a tab away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from madlen import viewport
from madlen.ui import text

WIDE_AT_ONCE = 4
"""So many lanes share the width of the page; more stand side by side and are scrolled."""
LANE_WIDTH = 340


def width(number: int) -> int | Literal["stretch"]:
    """How wide each of so many lanes is: an equal share, or so much that its text can be read."""
    return "stretch" if number <= WIDE_AT_ONCE else LANE_WIDTH


def narrow() -> bool:
    """Whether the reader's window is too narrow for two lanes, as far as that is known."""
    return viewport.narrow(st.context.cookies, st.context.headers)


def places(titles: Mapping[str, str], *, key: str, expands: bool = True) -> dict[str, DeltaGenerator]:
    """A place to draw into for each lane, by its name; ``titles`` are what tabs are called.

    With ``expands`` each lane has a button that gives it the whole width, and a way back.
    """
    # One place each, emptied where it is not used: Streamlit shows what a place held before until a run
    # has ended, and this one lasts as long as the answers take.
    row, back, pages = (st.empty() for _ in range(3))
    alone = _alone(key, titles)
    if alone is None:
        with row.container(horizontal=True, wrap=False, key=key):
            cards = {
                name: st.container(border=True, width=width(len(titles)), gap="small") for name in titles
            }
        if expands and len(titles) > 1:
            for name, card in cards.items():
                _button(card, "Expand", ":material/open_in_full:", key=key, name=name, then=name)
        return cards
    if expands:
        _button(back, "Side by side", ":material/view_column:", key=key, name="all", then="")
    labels = {name: text.label(title) for name, title in titles.items()}
    with pages.container():
        tabs = st.tabs(list(labels.values()), default=labels[alone], key=f"{key}-tabs")
    return {name: tab.container(border=True, gap="small") for name, tab in zip(labels, tabs, strict=True)}


def _alone(key: str, titles: Mapping[str, str]) -> str | None:
    """The lane that has the width to itself to begin with; none where they stand side by side."""
    chosen: str | None = st.session_state.get(f"{key}-alone")
    if chosen in titles:
        return chosen
    return next(iter(titles), None) if chosen is None and narrow() else None


def _button(place: DeltaGenerator, label: str, icon: str, *, key: str, name: str, then: str) -> None:
    place.container(horizontal=True, horizontal_alignment="right").button(
        label,
        key=f"{key}-expand-{name}",
        icon=icon,
        type="tertiary",
        on_click=_show,
        args=(key, then),
    )


def _show(key: str, name: str) -> None:
    """Gives one lane the width, or all of them where that is none."""
    st.session_state[f"{key}-alone"] = name
