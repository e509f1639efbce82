"""Compare: one prompt, several models side by side, an honest verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import streamlit as st

from madlen import blind, catalogue, images, services, votes
from madlen.chat import PROMPT_CHARACTERS
from madlen.errors import MadlenError
from madlen.providers.directory import Listing
from madlen.types import Choices, Lane, Reply, Session, Turn
from madlen.ui import (
    address,
    comparing,
    exports,
    grid,
    imports,
    lanes,
    offers,
    picker,
    readiness,
    sidebar,
    streaming,
    text,
    then_now,
    timeline,
    unsent,
    verdict,
)
from madlen.ui.attempts import attempt

madlen = services.current()
chat = madlen.chat


def main() -> None:
    st.set_page_config(layout="wide")
    session = address.session(instead="Here is a new comparison.")
    listing, choices = chat.models(), chat.store.choices()
    sidebar.draw(session, here="compare")
    picker.notes(listing)
    turns = chat.store.turns(session.id) if session else []
    cast = {vote.turn_id: vote for vote in chat.store.votes_of(session.id)} if session else {}
    # What tells who answers stays away until there is a verdict.
    hidden = bool(turns) and turns[-1].blind and turns[-1].id not in cast
    key = f"lanes-{session.id if session else 'new'}"
    asked = _lanes(session, listing, choices, key)
    if not asked:
        st.warning("There is no model to ask now.")
        return
    if not hidden:
        with st.expander("Lanes", icon=":material/view_column:", expanded=not turns):
            asked = lanes.draw(asked, listing, choices, key=key)
        with st.container(horizontal=True, vertical_alignment="center"):
            picker.quota(madlen.quota())
            if session and turns:
                exports.draw(session, here="compare")
        for model_id in dict.fromkeys(lane.model_id for lane in asked):
            readiness.draw(model_id)
    unseen = not hidden and st.toggle(
        "Blind",
        key="blind",
        help="Hides who answered and how fast until you have voted. Best for a fair verdict.",
    )
    if not turns:
        _welcome()
        imports.draw(key="imports")
    unsent.back_into_the_box()
    if "prompt" not in st.session_state and (wanted := st.query_params.get("q", "")):
        st.session_state["prompt"] = wanted
    st.chat_input(
        f"Ask {len(asked)} lanes at once",
        key="prompt",
        max_chars=PROMPT_CHARACTERS,
        accept_file="multiple",
        file_type=list(images.SUFFIXES),
        submit_mode="disable",
        on_submit=_ask,
        args=(session, asked, unseen or hidden),
    )
    if not hidden:
        sidebar.foot(asked[0].model_id)
    names = {model.id: catalogue.label(model) for model in listing.models}
    rounds = madlen.archives.then_and_now(session.id) if session else ()
    for turn in turns:
        _draw(turn, names, cast.get(turn.id), listing, newest=turn is turns[-1])
        then_now.draw([one for one in rounds if one.now and one.now.id == turn.id])
    if session and rounds:
        then_now.rest(session, rounds)


def _lanes(session: Session | None, listing: Listing, choices: Choices, key: str) -> Sequence[Lane]:
    """The lanes as they were set up last, as the address names their models, or two to begin with."""
    if key in st.session_state:
        kept: Sequence[Lane] = st.session_state[key]
        return kept
    if session and session.lanes:
        return session.lanes
    wanted = [one.strip() for one in st.query_params.get("models", "").split(",") if one.strip()]
    free = catalogue.chosen_first(catalogue.matching(listing.models, free=True), choices)
    found = wanted or [model.id for model in free]
    found = found or [model.id for model in catalogue.matching(listing.models)]
    ids = (found * lanes.FEWEST)[: max(lanes.FEWEST, min(len(wanted), lanes.MOST))]
    return [Lane(model_id, name) for model_id, name in zip(ids, lanes.names(len(ids)), strict=True)]


def _ask(session: Session | None, asked: Sequence[Lane], unseen: bool) -> None:
    written = st.session_state["prompt"]
    try:
        pictures = tuple(images.prepared(file.getvalue()) for file in written.files)
        if session:
            chat.arrange(session.id, asked)
        made = chat.ask(
            written.text,
            asked,
            session_id=session.id if session else "",
            pictures=pictures,
            blind=unseen,
        )
    except MadlenError as error:
        unsent.refuse(written.text, error)
    else:
        st.query_params.clear()
        st.query_params["session"] = made.session_id


def _draw(
    turn: Turn, names: Mapping[str, str], vote: votes.Vote | None, listing: Listing, *, newest: bool
) -> None:
    shown = grid.latest(turn)
    acts = grid.Acts(
        follow=partial(madlen.hub.follow_all, every=streaming.FRAME_SECONDS),
        waiting=readiness.waiting,
        stop=partial(attempt, chat.stop),
        offer=partial(_offer, turn),
    )
    if turn.blind and vote is None:
        asked = {reply.model_id for reply in shown.values()}
        models = [model for model in listing.models if model.id in asked]
        order = grid.draw_blind(turn, models, acts)
        labels = dict(zip(order, (f"Answer {label}" for label in blind.labels(len(order))), strict=True))
        verdict.draw(turn, labels, vote, hidden=True, keys=newest, cast=partial(attempt, chat.vote))
        return
    grid.draw(turn, names, acts)
    verdict.draw(
        turn,
        {reply.id: f"{lane} is better" for lane, reply in shown.items()},
        vote,
        hidden=False,
        keys=newest,
        cast=partial(attempt, chat.vote),
    )
    with st.expander("Race", icon=":material/timeline:", key=f"race-{turn.id}", on_change="rerun") as race:
        if race.open:
            timeline.draw(list(turn.replies), names, key=f"chart-{turn.id}")
    comparing.draw(shown, key=turn.id)
    with st.container(horizontal=True):
        for lane in shown:
            if st.button(
                f"Continue with {text.label(lane)}",
                key=f"go-on-{turn.id}-{lane}",
                icon=":material/forum:",
                type="tertiary",
            ):
                begun = chat.continue_with(turn.session_id, lane)
                st.switch_page("pages/chat.py", query_params={"session": begun.id})


def _offer(turn: Turn, reply: Reply) -> None:
    offers.draw(
        reply,
        partial(_again, turn, reply.system),
        resume=partial(attempt, partial(chat.resume, system=reply.system)),
        other="",
        other_name="",
    )


def _again(turn: Turn, system: str, lane: Lane) -> None:
    attempt(chat.regenerate, turn.session_id, turn.id, replace(lane, system=system))


def _welcome() -> None:
    st.title("Which model answers best?")
    st.markdown(
        "Choose two to twelve models, or one model with several settings, and ask them all at once. "
        "Each answers at its own pace; vote, and the leaderboard learns."
    )


try:
    main()
except MadlenError as error:
    st.error(text.label(str(error)), icon=":material/error:")
