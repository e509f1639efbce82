"""Compare: one prompt, several models side by side, an honest verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import streamlit as st

from madlen import services
from madlen.chat import PROMPT_CHARACTERS
from madlen.errors import MadlenError
from madlen.providers.directory import Listing
from madlen.types import Choices, Lane, Reply, Session, Turn
from madlen.ui import (
    address,
    answering,
    attempts,
    composer,
    exports,
    imports,
    lanes,
    lineup,
    picker,
    readiness,
    sidebar,
    streaming,
    then_now,
    unsent,
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
    alone = next((turn for turn in turns if turn.id == st.query_params.get("turn")), None)
    shown = [alone] if alone else turns
    # What tells who answers stays away until there is a verdict.
    hidden = bool(shown) and shown[-1].blind and shown[-1].id not in cast
    key = f"lanes-{alone.id if alone else session.id if session else 'new'}"
    asked = lineup.to_begin_with(session, alone, listing, choices, key=key)
    if not asked:
        st.warning("There is no model to ask now.")
        return
    if "prompt" not in st.session_state and (wanted := st.query_params.get("q", "")):
        st.session_state["prompt"] = wanted
    if not hidden:
        asked = _set_up(asked, session, turns, listing, choices, key=key)
        st.toggle(
            "Blind",
            key="blind",
            help="Hides who answered and how fast until you have voted. Best for a fair verdict.",
        )
    if not turns:
        _welcome()
        imports.draw(key="imports")
    unsent.back_into_the_box()
    # Placed by hand, for with a box of its own accord the page would scroll along with the answers.
    st.bottom.chat_input(
        f"Ask {len(asked)} lanes at once",
        key="prompt",
        max_chars=PROMPT_CHARACTERS,
        accept_file="multiple",
        file_type=composer.FILE_TYPES,
        submit_mode="disable",
        on_submit=_ask,
        args=(session, asked, hidden, key),
    )
    if not hidden:
        sidebar.foot(asked[0].model_id)
    if alone and len(turns) > 1:
        st.button(
            f"All {len(turns)} prompts",
            key="all-turns",
            icon=":material/unfold_more:",
            type="tertiary",
            on_click=_show_all,
        )
    rounds = madlen.archives.then_and_now(session.id) if session else ()
    for turn in shown:
        card = partial(
            answering.draw,
            turn,
            cast.get(turn.id),
            listing,
            lanes=session.lanes if session and not alone else (),
            deeds=answering.Deeds(
                again=partial(_again, turn),
                swap=partial(_swap, turn, asked),
                drop=partial(_drop, turn, asked) if len(asked) > lanes.FEWEST else None,
                go_on=partial(_next, turn, asked, [one.id for one in turns if one.id not in cast]),
                lines=picker.lines(listing, choices),
            ),
        )
        if turn is shown[-1]:
            card(newest=True)
        else:
            answering.fold(turn, partial(card, newest=False))
        then_now.draw([one for one in rounds if one.now and one.now.id == turn.id])
    if session and rounds:
        then_now.rest(session, rounds)


def _set_up(
    asked: Sequence[Lane],
    session: Session | None,
    turns: Sequence[Turn],
    listing: Listing,
    choices: Choices,
    *,
    key: str,
) -> Sequence[Lane]:
    """The lanes as they are now, with what they will take."""
    # What is folded away is not drawn: the pickers of twelve lanes would hold up the answers.
    with st.expander(
        "Lanes",
        icon=":material/view_column:",
        expanded=not turns,
        key=f"{key}-setup",
        on_change="rerun",
    ) as place:
        if place.open:
            asked = lanes.draw(
                asked,
                listing,
                choices,
                key=key,
                sets=lineup.sets(key),
                ahead=partial(lineup.foreseen, listing=listing, turns=turns),
            )
    if not place.open:
        lineup.warn(lineup.foreseen(asked, listing, turns))
    with st.container(horizontal=True, vertical_alignment="center"):
        picker.quota(madlen.quota(), madlen.budget)
        if session and turns:
            exports.draw(session, here="compare")
    for model_id in dict.fromkeys(lane.model_id for lane in asked):
        readiness.draw(model_id)
    return asked


def _ask(session: Session | None, asked: Sequence[Lane], hidden: bool, key: str) -> None:
    prompt, failure = composer.written()
    if failure:
        unsent.refuse(prompt, failure)
        return
    if session and madlen.hub.is_answering(session.id):
        unsent.refuse_for_now(prompt)
        return
    asked = lanes.at_once(asked, key=key)
    try:
        if session:
            _arrange(session.id, asked)
        made = chat.ask(
            prompt.words,
            asked,
            session_id=session.id if session else "",
            pictures=prompt.pictures,
            # As the switch stands at this moment: the page may not have been drawn since it was set.
            blind=hidden or st.session_state.get("blind", False),
        )
    except MadlenError as error:
        unsent.refuse(prompt, error)
    else:
        streaming.head_start()
        address.go(session=made.session_id)


def _arrange(session_id: str, asked: Sequence[Lane]) -> None:
    """Keeps the lanes of a comparison, and shows them so."""
    chat.arrange(session_id, asked)
    if tuple(st.session_state.get(f"lanes-{session_id}", ())) != tuple(asked):
        lanes.adopt(f"lanes-{session_id}", asked)


def _again(turn: Turn, system: str, lane: Lane) -> None:
    attempt(partial(chat.regenerate, system=system), turn.session_id, turn.id, lane)


def _swap(turn: Turn, asked: Sequence[Lane], reply: Reply, model_id: str) -> None:
    """Another model in a lane, for this prompt and for those that follow."""
    swapped = [replace(one, model_id=model_id) if one.name == reply.lane else one for one in asked]
    attempt(_arrange, turn.session_id, swapped)
    _again(turn, reply.system, Lane(model_id, reply.lane, reply.parameters))


def _drop(turn: Turn, asked: Sequence[Lane], reply: Reply) -> None:
    attempt(_arrange, turn.session_id, [one for one in asked if one.name != reply.lane])


def _next(turn: Turn, asked: Sequence[Lane], unvoted: Sequence[str]) -> None:
    """Goes to another prompt that has no vote, or else to a new comparison with the same lanes."""
    if waiting := [one for one in unvoted if one != turn.id]:
        address.change(turn=waiting[0])
    else:
        address.go()
        lanes.adopt("lanes-new", asked)


def _show_all() -> None:
    address.change(turn="")


def _welcome() -> None:
    st.title("Which model answers best?")
    st.markdown(
        "Choose two to twelve models, or one model with several settings, and ask them all at once. "
        "Each answers at its own pace; vote, and the leaderboard learns."
    )


attempts.draw(main)
