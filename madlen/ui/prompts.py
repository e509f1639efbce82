"""Prompts kept by name: put into the box with their variables filled in, saved, deleted."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from madlen import prompt_library, services
from madlen.names import NAME_CHARACTERS
from madlen.prompt_library import TEXT_CHARACTERS, SavedPrompt
from madlen.ui import text
from madlen.ui.attempts import attempt

_KEY = "prompts"
_OPEN, _PICKED = f"{_KEY}-open", f"{_KEY}-picked"


def draw(last: str) -> None:
    """A button that opens the library. ``last`` is the prompt to offer for keeping."""
    st.button("Prompts", icon=":material/book_2:", key=_KEY, type="tertiary", on_click=_open)
    if st.session_state.get(_OPEN):
        _library(last)


def _open() -> None:
    st.session_state[_OPEN] = True


def _close() -> None:
    st.session_state[_OPEN], st.session_state[_PICKED] = False, None


@st.dialog("Prompts", icon=":material/book_2:", on_dismiss=_close)
def _library(last: str) -> None:
    known = services.current().store.saved_prompts()
    picked = next((one for one in known if one.name == st.session_state.get(_PICKED)), None)
    if picked is not None:
        _fill(picked)
    else:
        _list(known, last)
    if not st.session_state.get(_OPEN):
        # What is in the box is drawn by the page around this.
        st.rerun()


def _list(known: list[SavedPrompt], last: str) -> None:
    if not known:
        st.caption("Keep a prompt under a name. {{topic}} in it is asked for each time you use it.")
    for number, one in enumerate(known):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.button(
                text.label(one.name),
                key=f"{_KEY}-use-{number}",
                icon=":material/bookmark:",
                help=text.label(one.text[:300]),
                type="tertiary",
                on_click=_use,
                args=(one,),
            )
            st.button(
                "Delete",
                key=f"{_KEY}-delete-{number}",
                icon=":material/delete:",
                type="tertiary",
                on_click=attempt,
                args=(services.current().store.delete_saved_prompt, one.name),
            )
    with st.form(f"{_KEY}-form", border=False):
        st.text_input("Name", key=f"{_KEY}-name", max_chars=NAME_CHARACTERS, placeholder="Summary")
        st.text_area(
            "Prompt",
            last[:TEXT_CHARACTERS],
            key=f"{_KEY}-text",
            max_chars=TEXT_CHARACTERS,
            placeholder="Sum up {{topic}} in three sentences.",
            help="It takes the place of a prompt of the same name.",
        )
        st.form_submit_button("Save prompt", icon=":material/bookmark_add:", on_click=_save)


def _fill(picked: SavedPrompt) -> None:
    """A field for each variable, and the way into the box."""
    st.caption(f"**{text.label(picked.name)}**")
    with st.form(f"{_KEY}-fill", border=False):
        for number, variable in enumerate(picked.variables):
            st.text_area(text.label(variable), key=f"{_KEY}-value-{number}", height=68)
        with st.container(horizontal=True):
            st.form_submit_button("Put into the box", on_click=_filled, args=(picked,))
            st.form_submit_button("Back", on_click=_pick, args=(None,))


def _use(one: SavedPrompt) -> None:
    if one.variables:
        _pick(one.name)
    else:
        _into_the_box(one.text)


def _filled(picked: SavedPrompt) -> None:
    values = {
        variable: st.session_state[f"{_KEY}-value-{number}"]
        for number, variable in enumerate(picked.variables)
    }
    _into_the_box(picked.filled(values))


def _into_the_box(words: str) -> None:
    st.session_state["prompt"] = words
    _close()


def _pick(name: str | None) -> None:
    st.session_state[_PICKED] = name


def _save() -> None:
    attempt(_keep, st.session_state[f"{_KEY}-name"], st.session_state[f"{_KEY}-text"])


def _keep(name: str, words: str) -> None:
    services.current().store.keep_saved_prompt(prompt_library.made(name, words, datetime.now(UTC)))
    st.session_state[f"{_KEY}-name"] = st.session_state[f"{_KEY}-text"] = ""
