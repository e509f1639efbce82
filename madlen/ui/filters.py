"""Which models are on offer: free ones unless asked for more, narrowed and put in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from madlen import catalogue
from madlen.providers.directory import Listing
from madlen.types import Choices, Model

ORDERS: dict[str, catalogue.Order] = {
    "As listed": "listed",
    "Cheapest first": "price",
    "Longest context first": "context",
    "Newest first": "newest",
}
CONTEXTS = (0, 8_000, 32_000, 128_000, 200_000, 1_000_000)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a model must have, besides a price of nothing, and in which order they stand."""

    vision: bool = False
    reasoning: bool = False
    tools: bool = False
    context: int = 0
    order: str = "As listed"


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
    wanted = _wanted(key)
    found = catalogue.matching(
        pickable,
        free=free,
        vision=wanted.vision,
        reasoning=wanted.reasoning,
        tools=wanted.tools,
        context=wanted.context,
    )
    return catalogue.ordered(found, ORDERS[wanted.order])


def _wanted(key: str) -> _Wanted:
    """The filters as they are, drawn only while they are looked at."""
    behind = st.popover(
        "Filter", icon=":material/filter_list:", key=f"{key}-filter", type="tertiary", on_change="rerun"
    )
    wanted: _Wanted = st.session_state.get(f"{key}-wanted", _Wanted())
    names = list(asdict(wanted))
    if behind.open:
        for name in names:
            st.session_state.setdefault(f"{key}-{name}", getattr(wanted, name))
        with behind:
            st.checkbox("Sees images", key=f"{key}-vision")
            st.checkbox("Reasons", key=f"{key}-reasoning")
            st.checkbox("Uses tools", key=f"{key}-tools")
            st.selectbox(
                "Context of at least",
                CONTEXTS,
                format_func=lambda tokens: f"{tokens:,} tokens" if tokens else "any length",
                key=f"{key}-context",
            )
            st.selectbox("Order", list(ORDERS), key=f"{key}-order")
    # Also when it is closed: a choice may be made in the moment in which it closes.
    chosen = {name: st.session_state.get(f"{key}-{name}", getattr(wanted, name)) for name in names}
    st.session_state[f"{key}-wanted"] = wanted = _Wanted(**chosen)
    return wanted


def _shown(place: DeltaGenerator, shown: int, known: int, key: str) -> None:
    """How many models the filters leave, and the way back to all of them."""
    place.caption(f"{shown:,} of {known:,} models shown")
    if shown < known:
        place.button("Show all", key=f"{key}-all", type="tertiary", on_click=_show_all, args=(key,))


def _show_all(key: str) -> None:
    wanted = _Wanted(order=st.session_state[f"{key}-wanted"].order)
    st.session_state[f"{key}-free"] = False
    st.session_state[f"{key}-wanted"] = wanted
    for name, value in asdict(wanted).items():
        if f"{key}-{name}" in st.session_state:
            st.session_state[f"{key}-{name}"] = value


def _free_to_begin_with(pickable: Sequence[Model], chosen: Sequence[str]) -> bool:
    found = (catalogue.find(pickable, model_id) for model_id in chosen)
    return all(one is None or catalogue.is_free(one) for one in found)
