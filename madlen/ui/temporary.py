"""A chat that is kept nowhere but in its tab, and the way to keep it after all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from madlen import beginnings, conversation, services, temporary
from madlen.generation import Generation
from madlen.types import Lane, Message, Reply, Status, Turn
from madlen.ui import address, composer, offers, readiness, replies, streaming
from madlen.ui.attempts import attempt
from madlen.ui.unsent import Unsent

_PARAMETER = "temporary"


@dataclass
class Temporary:
    """The turns of a temporary chat, and its replies that may still be in flight."""

    id: str
    turns: list[Turn] = field(default_factory=list)
    flying: dict[str, Generation] = field(default_factory=dict)

    def settle(self) -> None:
        """Brings the turns up to date with what came meanwhile."""
        for generation in tuple(self.flying.values()):
            now = generation.reply()
            self.turns = [
                replace(turn, replies=tuple(_newer(one, now) for one in turn.replies)) for turn in self.turns
            ]
            if now.status is not Status.STREAMING:
                del self.flying[now.id]

    def is_answering(self) -> bool:
        """Whether a reply of it has not ended."""
        self.settle()
        return bool(self.flying)

    def ask(self, written: Unsent, lane: Lane) -> None:
        """Sends a prompt that follows the turns. Raises what ``Chat.answer`` raises."""
        self.settle()
        prompt = Turn(beginnings.fresh_id(), "", written.words, datetime.now(UTC), written.pictures)
        self._answer(prompt, self.turns, lane)

    def again(self, turn: Turn, lane: Lane) -> None:
        """One more reply to a turn, as ``ask``."""
        self.settle()
        position = [one.id for one in self.turns].index(turn.id)
        self._answer(turn, self.turns[:position], lane)

    def _answer(self, prompt: Turn, earlier: list[Turn], lane: Lane) -> None:
        asked = Message("user", prompt.text, prompt.pictures)
        system = [Message("system", lane.system)] if lane.system else []
        before = conversation.seen_by(lane.name, earlier, lane.model_id)
        chat = services.current().chat
        generation = chat.answer(lane.model_id, [*system, *before, asked], lane.parameters)
        self.flying[generation.id] = generation
        answered = temporary.turn(prompt, generation.reply(), lane)
        if any(one.id == prompt.id for one in self.turns):
            self.turns = [answered if one.id == prompt.id else one for one in self.turns]
        else:
            self.turns = [*self.turns, answered]


def current() -> Temporary | None:
    """The temporary chat that the address names; an empty one where this tab does not know it."""
    chat_id = st.query_params.get(_PARAMETER, "")
    if not chat_id or "session" in st.query_params:
        return None
    chat: Temporary = st.session_state.setdefault(f"{_PARAMETER}-{chat_id}", Temporary(chat_id))
    chat.settle()
    return chat


def offer() -> None:
    """A button that begins a temporary chat."""
    st.button(
        "Temporary",
        key="begin-temporary",
        icon=":material/visibility_off:",
        help="A chat of which no word is stored.",
        type="tertiary",
        on_click=begin,
    )


def mark(chat: Temporary, lane: Lane) -> None:
    """Says that no word is stored, with the way to keep the chat after all."""
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            ":material/visibility_off: **Temporary chat.** No word of it is stored; it is gone when this tab "
            "is reloaded or closed."
        )
        if chat.turns:
            st.button(
                "Keep this chat",
                key="keep-temporary",
                icon=":material/save:",
                on_click=attempt,
                args=(_keep, chat, lane),
            )
        else:
            st.button("Make it a stored chat", key="end-temporary", on_click=address.go)


def draw(
    chat: Temporary, names: dict[str, str], lane: Lane, stop: DeltaGenerator, beside: Callable[[], object]
) -> None:
    """Draws the turns, and follows what is in flight, after whose first words it calls ``beside``."""
    for turn in chat.turns:
        replies.prompt(turn)
        reply = turn.replies[-1]
        name = names.get(reply.model_id, reply.model_id)
        offer = partial(
            offers.draw,
            again=partial(_again, chat, turn, lane.system),
            resume=None,
            other=lane.model_id,
            other_name=names.get(lane.model_id, lane.model_id),
        )
        generation = chat.flying.get(reply.id)
        below = replies.Below(offer)
        place = st.chat_message("assistant", avatar=replies.ANSWER_ICON)
        if generation is None:
            with place:
                replies.ended(reply, name, below=below)
        else:
            composer.stopping(stop, reply.id, services.current().chat.stop)
            waiting = partial(readiness.waiting, reply.model_id)
            card = replies.Arriving(place, reply, name, waiting=waiting, below=below)
            card.follow(generation.follow(every=streaming.FRAME_SECONDS), stop, beside)


def _again(chat: Temporary, turn: Turn, system: str, lane: Lane) -> None:
    attempt(chat.again, turn, replace(lane, system=system))


def begin() -> None:
    """Goes to a new temporary chat; for callbacks."""
    address.go(**{_PARAMETER: beginnings.fresh_id()[:12]})


def _keep(chat: Temporary, lane: Lane) -> None:
    chat.settle()
    session, turns = temporary.as_chat(chat.turns, lane, datetime.now(UTC))
    services.current().store.keep(session, turns)
    st.session_state.pop(f"{_PARAMETER}-{chat.id}", None)
    address.go(session=session.id)


def _newer(known: Reply, now: Reply) -> Reply:
    """The reply as it stands, where it is this one."""
    if known.id != now.id:
        return known
    return replace(now, turn_id=known.turn_id, lane=known.lane, system=known.system)
