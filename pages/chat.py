"""Chat: one prompt, one model, the answer as it comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from madlen import catalogue, estimates, services
from madlen.errors import MadlenError
from madlen.estimates import Estimate
from madlen.providers.directory import Listing
from madlen.types import Choices, Lane, Message, Model, Parameters, Quota, Session, Turn
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
_BEGUN = "chats-begun"
"""How many chats were begun in this tab."""
_SETTLED = "settled"
"""That the conversation changed how the chat asks, which is shown above it."""


@dataclass(slots=True)
class _Around:
    """What stands around a conversation, as the whole page was drawn."""

    key: str
    """Of the picker."""
    session: Session | None
    passing: Temporary | None
    lane: Lane
    model: Model | None
    listing: Listing
    choices: Choices
    newest: sidebar.Newest | None
    tools: DeltaGenerator
    quiet: DeltaGenerator
    drawn: str | None = None
    """The id of the chat that the conversation was drawn for last, empty for none yet."""

    def outdated(self) -> bool:
        """Whether anything of it is to be drawn anew, and not only the conversation."""
        session_id = _address()
        began_here = not self.drawn and st.session_state.get(_began(session_id)) == self.key
        return (
            temporary.current() is not self.passing
            or (session_id != self.drawn and not began_here)
            or (st.session_state.get(self.key) or "") != self.lane.model_id
            or bool(st.session_state.pop(_SETTLED, False))
        )


def main() -> None:
    session = address.session(instead="Here is a new one.")
    passing = temporary.current()
    listing, choices = chat.models(), chat.store.choices()
    newest = sidebar.draw(session, here="chat")
    picker.notes(listing)
    key = _key(session)
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
    with tools:
        lane = _lane(session, model, model_id, key)
        presets.draw(lane, key=key, use=partial(_settle, key))
    readiness.draw(model_id)
    st.session_state.pop(_SETTLED, None)
    sidebar.foot(model_id)
    _talk(_Around(key, session, passing, lane, model, listing, choices, newest, tools, quiet))


@st.fragment
def _talk(around: _Around) -> None:
    """The conversation and its box. A prompt has only these drawn anew, and not what stands around them."""
    try:
        _draw(around)
    except MadlenError as error:
        st.error(text.label(str(error)), icon=":material/error:")


def _draw(around: _Around) -> None:
    session, passing = around.session, around.passing
    if around.drawn is not None:
        if around.outdated():
            st.rerun()
        session = address.session(instead="Here is a new one.")
    around.drawn = session.id if session else ""
    if around.newest:
        sidebar.begun(around.newest, session)
    lane, model, listing, choices, key = (
        around.lane,
        around.model,
        around.listing,
        around.choices,
        around.key,
    )
    settle = partial(_settle, key)
    turns = _turns(session, passing)
    with around.tools:
        if session and turns:
            exports.draw(session, here="chat")
        elif not session and not passing:
            temporary.offer()
        else:
            # Something each time, for a fragment keeps a place beside it only so.
            st.empty()
    quota = madlen.quota()
    with around.quiet.container(horizontal=True, vertical_alignment="center", width="content"):
        picker.quota(quota, madlen.budget)
    if passing:
        temporary.mark(passing, lane)
    names = {model.id: catalogue.label(model) for model in listing.models}
    # A place of its own, so that the welcome is gone at once when the first answer begins.
    greeting = st.empty()
    send = partial(_send, session, passing, key)
    if not turns:
        with greeting.container():
            welcome.draw(model, ask=lambda words: send(Unsent(words), lane))
    talk, unfinished = st.container(), st.container()
    measure = partial(_measure, lane, listing, quota)
    before = Before(
        lane, model, lambda: measure(_turns(session, passing)), measure(turns), listing, choices, key
    )
    name = names.get(lane.model_id, lane.model_id)
    with unfinished:
        unsent.back_into_the_box(partial(over.offer, before, settle))
        unsent.draw(before, name, send=send, anew=partial(_send_anew, passing, key))
    last = turns[-1].text if turns else ""
    begin = temporary.begin if passing else st.query_params.clear
    stop = composer.draw(before, name, last=last, send=send, settle=settle, begin=begin)
    with talk:
        if passing:
            temporary.draw(passing, names, lane, stop)
        elif session:
            conversation.draw(session, turns, listing, choices, lane, names=names, stop=stop)


def _key(session: Session | None) -> str:
    """Of the picker. A chat keeps the one with which it began, so that its widgets stay what they are."""
    if session:
        key: str = st.session_state.get(_began(session.id), f"model-{session.id}")
        return key
    number = st.session_state.get(_BEGUN, 0)
    return f"model-new-{number}" if number else "model-new"


def _began(session_id: str) -> str:
    return f"began-{session_id}"


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
        _keep(key, lane)
    return lane


def _settle(key: str, lane: Lane) -> None:
    """Has the chat ask as the lane does, its model too; for callbacks."""
    st.session_state[_SETTLED] = True
    sampling.adopt(key)
    picker.choose(key, lane.model_id)
    attempt(_keep, key, lane)


def _keep(key: str, lane: Lane) -> None:
    """Keeps how the chat asks that is open now, which may have begun since the page was drawn."""
    if session_id := _address():
        chat.configure(session_id, system=lane.system, parameters=lane.parameters)
    else:
        st.session_state[f"{key}-asks"] = (lane.system, lane.parameters)


def _address() -> str:
    return str(st.query_params.get("session", ""))


def _send(session: Session | None, passing: Temporary | None, key: str, written: Unsent, lane: Lane) -> None:
    """Sends the prompt; one that cannot be sent goes back into the box."""
    session_id = session.id if session else ""
    try:
        if passing:
            passing.ask(written, lane)
            return
        asked = chat.ask(written.words, [lane], session_id=session_id, pictures=written.pictures)
    except MadlenError as error:
        unsent.refuse(written, error)
        return
    if not session_id:
        st.session_state[_began(asked.session_id)] = key
        st.session_state[_BEGUN] = st.session_state.get(_BEGUN, 0) + 1
    st.query_params.clear()
    st.query_params["session"] = asked.session_id


def _send_anew(passing: Temporary | None, key: str, written: Unsent, lane: Lane) -> None:
    """Sends the prompt into a new chat, a temporary one if this is one."""
    if passing:
        temporary.begin()
    _send(None, temporary.current() if passing else None, key, written, lane)


try:
    main()
except MadlenError as error:
    st.error(text.label(str(error)), icon=":material/error:")
