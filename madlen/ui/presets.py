"""Ways of asking kept by name: saved, taken up, overwritten, deleted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import streamlit as st

from madlen import presets, services
from madlen.names import NAME_CHARACTERS
from madlen.types import Lane
from madlen.ui import text
from madlen.ui.attempts import attempt


def draw(lane: Lane, *, key: str, use: Callable[[Lane], None]) -> None:
    """Draws the presets behind a button. ``lane`` is how the chat asks now; ``use`` has it ask otherwise."""
    own = f"{key}-presets"
    behind = st.popover("Presets", icon=":material/bookmarks:", key=own, type="tertiary", on_change="rerun")
    if not behind.open:
        return
    with behind:
        known = services.current().store.presets()
        if not known:
            st.caption("Keep this model with its system prompt and settings, and take it up in any chat.")
        for number, one in enumerate(known):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.button(
                    text.label(one.name),
                    key=f"{own}-use-{number}",
                    icon=":material/bookmark:",
                    help=text.label(_line(one.lane)),
                    type="tertiary",
                    on_click=_use,
                    args=(one.lane, own, use),
                )
                st.button(
                    "Overwrite",
                    key=f"{own}-keep-{number}",
                    icon=":material/save:",
                    type="tertiary",
                    on_click=attempt,
                    args=(_keep, one.name, lane),
                )
                st.button(
                    "Delete",
                    key=f"{own}-delete-{number}",
                    icon=":material/delete:",
                    type="tertiary",
                    on_click=attempt,
                    args=(services.current().store.delete_preset, one.name),
                )
        st.text_input("Name", key=f"{own}-name", max_chars=NAME_CHARACTERS, placeholder="Strict reviewer")
        st.button(
            "Save as preset",
            key=f"{own}-save",
            icon=":material/bookmark_add:",
            on_click=_save,
            args=(f"{own}-name", lane),
        )


def _line(lane: Lane) -> str:
    """What a preset asks, and the beginning of what it tells its model."""
    return " · ".join(part for part in (lane.model_id, lane.system[:200]) if part)


def _use(lane: Lane, own: str, use: Callable[[Lane], None]) -> None:
    st.session_state[own] = False
    use(lane)


def _save(field: str, lane: Lane) -> None:
    attempt(_keep, st.session_state[field], lane)
    st.session_state[field] = ""


def _keep(name: str, lane: Lane) -> None:
    services.current().store.keep_preset(presets.made(name, lane, datetime.now(UTC)))
