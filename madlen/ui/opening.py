"""The end of a chat, seen while the rest of its page is still on its way.

A browser draws what has come once nothing more comes for a moment, and the first page of a tab takes it
several hundred milliseconds, however few of its parts are in sight. The last prompt and its answer by
themselves take it a hundred.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from madlen import catalogue, services
from madlen.types import Model, Reply, Session, Status
from madlen.ui import conversation, replies, turnstile

MOMENT_SECONDS = 0.1
"""So long nothing more is sent, and a browser draws what it has."""
_OPENED = "opened"


def draw(session: Session | None, listed: Sequence[Model]) -> DeltaGenerator | None:
    """Draws the last prompt of the chat and the answer to it on the first page of a tab.

    Not while the answer is in flight, nor where the address names a message, for that is what one came for.
    Gives its place, which is to be empty when the conversation is drawn, or ``None`` where it is empty.
    """
    place = st.empty()
    first = not st.session_state.get(_OPENED)
    st.session_state[_OPENED] = True
    if session is None or not first or "message" in st.query_params:
        return None
    store = services.current().store
    turns = store.turns(session.id)
    if not turns:
        return None
    turn = turns[-1]
    reply = conversation.chosen(turn, store.remarks(session.id)) if turn.replies else None
    if reply is not None and reply.status is Status.STREAMING:
        return None
    with place.container():
        replies.prompt(turn)
        if reply is not None:
            with st.chat_message("assistant", avatar=replies.ANSWER_ICON):
                model = catalogue.find(listed, reply.model_id)
                name = catalogue.label(model) if model else reply.model_id
                replies.ended(reply, name, below=replies.Below(offer=_nothing))
    turnstile.aside(MOMENT_SECONDS)
    return place


def _nothing(_reply: Reply) -> None:
    """What can be done about the answer stands under it when the page is there."""
