"""What the address of a page names."""

from __future__ import annotations

from typing import NoReturn
from urllib.parse import urlsplit

import streamlit as st

from madlen import services
from madlen.chat import PROMPT_CHARACTERS
from madlen.errors import NotFound
from madlen.types import Session
from madlen.ui import picker, text

_FOLLOWED = "followed"
_HERE = "here"


def session_id() -> str:
    """Of the session in the address; empty for none."""
    return str(st.query_params.get("session", ""))


def go(**names: str) -> None:
    """Goes to a place by all that its address names, what is empty left out; for callbacks.

    The browser's way back is one step.
    """
    st.query_params.from_dict({name: value for name, value in names.items() if value})
    arrive()


def change(**names: str) -> None:
    """The same, but what else the address names stays."""
    go(**(st.query_params.to_dict() | names))


def arrive() -> None:
    """Notes where the page is; for whenever all of it is drawn."""
    st.session_state[_HERE] = st.query_params.to_dict()


def stay() -> None:
    """Keeps the page where it is; for what is drawn alone.

    A browser asks for that with the address that it knew: it may not have heard yet where a callback went.
    By its way back, or a link, it asks for the whole page.
    """
    here = st.session_state.get(_HERE)
    if here is not None and here != st.query_params.to_dict():
        st.query_params.from_dict(here)


def redraw() -> NoReturn:
    """Has the whole page drawn anew where it is; for what is drawn alone."""
    stay()
    st.rerun()


def session(*, instead: str) -> Session | None:
    """The session in the address, or ``None``; one that has gone is said to be, and ``instead`` offered."""
    named = session_id()
    if not named:
        return None
    try:
        return services.current().store.session(named)
    except NotFound as error:
        go()
        st.warning(f"{text.label(str(error))} {instead}", icon=":material/search_off:")
        return None


def follow(key: str) -> None:
    """Picks the model and fills the box that a link to a new chat names, ``/?model=a/b&q=…``, once.

    ``key`` is the picker's.
    """
    link = (st.query_params.get("model", ""), st.query_params.get("q", ""))
    if link == st.session_state.get(_FOLLOWED, ("", "")):
        return
    st.session_state[_FOLLOWED] = link
    model_id, prompt = link
    if model_id:
        picker.choose(key, model_id)
    if prompt:
        st.session_state["prompt"] = prompt[:PROMPT_CHARACTERS]


def origin() -> str:
    """Where this page was opened, such as ``http://localhost:8501``."""
    address = urlsplit(st.context.url or "http://localhost:8501")
    return f"{address.scheme}://{address.netloc}"
