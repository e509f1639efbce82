"""Choosing a model."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from madlen import catalogue
from madlen.providers.directory import Listing
from madlen.types import Model, Quota
from madlen.ui import figures, text

_PREFERRED = "openrouter/free"


def model(listing: Listing, *, key: str, chosen: str) -> str:
    """Draws the picker and gives the id of the model that is picked.

    Free models come first to hand: paid ones show when asked for. ``chosen`` is picked to begin with,
    and stays on offer even when no list has it any more.
    """
    pickable = catalogue.matching(listing.models)
    names = {one.id: one for one in pickable}
    wide, narrow = st.columns([4, 1], vertical_alignment="center")
    free_only = narrow.toggle(
        "Free only",
        value=_free_to_begin_with(pickable, chosen),
        key=f"{key}-free",
        help="Show only models whose answers cost nothing.",
    )
    offered = [one.id for one in pickable if not free_only or catalogue.is_free(one)]
    shown = f"{len(offered)} of {len(pickable)} models shown"
    if chosen and chosen not in offered:
        offered.insert(0, chosen)
    if not offered:
        wide.warning("There is no model to ask now.")
        return ""
    picked = wide.selectbox(
        "Model",
        offered,
        index=offered.index(_first(offered, chosen)),
        format_func=lambda model_id: _line(names.get(model_id), model_id),
        key=key,
        label_visibility="collapsed",
    )
    wide.caption(shown)
    return picked or ""


def _first(offered: Sequence[str], chosen: str) -> str:
    if chosen:
        return chosen
    return _PREFERRED if _PREFERRED in offered else offered[0]


def _free_to_begin_with(pickable: Sequence[Model], chosen: str) -> bool:
    found = catalogue.find(pickable, chosen)
    return found is None or catalogue.is_free(found)


def _line(one: Model | None, model_id: str) -> str:
    """Name, price and context of a model in a line; its id where no list has it any more."""
    if one is None:
        return f"{model_id} (not listed now)"
    prompt, completion = one.pricing.prompt, one.pricing.completion
    if catalogue.is_free(one):
        price = "free"
    elif prompt is None or completion is None:
        price = "price varies"
    else:
        price = f"{figures.per_million(prompt)} in, {figures.per_million(completion)} out per million tokens"
    context = f" · {one.context_length:,} tokens" if one.context_length else ""
    return f"{catalogue.label(one)} · {price}{context}"


def quota(known: Quota | None) -> None:
    """What the account may still do, where one spends it."""
    if known is not None and (line := figures.left(known)):
        st.caption(text.label(line))


def notes(listing: Listing) -> None:
    """What could not be listed, and why."""
    for note in listing.notes:
        st.warning(text.label(note), icon=":material/cloud_off:")
