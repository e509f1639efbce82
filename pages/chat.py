"""Chat: one prompt, one model, the answer as it comes."""

from __future__ import annotations

from functools import partial

import streamlit as st

from madlen import catalogue, services
from madlen.ui import address, around, attempts, opening, picker, presets, readiness, sidebar, talk, temporary
from madlen.ui.around import Around


def main() -> None:
    chat = services.current().chat
    session = address.session(instead="Here is a new one.")
    passing = temporary.current()
    listing, choices = chat.models(), chat.store.choices()
    first_sight = opening.draw(session, listing.models)
    newest = sidebar.draw(session, here="chat")
    picker.notes(listing)
    key = around.key(session)
    if not session:
        address.follow(key)
    head = st.container()
    tools, quiet = (st.container(horizontal=True, vertical_alignment="center") for _ in range(2))
    model_id = picker.model(
        listing,
        choices,
        key=key,
        chosen=session.model_id if session else "",
        pin=chat.pin_model,
        place=head,
        tools=tools,
        quiet=quiet,
    )
    model = catalogue.find(listing.models, model_id)
    with tools:
        lane = talk.lane(session, model, model_id, key)
        presets.draw(lane, key=key, use=partial(talk.settle, key))
    readiness.draw(model_id)
    around.settled()
    sidebar.foot(model_id)
    if first_sight is not None:
        first_sight.empty()
    talk.draw(Around(key, session, passing, lane, model, listing, choices, newest, tools, quiet))


attempts.draw(main)
