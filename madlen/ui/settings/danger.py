"""What cannot be undone, behind words that have to be typed."""

from __future__ import annotations

import streamlit as st

from madlen import erasure, figures, services
from madlen.errors import MadlenError
from madlen.ui import text

_TYPED = "settings-typed"


def draw(chats: int) -> None:
    """Deletes all chats once their number is typed, and forgets which models were chosen."""
    st.header("Danger zone")
    with st.container(border=True):
        st.markdown("**Delete all chats and comparisons**")
        st.caption(
            "With their answers, images and votes, for good; what is being answered stops. Prompt sets and "
            "their runs stay. Make a backup first if in doubt."
        )
        if chats:
            with st.container(horizontal=True, vertical_alignment="bottom"):
                typed = st.text_input(
                    f"Type {chats} to delete {figures.counted(chats, 'chat')}",
                    key=_TYPED,
                    max_chars=20,
                    live=True,
                    width=280,
                )
                st.button(
                    "Delete all",
                    icon=":material/delete_forever:",
                    key="settings-delete",
                    disabled=typed.strip() != str(chats),
                    on_click=_delete,
                    args=(chats,),
                )
        else:
            st.caption("There are none.")
    with st.container(border=True):
        st.markdown("**Forget which models were pinned and used last**")
        st.button("Forget", icon=":material/history_toggle_off:", key="settings-forget", on_click=_forget)


def _delete(chats: int) -> None:
    running = services.current()
    # As typed at this moment: the page may have been drawn before the last key.
    if st.session_state.get(_TYPED, "").strip() != str(chats):
        return
    try:
        erasure.all_chats(running.store, running.hub, chats)
    except MadlenError as error:
        st.toast(text.label(str(error)), icon=":material/error:")
    else:
        st.toast(f"{figures.counted(chats, 'chat')} deleted", icon=":material/delete_forever:")
    st.session_state[_TYPED] = ""


def _forget() -> None:
    try:
        services.current().store.forget_choices()
    except MadlenError as error:
        st.toast(text.label(str(error)), icon=":material/error:")
    else:
        st.toast("Forgotten", icon=":material/history_toggle_off:")
