"""The list of chats beside every page."""

from __future__ import annotations

import json
import shlex
from typing import Literal
from urllib.parse import urlsplit

import streamlit as st

from madlen import services
from madlen.types import Session
from madlen.ui import text

_AT_HAND = 20
"""So many of the newest are listed."""
Here = Literal["chat", "compare"]
_ICONS: dict[Here, str] = {"chat": ":material/chat_bubble:", "compare": ":material/view_column:"}


def draw(open_one: Session | None, *, here: Here | None) -> None:
    """A way to begin anew, and the newest chats and comparisons, the open one marked.

    ``here`` is what the page shows one of; ``None`` for a page that shows neither.
    """
    running = services.current()
    sessions = running.store.sessions(limit=_AT_HAND)
    with st.sidebar:
        st.subheader(text.label(running.settings.app_name))
        label = "New chat" if here == "chat" else "New comparison"
        begin = st.button(
            label,
            icon=":material/edit_square:",
            key="new-chat",
            on_click=_open if here else None,
            args=("",),
        )
        if begin and not here:
            st.switch_page("pages/compare.py")
        if not sessions:
            st.caption("Your chats will be listed here.")
        with st.container(gap=None):
            for session in sessions:
                title = text.label(session.title)
                marked = open_one is not None and session.id == open_one.id
                there: Here = "compare" if session.lanes else "chat"
                clicked = st.button(
                    f"**{title}**" if marked else title,
                    icon=":material/chevron_right:" if marked else _ICONS[there],
                    key=f"open-{session.id}",
                    type="tertiary",
                    wrap=False,
                    on_click=_open if there == here else None,
                    args=(session.id,),
                )
                if clicked and there != here:
                    st.switch_page(f"pages/{there}.py", query_params={"session": session.id})


def foot(model_id: str) -> None:
    """How a program asks the same. Drawn last of all.

    It is also the first code on the page: the browser loads its highlighter for it now, and not in
    the middle of an answer, where it would freeze the page for a quarter of a second.
    """
    with st.sidebar.expander("For programs", icon=":material/terminal:"):
        st.caption("Every model here answers over REST too, in OpenAI's shape.")
        asked = {"model": model_id, "messages": [{"role": "user", "content": "Hello!"}]}
        st.code(
            f"curl {_origin()}/api/chat/ \\\n  -H 'Content-Type: application/json' \\\n"
            f"  -d {shlex.quote(json.dumps(asked))}",
            language="bash",
        )
        st.link_button("All calls", f"{_origin()}/api/docs", type="tertiary", icon=":material/api:")


def _origin() -> str:
    """Where this page was opened, such as ``http://localhost:8501``."""
    address = urlsplit(st.context.url or "http://localhost:8501")
    return f"{address.scheme}://{address.netloc}"


def _open(session_id: str) -> None:
    """Goes to a chat by its address; a link to the page that is open would leave the address as it is."""
    if session_id:
        st.query_params["session"] = session_id
    else:
        st.query_params.clear()
