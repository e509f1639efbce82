"""The list of chats beside every page."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from madlen.types import Session
from madlen.ui import text

CHAT_PAGE = "pages/chat.py"


def draw(sessions: Sequence[Session], *, app_name: str, current: str) -> None:
    """A way to begin a chat, and the newest chats, the open one marked."""
    with st.sidebar:
        st.subheader(text.label(app_name))
        st.page_link(CHAT_PAGE, label="New chat", icon=":material/edit_square:", width="stretch")
        if not sessions:
            st.caption("Your chats will be listed here.")
        for session in sessions:
            marked = session.id == current
            st.page_link(
                CHAT_PAGE,
                label=f"**{text.label(session.title)}**" if marked else text.label(session.title),
                icon=":material/chevron_right:" if marked else ":material/chat_bubble:",
                query_params={"session": session.id},
                width="stretch",
            )
