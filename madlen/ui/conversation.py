"""The turns of a chat: which of them are drawn, which answer to each, and what can be done about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from madlen import catalogue, figures, services
from madlen.errors import NotFound
from madlen.origins import Fork
from madlen.providers.directory import Listing
from madlen.remarks import Remarks
from madlen.types import Choices, Lane, Reply, Session, Status, Turn
from madlen.ui import actions, address, composer, offers, picker, readiness, replies, streaming, text
from madlen.ui.attempts import attempt

TURNS_AT_FIRST = 6
"""More than are in sight; a browser takes some 10 ms for each before the page can be used."""
TURNS_AT_ONCE = 10
"""So many more with each click."""
_WITH_ICONS = 1
"""Turns at the end of the page that have their icons spread out; a browser takes some 15 ms for each."""


@dataclass(frozen=True, slots=True)
class Talk:
    """A chat with what is needed to draw any of its turns."""

    session: Session
    listing: Listing
    choices: Choices
    lane: Lane
    """What the next prompt goes to."""
    remarks: Remarks
    forks: Sequence[Fork]
    newest: str
    """The id of the last turn."""
    names: Mapping[str, str]
    """Of models, by their ids."""
    near: frozenset[str]
    """The ids of the turns at the end of the page."""
    stop: DeltaGenerator
    """The place of a button that stops an answer in flight."""
    beside: Callable[[], object]
    """Draws what stands beside the conversation, after the first words of an answer in flight."""

    def shown(self, turn: Turn) -> Reply:
        """The reply that is linked, else the chosen one, else the last."""
        linked = st.query_params.get("message", "")
        return next((reply for reply in turn.replies if reply.id == linked), chosen(turn, self.remarks))

    def name(self, model_id: str) -> str:
        return self.names.get(model_id, model_id)


def draw(
    session: Session,
    turns: Sequence[Turn],
    listing: Listing,
    choices: Choices,
    lane: Lane,
    *,
    names: Mapping[str, str],
    stop: DeltaGenerator,
    beside: Callable[[], object],
) -> None:
    """Draws the newest turns, or those up to the one whose message the address names.

    An answer in flight is drawn until it has ended, when everything else is there but what ``beside`` draws,
    which follows its first words; ``stop`` is the place of its button.
    """
    store = services.current().store
    newest = turns[-1].id if turns else ""
    remarks, forks = store.remarks(session.id), store.forks(session.id)
    _came_from(session)
    linked = _linked(turns)
    window = _window(turns, linked, f"turns-{session.id}")
    near = frozenset(turn.id for turn in window[-_WITH_ICONS:])
    talk = Talk(session, listing, choices, lane, remarks, forks, newest, names, near, stop, beside)
    follow: list[Callable[[], None]] = []
    before: Turn | None = None
    for turn in window:
        _switched(talk, before, turn)
        if turn is linked:
            st.badge("Linked", icon=":material/link:", color="primary")
        _draw(talk, turn, follow)
        before = turn
    if linked is not None and (later := len(turns) - turns.index(linked) - 1):
        st.button(
            f"Show {figures.counted(later, 'later prompt')}",
            key="later",
            icon=":material/expand_more:",
            type="tertiary",
            on_click=leave_link,
        )
    for arriving in follow:
        arriving()


def chosen(turn: Turn, remarks: Remarks) -> Reply:
    """The reply with which the conversation goes on: the chosen one, else the last."""
    wanted = remarks.chosen.get(turn.id, "")
    return next((reply for reply in turn.replies if reply.id == wanted), turn.replies[-1])


def leave_link() -> None:
    """Goes back to the newest turns; for callbacks."""
    address.change(message="")


def _linked(turns: Sequence[Turn]) -> Turn | None:
    """The turn whose prompt or answer the address names."""
    message = st.query_params.get("message", "")
    named = (turn for turn in turns if message in {turn.id, *(reply.id for reply in turn.replies)})
    return next(named, None) if message else None


def _window(turns: Sequence[Turn], linked: Turn | None, key: str) -> Sequence[Turn]:
    """The newest turns, or those up to the linked one, which so stands where a chat opens: at its end.

    There is a way to the ones before, so that a long chat opens as fast as a short one.
    """
    turns = turns if linked is None else turns[: turns.index(linked) + 1]
    number = st.session_state.get(key, TURNS_AT_FIRST)
    hidden = len(turns) - number
    if hidden > 0:
        st.button(
            f"Show {min(hidden, TURNS_AT_ONCE)} earlier prompts of {hidden}",
            key=f"{key}-earlier",
            icon=":material/expand_less:",
            type="tertiary",
            on_click=st.session_state.update,
            args=({key: number + TURNS_AT_ONCE},),
        )
    return turns[-number:]


def _came_from(session: Session) -> None:
    """The way back to the chat that this one was forked from."""
    store = services.current().store
    origin = store.origin(session.id)
    if origin is None or origin.kind != "fork":
        return
    try:
        title = text.label(store.session(origin.session_id).title)
    except NotFound:
        st.caption("Forked from a chat that has been deleted.")
    else:
        st.button(
            f"Forked from {title}",
            key="came-from",
            icon=":material/fork_right:",
            type="tertiary",
            wrap=False,
            on_click=address.go,
            kwargs={"session": origin.session_id, "message": origin.turn_id},
        )


def _switched(talk: Talk, before: Turn | None, turn: Turn) -> None:
    """Says where another model takes over."""
    if before and before.replies and turn.replies:
        was, now = talk.shown(before).model_id, talk.shown(turn).model_id
        if was != now:
            st.caption(f"From here on: {text.label(talk.name(now))}, no longer {text.label(talk.name(was))}")


def _draw(talk: Talk, turn: Turn, follow: list[Callable[[], None]]) -> None:
    replies.prompt(turn)
    for fork in talk.forks:
        if fork.turn_id == turn.id:
            st.button(
                f"Asked in other words in {text.label(fork.title)}",
                key=f"fork-{fork.session_id}",
                icon=":material/fork_right:",
                type="tertiary",
                wrap=False,
                on_click=address.go,
                kwargs={"session": fork.session_id},
            )
    acts = _acts(talk, turn)
    if not turn.replies:
        with st.container(horizontal=True):
            actions.edit(turn, acts)
            actions.more(turn, acts, None)
        return
    reply = talk.shown(turn)
    name = talk.name(reply.model_id)
    below = replies.Below(offer=partial(_offer, talk, acts), always=partial(_always, talk, turn, acts))
    place = st.chat_message("assistant", avatar=replies.ANSWER_ICON)
    if reply.status is not Status.STREAMING:
        with place:
            replies.ended(reply, name, below=below)
        return
    waiting = partial(readiness.waiting, reply.model_id)
    card = replies.Arriving(place, reply, name, waiting=waiting, below=below)
    composer.stopping(talk.stop, reply.id, partial(attempt, services.current().chat.stop))
    follow.append(partial(_follow, talk, card, reply.id))


def _follow(talk: Talk, card: replies.Arriving, reply_id: str) -> None:
    hub = services.current().hub
    card.follow(hub.follow(reply_id, every=streaming.FRAME_SECONDS), talk.stop, talk.beside)


def _offer(talk: Talk, acts: actions.Acts, reply: Reply) -> None:
    chat, picked = services.current().chat, talk.lane.model_id
    offers.draw(
        reply,
        acts.again,
        resume=partial(attempt, partial(chat.resume, system=talk.lane.system)),
        other=picked,
        other_name=talk.name(picked),
    )


def _always(talk: Talk, turn: Turn, acts: actions.Acts, reply: Reply) -> None:
    _switcher(turn, reply)
    actions.draw(turn, reply, acts, rating=talk.remarks.ratings.get(reply.id), whole=replies.is_whole(reply))


def _switcher(turn: Turn, shown: Reply) -> None:
    """The way between the replies to a prompt; the conversation goes on with the one that is shown."""
    ids = [reply.id for reply in turn.replies]
    if len(ids) < 2:
        return
    key, place = f"switch-{turn.id}", ids.index(shown.id)
    for step, icon, told in ((-1, "chevron_left", "Answer before"), (1, "chevron_right", "Next answer")):
        there = place + step
        st.button(
            "",
            key=f"{key}-{icon}",
            icon=f":material/{icon}:",
            help=told,
            type="tertiary",
            disabled=not 0 <= there < len(ids),
            on_click=_choose,
            args=(turn.id, ids[there % len(ids)]),
        )
        if step < 0:
            st.caption(f"{place + 1} / {len(ids)}", width="content")


def _acts(talk: Talk, turn: Turn) -> actions.Acts:
    return actions.Acts(
        again=partial(_again, turn, talk.lane.system),
        others=partial(_others, talk, turn),
        lines=partial(picker.lines, talk.listing, talk.choices),
        fork=partial(_fork, talk, turn),
        delete=partial(attempt, services.current().editing.delete_turn, turn.session_id, turn.id),
        newest=turn.id == talk.newest,
        folded=turn.id not in talk.near,
    )


def _others(talk: Talk, turn: Turn) -> list[str]:
    """The models that can answer a prompt: the one that is picked, the free ones, all others."""
    free, every = (
        catalogue.matching(talk.listing.models, free=free, vision=bool(turn.pictures))
        for free in (True, False)
    )
    ids = [model.id for model in (*free, *every)]
    picked = [talk.lane.model_id] if talk.lane.model_id in ids else []
    return list(dict.fromkeys([*picked, *ids]))


def _again(turn: Turn, system: str, lane: Lane) -> None:
    chat = services.current().chat
    attempt(partial(chat.regenerate, system=system), turn.session_id, turn.id, lane)


def _choose(turn_id: str, reply_id: str) -> None:
    leave_link()
    attempt(services.current().editing.choose, turn_id, reply_id)


def _fork(talk: Talk, turn: Turn, words: str) -> None:
    lanes = () if talk.session.lanes else (talk.lane,)
    forked = services.current().editing.fork(turn.session_id, turn.id, words, lanes=lanes)
    address.go(session=forked.session_id)
