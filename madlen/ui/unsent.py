"""A prompt that was written and is not sent yet, because its model cannot see the images with it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st

from madlen.types import Model, Picture
from madlen.ui import picker, replies, text

_HELD, _SENDING = "held", "sending"


@dataclass(frozen=True, slots=True)
class Unsent:
    """A prompt with its images, made ready."""

    prompt: str
    pictures: tuple[Picture, ...] = ()


def hold(unsent: Unsent) -> None:
    """Keeps a prompt until the reader has decided what becomes of it."""
    st.session_state[_HELD] = unsent


def send(unsent: Unsent) -> None:
    """Has the page send a prompt when it is drawn next; for callbacks."""
    st.session_state.pop(_HELD, None)
    st.session_state[_SENDING] = unsent


def to_send() -> Unsent | None:
    """What is to be sent, once."""
    sending: Unsent | None = st.session_state.pop(_SENDING, None)
    return sending


def draw(name: str, seeing: Model | None, *, key: str) -> None:
    """The held prompt, and what can be done: ask a model that sees, or send the words alone.

    ``name`` is the model that cannot see, ``seeing`` the one to offer, ``key`` the picker's.
    """
    held: Unsent | None = st.session_state.get(_HELD)
    if held is None:
        return
    with st.container(border=True):
        st.warning(
            f"{text.label(name)} cannot see images, so nothing was sent yet.",
            icon=":material/visibility_off:",
        )
        if held.prompt:
            st.markdown(text.prompt(held.prompt))
        replies.pictures(held.pictures)
        with st.container(horizontal=True):
            if seeing is not None:
                st.button(
                    f"Ask {text.label(seeing.name)}",
                    key="ask-seeing",
                    icon=":material/visibility:",
                    type="primary",
                    on_click=_switch,
                    args=(held, key, seeing.id),
                )
            if held.prompt:
                st.button(
                    "Send without the image",
                    key="send-blind",
                    icon=":material/hide_image:",
                    on_click=send,
                    args=(replace(held, pictures=()),),
                )
            st.button("Discard", key="discard", type="tertiary", on_click=_discard)


def _switch(held: Unsent, key: str, model_id: str) -> None:
    picker.choose(key, model_id)
    send(held)


def _discard() -> None:
    st.session_state.pop(_HELD, None)
