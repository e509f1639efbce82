"""The box of a chat, what stands above it, and what comes of Enter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.delta_generator_singletons import get_dg_singleton_instance

from madlen import catalogue, images, text_files
from madlen.chat import PROMPT_CHARACTERS
from madlen.errors import MadlenError
from madlen.estimates import Problem
from madlen.types import Lane, Parameters
from madlen.ui import picker, prompts, shortcuts, text, unsent
from madlen.ui.unsent import Before, Send, Unsent

FILE_TYPES = [*images.SUFFIXES, *text_files.SUFFIXES]

Settle = Callable[[Lane], None]
"""Keeps how a chat asks."""


def written() -> tuple[Unsent, MadlenError | None]:
    """What was sent from the box just now, and why a file of it cannot be taken; for its callback."""
    value = st.session_state["prompt"]
    return unsent.written(value.text, [(file.name, file.getvalue()) for file in value.files])


def draw(
    before: Before, name: str, *, last: str, send: Send, settle: Settle, begin: Callable[[], None]
) -> DeltaGenerator:
    """Draws the box and gives the place of a button to stop with, beside it.

    ``last`` is the prompt that was sent last, ``name`` the model's; ``begin`` goes to a new chat.
    """
    with st.bottom:
        _warnings(before, settle, begin)
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            prompts.draw(last)
            stop = st.empty()
    # In the body of the page, also where a fragment draws it: only there it stays at the bottom.
    with get_dg_singleton_instance().main_dg:
        st.chat_input(
            f"Message {name}",
            key="prompt",
            max_chars=PROMPT_CHARACTERS,
            accept_file="multiple",
            file_type=FILE_TYPES,
            # A browser that sends two before the first was heard sends the second in its place.
            submit_mode="disable",
            disabled=not before.lane.model_id,
            # Asked before the page is drawn anew, for it to be drawn once and with the answer in it.
            on_submit=_ask,
            args=(before, send),
        )
    return stop


def stopping(place: DeltaGenerator, reply_id: str, stop: Callable[[str], None]) -> None:
    """Puts the button that stops a reply beside the box."""
    place.button(
        "Stop",
        key=f"stop-{reply_id}",
        icon=":material/stop_circle:",
        shortcut=shortcuts.STOP,
        on_click=stop,
        args=(reply_id,),
    )


def _ask(before: Before, send: Send) -> None:
    """Sends what was written, or holds it when it would not go as wanted."""
    prompt, failure = written()
    if failure:
        unsent.refuse(prompt, failure)
        return
    now = before.now()
    if now.blind(prompt) or now.too_long(prompt):
        unsent.hold(prompt)
    else:
        send(prompt, now.lane)


def _warnings(before: Before, settle: Settle, begin: Callable[[], None]) -> None:
    """What will not go as wanted with any prompt, each with what mends it."""
    said: set[str] = set()
    for problem in before.estimate.problems if before.estimate else ():
        if problem.kind == "price" or problem.kind in said:
            continue
        said.add(problem.kind)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(f":material/warning: {text.label(problem.sentence)}")
            _fix(problem, before, settle, begin)


def _fix(problem: Problem, before: Before, settle: Settle, begin: Callable[[], None]) -> None:
    lane, model = before.lane, before.model
    if model is None:
        return
    if problem.kind == "parameters":
        refused = dict.fromkeys(catalogue.refused_parameters(model))
        empty = {field: getattr(Parameters(), field) for field in refused}
        plain = replace(lane, parameters=replace(lane.parameters, **empty))
        st.button("Leave out", key="fix-parameters", type="tertiary", on_click=settle, args=(plain,))
        return
    tokens = before.estimate.prompt_tokens if before.estimate else 0
    other = (
        catalogue.one_with_room(before.listing.models, before.choices, tokens=2 * tokens)
        if problem.kind == "context"
        else catalogue.one_beside_the_quota(before.listing.models, before.choices)
    )
    if other is not None and other.id != model.id:
        st.button(
            f"Take {text.label(other.name)}",
            key=f"fix-{problem.kind}",
            type="tertiary",
            icon=":material/swap_horiz:",
            on_click=picker.choose,
            args=(before.key, other.id),
        )
    if problem.kind == "context":
        st.button(
            "New chat",
            key="fix-anew",
            type="tertiary",
            icon=":material/edit_square:",
            on_click=begin,
        )
