"""The chat that a page shows: its conversation, its box, and what a prompt does.

Not in the page's own script, of which Streamlit makes everything anew for each visitor, and keeps it for as
long as a button of it may be clicked.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from madlen import beginnings, catalogue, estimates, services
from madlen.errors import MadlenError
from madlen.estimates import Estimate
from madlen.providers.directory import Listing
from madlen.types import Lane, Message, Model, Parameters, Quota, Session, Turn
from madlen.ui import (
    address,
    around,
    attempts,
    composer,
    conversation,
    exports,
    over,
    picker,
    sampling,
    sidebar,
    streaming,
    temporary,
    unsent,
    welcome,
)
from madlen.ui.around import Around
from madlen.ui.temporary import Temporary
from madlen.ui.unsent import Before, Unsent


def lane(session: Session | None, model: Model | None, model_id: str, key: str) -> Lane:
    """The model with the settings of this chat, which are kept when they change."""
    begun = st.session_state.get(f"{key}-asks", ("", Parameters()))
    known = (session.system, session.parameters) if session else begun
    system, parameters = sampling.draw(model, *known, key=key)
    asking = Lane(model_id, parameters=parameters, system=system)
    if (system, parameters) != known:
        _keep(key, asking)
    return asking


def settle(key: str, lane: Lane) -> None:
    """Has the chat ask as the lane does, its model too; for callbacks."""
    around.settle()
    sampling.adopt(key)
    picker.choose(key, lane.model_id)
    attempts.attempt(_keep, key, lane)


@st.fragment
def draw(page: Around) -> None:
    """The conversation and its box. A prompt has only these drawn anew, and not what stands around them."""
    attempts.draw(_draw, page)


def _draw(page: Around) -> None:
    madlen, session, passing = services.current(), page.session, page.passing
    if page.drawn is not None:
        address.stay()
        if page.outdated():
            st.rerun()
        session = address.session(instead="Here is a new one.")
    page.drawn = session.id if session else ""
    listed = cache(partial(_listed, page, session))
    if not streaming.is_crowded():
        # At once, for between the words it would be sent with them.
        listed()
    lane, model, listing, choices, key = (
        page.lane,
        page.model,
        page.listing,
        page.choices,
        page.key,
    )
    settled = partial(settle, key)
    turns = _turns(session, passing)
    arriving = beginnings.arriving(turns)

    @cache
    def beside() -> DeltaGenerator:
        # Once, whichever of those who may call it is the first.
        listed()
        return _beside(page, session, bool(turns), passing, arriving)

    if passing:
        temporary.mark(passing, lane)
    names = {model.id: catalogue.label(model) for model in listing.models}
    # A place of its own, so that the welcome is gone at once when the first answer begins.
    greeting = st.empty()
    send = partial(_send, session, passing, key)
    measure = partial(_measure, listing, madlen.quota())
    before = Before(
        lane,
        model,
        lambda now: measure(_turns(session, passing), now),
        measure(turns, lane),
        listing,
        choices,
        key,
    )
    if not turns:
        with greeting.container():
            welcome.draw(model, ask=lambda words: send(Unsent(words), before.now().lane))
    talk, unfinished = st.container(), st.container()
    name = names.get(lane.model_id, lane.model_id)
    with unfinished:
        unsent.back_into_the_box(partial(over.offer, before, settled))
        unsent.draw(before, name, send=send, anew=partial(_send_anew, passing, key))
    last = turns[-1].text if turns else ""
    begin = temporary.begin if passing else address.go
    stop = composer.draw(before, name, last=last, send=send, settle=settled, begin=begin)
    try:
        with talk:
            if passing:
                temporary.draw(passing, names, lane, stop, beside)
            elif session:
                conversation.draw(
                    session, turns, listing, choices, lane, names=names, stop=stop, beside=beside
                )
    except MadlenError:
        # Not in any case: with an exception Streamlit also ends a run that another follows.
        beside()
        raise
    left = beside()
    if arriving:
        # Once more, for only now is it known what the answer took.
        _left(left)


def _beside(
    page: Around, session: Session | None, begun: bool, passing: Temporary | None, arriving: bool
) -> DeltaGenerator:
    """What else is to change; a browser takes half as long for it as for a prompt.

    Gives the place of what is left to ask for, which is drawn again when an answer that arrives has ended.
    """
    with page.tools:
        if session and begun:
            exports.draw(session, here="chat")
        elif not session and not passing:
            temporary.offer()
        else:
            # Something each time, for a fragment keeps a place beside it only so.
            st.empty()
    left = page.quiet.empty() if arriving else page.quiet
    _left(left)
    return left


def _listed(page: Around, session: Session | None) -> None:
    """The row in the list of a chat that began since the page was drawn."""
    if page.newest:
        sidebar.begun(page.newest, session)


def _left(place: DeltaGenerator) -> None:
    """What may still be asked, as it is now: a prompt just sent was not counted yet when it was measured."""
    madlen = services.current()
    with place.container(horizontal=True, vertical_alignment="center", width="content"):
        picker.quota(madlen.quota(), madlen.budget)


def _turns(session: Session | None, passing: Temporary | None) -> list[Turn]:
    """What was said in the chat until now."""
    if passing:
        passing.settle()
        return passing.turns
    return services.current().store.turns(session.id) if session else []


def _measure(listing: Listing, quota: Quota | None, turns: Sequence[Turn], lane: Lane) -> Estimate | None:
    """What an empty prompt would take after these turns."""
    empty = Message("user", "")
    return estimates.before([lane], listing.models, turns, empty, medians={}, quota=quota).get(lane.name)


def _keep(key: str, lane: Lane) -> None:
    """Keeps how the chat asks that is open now, which may have begun since the page was drawn."""
    if session_id := address.session_id():
        services.current().chat.configure(session_id, system=lane.system, parameters=lane.parameters)
    else:
        st.session_state[f"{key}-asks"] = (lane.system, lane.parameters)


def _send(session: Session | None, passing: Temporary | None, key: str, written: Unsent, lane: Lane) -> None:
    """Sends the prompt; one that cannot be sent goes back into the box."""
    madlen = services.current()
    session_id = session.id if session else ""
    if passing.is_answering() if passing else madlen.hub.is_answering(session_id):
        unsent.refuse_for_now(written)
        return
    try:
        if passing:
            passing.ask(written, lane)
            streaming.head_start()
            return
        asked = madlen.chat.ask(written.words, [lane], session_id=session_id, pictures=written.pictures)
    except MadlenError as error:
        unsent.refuse(written, error)
        return
    streaming.head_start()
    if not session_id:
        around.begin(asked.session_id, key)
    address.go(session=asked.session_id)


def _send_anew(passing: Temporary | None, key: str, written: Unsent, lane: Lane) -> None:
    """Sends the prompt into a new chat, a temporary one if this is one."""
    if passing:
        temporary.begin()
    _send(None, temporary.current() if passing else None, key, written, lane)
