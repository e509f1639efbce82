"""Lanes kept by name: saved, taken up again, overwritten, deleted."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from madlen.lane_sets import LaneSet
from madlen.names import NAME_CHARACTERS
from madlen.types import Lane
from madlen.ui import text


def draw(
    known: Callable[[], Sequence[LaneSet]],
    *,
    key: str,
    use: Callable[[Sequence[Lane]], None],
    keep: Callable[[str], None],
    delete: Callable[[str], None],
) -> None:
    """Draws the sets behind a button. ``keep`` keeps the lanes as they stand under the name it is given."""
    own = f"{key}-sets"
    behind = st.popover("Lane sets", icon=":material/bookmarks:", key=own, type="tertiary", on_change="rerun")
    if not behind.open:
        return
    sets = known()
    with behind:
        if not sets:
            st.caption("Keep these lanes under a name, and take them up again in any comparison.")
        for number, one in enumerate(sets):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.button(
                    text.label(f"{one.name} · {len(one.lanes)} lanes"),
                    key=f"{own}-use-{number}",
                    icon=":material/bookmark:",
                    type="tertiary",
                    on_click=use,
                    args=(one.lanes,),
                )
                st.button(
                    "Overwrite",
                    key=f"{own}-keep-{number}",
                    icon=":material/save:",
                    type="tertiary",
                    on_click=keep,
                    args=(one.name,),
                )
                st.button(
                    "Delete",
                    key=f"{own}-delete-{number}",
                    icon=":material/delete:",
                    type="tertiary",
                    on_click=delete,
                    args=(one.name,),
                )
        st.text_input("Name", key=f"{own}-name", max_chars=NAME_CHARACTERS, placeholder="Cheap against dear")
        st.button(
            "Save these lanes",
            key=f"{own}-save",
            icon=":material/bookmark_add:",
            on_click=_save,
            args=(f"{own}-name", keep),
        )


def _save(field: str, keep: Callable[[str], None]) -> None:
    keep(st.session_state[field])
    st.session_state[field] = ""
