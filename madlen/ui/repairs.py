"""What one can do about a lane that failed: another model in its place, or go on without it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from madlen.types import Reply
from madlen.ui import text


def draw(
    reply: Reply,
    others: Sequence[str],
    *,
    lines: Callable[[str], str],
    swap: Callable[[str], None],
    drop: Callable[[], None] | None,
) -> None:
    """Draws both. ``swap`` takes the id of a model of ``others``; ``drop`` is missing where too few stay."""
    if others:
        with st.popover("Swap", icon=":material/swap_horiz:", key=f"swap-{reply.id}", type="tertiary"):
            st.selectbox(
                f"Model for lane {text.label(reply.lane)}",
                others,
                format_func=lines,
                key=f"swap-model-{reply.id}",
                help="It answers this prompt and those that follow.",
            )
            st.button(
                "Ask it instead",
                key=f"swap-go-{reply.id}",
                icon=":material/swap_horiz:",
                on_click=_swap,
                args=(f"swap-model-{reply.id}", swap),
            )
    st.button(
        "Drop",
        key=f"drop-{reply.id}",
        icon=":material/close:",
        type="tertiary",
        disabled=drop is None,
        help="Goes on without this lane." if drop else "A comparison needs two lanes.",
        on_click=drop,
    )


def _swap(field: str, swap: Callable[[str], None]) -> None:
    swap(st.session_state[field])
