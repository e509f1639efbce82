"""The list of chats beside every page."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from madlen.types import Session
from madlen.ui import text


def draw(sessions: Sequence[Session], *, app_name: str, current: str) -> None:
    """A way to begin a chat, and the newest chats, the open one marked."""
    with st.sidebar:
        st.subheader(text.label(app_name))
        st.button("New chat", icon=":material/edit_square:", key="new-chat", on_click=_open, args=("",))
        if not sessions:
            st.caption("Your chats will be listed here.")
        with st.container(gap=None):
            for session in sessions:
                title = text.label(session.title)
                marked = session.id == current
                st.button(
                    f"**{title}**" if marked else title,
                    icon=":material/chevron_right:" if marked else ":material/chat_bubble:",
                    key=f"open-{session.id}",
                    type="tertiary",
                    wrap=False,
                    on_click=_open,
                    args=(session.id,),
                )


def _open(session_id: str) -> None:
    """Goes to a chat by its address; a link to the page that is open would leave the address as it is."""
    if session_id:
        st.query_params["session"] = session_id
    else:
        st.query_params.clear()
