"""Which models are on offer: free ones unless asked for more, narrowed and put in order."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from madlen import catalogue
from madlen.providers.directory import Listing
from madlen.types import Choices, Model

_ORDERS: dict[str, catalogue.Order] = {
    "As listed": "listed",
    "Cheapest first": "price",
    "Longest context first": "context",
    "Newest first": "newest",
}
_CONTEXTS = (0, 8_000, 32_000, 128_000, 200_000, 1_000_000)


def draw(
    listing: Listing,
    choices: Choices,
    *,
    key: str,
    chosen: Sequence[str],
    tools: DeltaGenerator,
    quiet: DeltaGenerator,
) -> list[str]:
    """Draws the filters into the row ``tools`` and gives the ids of the models that they leave.

    What they leave out is said in the row ``quiet``. Those of ``chosen`` stay on offer, first, whatever
    the filters say and even when no list has them any more.
    """
    pickable = catalogue.matching(listing.models)
    with tools:
        # Not given as a default, for a button changes it too.
        st.session_state.setdefault(f"{key}-free", _free_to_begin_with(pickable, chosen))
        free = st.toggle("Free only", key=f"{key}-free", help="Show only models whose answers cost nothing.")
        narrowed = _narrowed(pickable, free=free, key=key)
    offered = [one.id for one in catalogue.chosen_first(narrowed, choices)]
    _shown(quiet, len(offered), len(pickable), key)
    return [*(one for one in dict.fromkeys(chosen) if one not in offered), *offered]


def _narrowed(pickable: Sequence[Model], *, free: bool, key: str) -> list[Model]:
    with st.popover("Filter", icon=":material/filter_list:", key=f"{key}-filter", type="tertiary"):
        vision = st.checkbox("Sees images", key=f"{key}-vision")
        reasoning = st.checkbox("Reasons", key=f"{key}-reasoning")
        tools = st.checkbox("Uses tools", key=f"{key}-tools")
        context = st.selectbox(
            "Context of at least",
            _CONTEXTS,
            format_func=lambda tokens: f"{tokens:,} tokens" if tokens else "any length",
            key=f"{key}-context",
        )
        order = st.selectbox("Order", list(_ORDERS), key=f"{key}-order")
    found = catalogue.matching(
        pickable, free=free, vision=vision, reasoning=reasoning, tools=tools, context=context
    )
    return catalogue.ordered(found, _ORDERS[order])


def _shown(place: DeltaGenerator, shown: int, known: int, key: str) -> None:
    """How many models the filters leave, and the way back to all of them."""
    place.caption(f"{shown:,} of {known:,} models shown")
    if shown < known:
        place.button("Show all", key=f"{key}-all", type="tertiary", on_click=_show_all, args=(key,))


def _show_all(key: str) -> None:
    for name in ("free", "vision", "reasoning", "tools"):
        st.session_state[f"{key}-{name}"] = False
    st.session_state[f"{key}-context"] = 0


def _free_to_begin_with(pickable: Sequence[Model], chosen: Sequence[str]) -> bool:
    found = (catalogue.find(pickable, model_id) for model_id in chosen)
    return all(one is None or catalogue.is_free(one) for one in found)
