"""What one can do about a prompt that the day's budget does not allow: a free model, or a shorter answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from madlen import catalogue, prices
from madlen.errors import OverBudget
from madlen.types import Lane
from madlen.ui import picker, text
from madlen.ui.unsent import Before


def offer(before: Before, settle: Callable[[Lane], None], error: OverBudget) -> None:
    """Buttons that change what is asked; the prompt is in the box again, and is sent from there."""
    pickable = catalogue.chosen_first(catalogue.matching(before.listing.models), before.choices)
    free = next((model for model in pickable if prices.is_free(model)), None)
    tokens = error.affordable_tokens
    with st.container(horizontal=True):
        if free is not None:
            st.button(
                f"Take {text.label(free.name)}, which is free",
                key="over-free",
                icon=":material/swap_horiz:",
                on_click=picker.choose,
                args=(before.key, free.id),
            )
        if tokens is not None:
            shorter = replace(before.lane, parameters=replace(before.lane.parameters, max_tokens=tokens))
            st.button(
                f"Ask for at most {tokens:,} tokens",
                key="over-shorter",
                icon=":material/compress:",
                on_click=settle,
                args=(shorter,),
            )
