"""Chat: one prompt, one model, the answer as it comes."""

from __future__ import annotations

from functools import partial

import streamlit as st

from madlen import catalogue, images, services
from madlen.chat import PROMPT_CHARACTERS
from madlen.errors import MadlenError
from madlen.types import Lane, Model, Parameters, Session, Status, Turn
from madlen.ui import (
    address,
    exports,
    offers,
    picker,
    readiness,
    replies,
    sampling,
    sidebar,
    streaming,
    text,
    unsent,
)
from madlen.ui.attempts import attempt
from madlen.ui.unsent import Unsent

SUGGESTIONS = (
    "Explain how a rainbow forms, in three sentences.",
    "Write a haiku about the sea.",
    "Name five dishes one can make from potatoes.",
    "Write a Python function that reverses a string.",
)

TURNS_AT_ONCE = 10

madlen = services.current()
chat = madlen.chat


def main() -> None:
    session = address.session(instead="Here is a new one.")
    listing = chat.models()
    sidebar.draw(session, here="chat")
    picker.notes(listing)
    key = f"model-{session.id if session else 'new'}"
    choices = chat.store.choices()
    head = st.container(gap="small")
    tools, quiet = (st.container(horizontal=True, vertical_alignment="center") for _ in range(2))
    with head:
        model_id = picker.model(
            listing,
            choices,
            key=key,
            chosen=session.model_id if session else "",
            pin=chat.pin_model,
            tools=tools,
            quiet=quiet,
        )
    model = catalogue.find(listing.models, model_id)
    with tools:
        lane = _lane(session, model, model_id, key)
    with quiet:
        picker.quota(madlen.quota())
    readiness.draw(model_id)
    names = {model.id: catalogue.label(model) for model in listing.models}
    turns = chat.store.turns(session.id) if session else []
    if session and turns:
        with tools:
            exports.draw(session, here="chat")
    # A place of its own, so that the welcome is gone at once when the first answer begins.
    welcome = st.empty()
    if not turns:
        with welcome.container():
            _welcome(partial(_send, session), lane)
    unsent.back_into_the_box()
    name = names.get(model_id, model_id)
    seeing = catalogue.one_that_sees(listing.models, choices)
    unsent.draw(lane, name, seeing, key=key, send=partial(_send, session))
    st.chat_input(
        f"Message {name}",
        key="prompt",
        max_chars=PROMPT_CHARACTERS,
        accept_file="multiple",
        file_type=list(images.SUFFIXES),
        submit_mode="disable",
        disabled=not model_id,
        # Asked before the page is drawn anew, for it to be drawn once and with the answer in it.
        on_submit=_ask,
        args=(session, lane, model),
    )
    sidebar.foot(model_id)
    for turn in _shown(turns, key):
        _draw(turn, names, lane)


def _shown(turns: list[Turn], key: str) -> list[Turn]:
    """The newest turns, with a way to the ones before, so that a long chat opens as fast as a short one."""
    number = st.session_state.get(f"{key}-turns", TURNS_AT_ONCE)
    hidden = len(turns) - number
    if hidden > 0:
        st.button(
            f"Show {min(hidden, TURNS_AT_ONCE)} earlier prompts of {hidden}",
            key=f"{key}-earlier",
            icon=":material/expand_less:",
            type="tertiary",
            on_click=st.session_state.update,
            args=({f"{key}-turns": number + TURNS_AT_ONCE},),
        )
    return turns[-number:]


def _lane(session: Session | None, model: Model | None, model_id: str, key: str) -> Lane:
    """The model with the settings of this chat, which are kept when they change."""
    begun = st.session_state.get(f"{key}-asks", ("", Parameters()))
    known = (session.system, session.parameters) if session else begun
    system, parameters = sampling.draw(model, *known, key=key)
    if not session:
        st.session_state[f"{key}-asks"] = (system, parameters)
    elif (system, parameters) != known:
        chat.configure(session.id, system=system, parameters=parameters)
    return Lane(model_id, parameters=parameters, system=system)


def _ask(session: Session | None, lane: Lane, model: Model | None) -> None:
    """Sends what was written, or holds it when its model cannot see the images with it."""
    written = st.session_state["prompt"]
    try:
        pictures = tuple(images.prepared(file.getvalue()) for file in written.files)
    except MadlenError as error:
        unsent.refuse(written.text, error)
    else:
        prompt = Unsent(written.text, pictures)
        if pictures and model is not None and not catalogue.sees(model):
            unsent.hold(prompt)
        else:
            _send(session, prompt, lane)


def _send(session: Session | None, written: Unsent, lane: Lane) -> None:
    """Sends the prompt; one that cannot be sent goes back into the box."""
    session_id = session.id if session else ""
    try:
        asked = chat.ask(written.prompt, [lane], session_id=session_id, pictures=written.pictures)
    except MadlenError as error:
        unsent.refuse(written.prompt, error)
    else:
        st.query_params["session"] = asked.session_id


def _draw(turn: Turn, names: dict[str, str], lane: Lane) -> None:
    replies.prompt(turn)
    reply = turn.replies[-1] if turn.replies else None
    if reply is None:
        return
    name = names.get(reply.model_id, reply.model_id)
    again, picked = partial(_again, turn, lane.system), lane.model_id
    offer = partial(
        offers.draw,
        again=again,
        resume=partial(attempt, partial(chat.resume, system=lane.system)),
        other=picked,
        other_name=names.get(picked, picked),
    )
    if reply.status is Status.STREAMING:
        with st.chat_message("assistant", avatar=replies.ANSWER_ICON):
            waiting = partial(readiness.waiting, reply.model_id)
            card = replies.Arriving(
                reply, name, waiting=waiting, stop=partial(attempt, chat.stop), offer=offer
            )
        for update in streaming.paced(madlen.hub.follow(reply.id, every=streaming.FRAME_SECONDS)):
            card.take(update)
    else:
        replies.answer(reply, name, offer=offer)


def _again(turn: Turn, system: str, lane: Lane) -> None:
    attempt(partial(chat.regenerate, system=system), turn.session_id, turn.id, lane)


def _welcome(send: unsent.Send, lane: Lane) -> None:
    st.title("What would you like to ask?")
    if madlen.settings.openrouter_api_key is None:
        st.markdown(
            "A small model runs inside Madlen and answers at once, with no account. "
            "Set `OPENROUTER_API_KEY` to ask the large ones, many of them free: "
            "[get a key](https://openrouter.ai/settings/keys)."
        )
    else:
        st.markdown("Pick a model above and write, or begin with one of these.")
    st.pills(
        "Suggestions",
        SUGGESTIONS,
        key="suggestion",
        label_visibility="collapsed",
        on_change=_suggested,
        args=(send, lane),
    )


def _suggested(send: unsent.Send, lane: Lane) -> None:
    if suggestion := st.session_state["suggestion"]:
        send(Unsent(suggestion), lane)


try:
    main()
except MadlenError as error:
    st.error(text.label(str(error)), icon=":material/error:")
