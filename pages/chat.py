"""Chat: one prompt, one model, the answer as it comes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from madlen import catalogue, estimates, services
from madlen.errors import MadlenError
from madlen.estimates import Estimate
from madlen.providers.directory import Listing
from madlen.types import Lane, Message, Model, Parameters, Quota, Session, Turn
from madlen.ui import (
    address,
    composer,
    conversation,
    exports,
    over,
    picker,
    presets,
    readiness,
    sampling,
    sidebar,
    temporary,
    text,
    unsent,
    welcome,
)
from madlen.ui.attempts import attempt
from madlen.ui.temporary import Temporary
from madlen.ui.unsent import Before, Unsent

madlen = services.current()
chat = madlen.chat


def main() -> None:
    session = address.session(instead="Here is a new one.")
    passing = temporary.current()
    listing, choices = chat.models(), chat.store.choices()
    sidebar.draw(session, here="chat")
    picker.notes(listing)
    key = f"model-{session.id if session else 'new'}"
    if not session:
        address.follow(key)
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
    turns = _turns(session, passing)
    settle = partial(_settle, session, key)
    with tools:
        lane = _lane(session, model, model_id, key)
        presets.draw(lane, key=key, use=settle)
        if session and turns:
            exports.draw(session, here="chat")
        elif not session and not passing:
            temporary.offer()
    quota = madlen.quota()
    with quiet:
        picker.quota(quota, madlen.budget)
    readiness.draw(model_id)
    if passing:
        temporary.mark(passing, lane)
    names = {model.id: catalogue.label(model) for model in listing.models}
    # A place of its own, so that the welcome is gone at once when the first answer begins.
    greeting = st.empty()
    send = partial(_send, session, passing)
    if not turns:
        with greeting.container():
            welcome.draw(model, ask=lambda words: send(Unsent(words), lane))
    talk, unfinished = st.container(), st.container()
    measure = partial(_measure, lane, listing, quota)
    before = Before(
        lane, model, lambda: measure(_turns(session, passing)), measure(turns), listing, choices, key
    )
    name = names.get(model_id, model_id)
    with unfinished:
        unsent.back_into_the_box(partial(over.offer, before, settle))
        unsent.draw(before, name, send=send, anew=partial(_send_anew, passing))
    last = turns[-1].text if turns else ""
    begin = temporary.begin if passing else st.query_params.clear
    stop = composer.draw(before, name, last=last, send=send, settle=settle, begin=begin)
    sidebar.foot(model_id)
    with talk:
        if passing:
            temporary.draw(passing, names, lane, stop)
        elif session:
            conversation.draw(session, turns, listing, choices, lane, names=names, stop=stop)


def _turns(session: Session | None, passing: Temporary | None) -> list[Turn]:
    """What was said in the chat until now."""
    if passing:
        passing.settle()
        return passing.turns
    return chat.store.turns(session.id) if session else []


def _measure(lane: Lane, listing: Listing, quota: Quota | None, turns: Sequence[Turn]) -> Estimate | None:
    """What an empty prompt would take after these turns."""
    empty = Message("user", "")
    return estimates.before([lane], listing.models, turns, empty, medians={}, quota=quota).get(lane.name)


def _lane(session: Session | None, model: Model | None, model_id: str, key: str) -> Lane:
    """The model with the settings of this chat, which are kept when they change."""
    begun = st.session_state.get(f"{key}-asks", ("", Parameters()))
    known = (session.system, session.parameters) if session else begun
    system, parameters = sampling.draw(model, *known, key=key)
    lane = Lane(model_id, parameters=parameters, system=system)
    if (system, parameters) != known:
        _keep(session, key, lane)
    return lane


def _settle(session: Session | None, key: str, lane: Lane) -> None:
    """Has the chat ask as the lane does, its model too; for callbacks."""
    sampling.adopt(key)
    picker.choose(key, lane.model_id)
    attempt(_keep, session, key, lane)


def _keep(session: Session | None, key: str, lane: Lane) -> None:
    if session:
        chat.configure(session.id, system=lane.system, parameters=lane.parameters)
    else:
        st.session_state[f"{key}-asks"] = (lane.system, lane.parameters)


def _send(session: Session | None, passing: Temporary | None, written: Unsent, lane: Lane) -> None:
    """Sends the prompt; one that cannot be sent goes back into the box."""
    session_id = session.id if session else ""
    try:
        if passing:
            passing.ask(written, lane)
            return
        asked = chat.ask(written.words, [lane], session_id=session_id, pictures=written.pictures)
    except MadlenError as error:
        unsent.refuse(written, error)
    else:
        st.query_params.clear()
        st.query_params["session"] = asked.session_id


def _send_anew(passing: Temporary | None, written: Unsent, lane: Lane) -> None:
    """Sends the prompt into a new chat, a temporary one if this is one."""
    if passing:
        temporary.begin()
    _send(None, temporary.current() if passing else None, written, lane)


try:
    main()
except MadlenError as error:
    st.error(text.label(str(error)), icon=":material/error:")
