"""A prompt that was written and is not sent: its model cannot see its images, or it was refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import streamlit as st

from madlen.errors import MadlenError
from madlen.types import Lane, Model, Picture
from madlen.ui import picker, replies, text

_HELD, _REFUSED = "held", "refused"


@dataclass(frozen=True, slots=True)
class Unsent:
    """A prompt with its images, made ready."""

    prompt: str
    pictures: tuple[Picture, ...] = ()


Send = Callable[[Unsent, Lane], None]


def refuse(prompt: str, error: MadlenError) -> None:
    """Keeps a prompt that could not be sent, with the reason."""
    st.session_state[_REFUSED] = (prompt, str(error))


def back_into_the_box() -> None:
    """Says why the last prompt could not be sent, and puts it back to be mended."""
    prompt, sentence = st.session_state.pop(_REFUSED, ("", ""))
    if sentence:
        st.session_state["prompt"] = prompt
        st.error(text.label(sentence), icon=":material/error:")


def hold(unsent: Unsent) -> None:
    """Keeps a prompt until the reader has decided what becomes of it."""
    st.session_state[_HELD] = unsent


def draw(lane: Lane, name: str, seeing: Model | None, *, key: str, send: Send) -> None:
    """The held prompt, and what can be done: ask a model that sees, or send the words alone.

    ``name`` is the lane's model, which cannot see, ``seeing`` the one to offer, ``key`` the picker's.
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
                    on_click=_sent,
                    args=(held, replace(lane, model_id=seeing.id), key, send),
                )
            if held.prompt:
                st.button(
                    "Send without the image",
                    key="send-blind",
                    icon=":material/hide_image:",
                    on_click=_sent,
                    args=(replace(held, pictures=()), lane, key, send),
                )
            st.button("Discard", key="discard", type="tertiary", on_click=_discard)


def _sent(held: Unsent, lane: Lane, key: str, send: Send) -> None:
    picker.choose(key, lane.model_id)
    _discard()
    send(held, lane)


def _discard() -> None:
    st.session_state.pop(_HELD, None)
