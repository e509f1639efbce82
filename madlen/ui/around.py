"""What stands around a conversation: how it was drawn, and whether it is to be drawn anew."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from madlen.providers.directory import Listing
from madlen.types import Choices, Lane, Model, Session
from madlen.ui import address, sidebar, temporary
from madlen.ui.temporary import Temporary

_BEGUN = "chats-begun"
"""How many chats were begun in this tab."""
_SETTLED = "settled"


@dataclass(slots=True)
class Around:
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
        there = address.session_id()
        began_here = not self.drawn and st.session_state.get(_began(there)) == self.key
        return (
            temporary.current() is not self.passing
            or (there != self.drawn and not began_here)
            or (st.session_state.get(self.key) or "") != self.lane.model_id
            or settled()
        )


def key(session: Session | None) -> str:
    """Of the picker. A chat keeps the one with which it began, so that its widgets stay what they are."""
    if session:
        known: str = st.session_state.get(_began(session.id), f"model-{session.id}")
        return known
    number = st.session_state.get(_BEGUN, 0)
    return f"model-new-{number}" if number else "model-new"


def begin(session_id: str, key: str) -> None:
    """Notes that a chat began with the picker of this key; for callbacks."""
    st.session_state[_began(session_id)] = key
    st.session_state[_BEGUN] = st.session_state.get(_BEGUN, 0) + 1


def settle() -> None:
    """Notes that the conversation changed how the chat asks, which is shown above it; for callbacks."""
    st.session_state[_SETTLED] = True


def settled() -> bool:
    """Whether that was noted, once."""
    return bool(st.session_state.pop(_SETTLED, False))


def _began(session_id: str) -> str:
    return f"began-{session_id}"
