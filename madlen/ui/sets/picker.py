"""Putting a prompt of a chat or a comparison into a set."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import streamlit as st

from madlen.prompt_sets import Prompt, PromptSet
from madlen.types import Status, Turn
from madlen.ui import text
from madlen.ui.attempts import attempt

_NEW = "A new set"
_NO_REFERENCE = "none"


@dataclass(frozen=True, slots=True)
class Acts:
    """What the page can do with sets: list them, give one with all of its pictures, keep one."""

    sets: Callable[[], Sequence[PromptSet]]
    whole: Callable[[str], PromptSet]
    save: Callable[[PromptSet], object]


def draw(turn: Turn, acts: Acts) -> None:
    """Draws a button that opens a choice of the set, and of the answer that is the reference."""
    with st.popover(
        "Add to set",
        icon=":material/playlist_add:",
        type="tertiary",
        key=f"add-to-set-{turn.id}",
        on_change="rerun",
    ) as place:
        if not place.open:
            return
        known = {one.id: one.name for one in acts.sets()}
        chosen = st.selectbox(
            "Set",
            ["", *known],
            index=1 if known else 0,
            format_func=lambda set_id: known.get(set_id, _NEW),
            key=f"set-of-{turn.id}",
        )
        if not chosen:
            st.text_input("Name", key=f"set-name-{turn.id}", max_chars=80)
        answers = {
            reply.lane: reply.text for reply in turn.replies if reply.status is Status.COMPLETE and reply.text
        }
        st.selectbox("Reference answer", [_NO_REFERENCE, *answers], key=f"set-reference-{turn.id}")
        st.button(
            "Add",
            key=f"set-add-{turn.id}",
            icon=":material/playlist_add:",
            on_click=attempt,
            args=(_add, turn, answers, acts),
        )


def _add(turn: Turn, answers: Mapping[str, str], acts: Acts) -> None:
    """Puts the prompt at the end of the set that is chosen, or makes a set of it; for callbacks."""
    state, now = st.session_state, datetime.now(UTC)
    reference = answers.get(state[f"set-reference-{turn.id}"], "")
    prompt = Prompt("", turn.text, reference, turn.pictures)
    set_id = state[f"set-of-{turn.id}"]
    known = acts.whole(set_id) if set_id else PromptSet("", state.get(f"set-name-{turn.id}", ""), now, now)
    acts.save(replace(known, prompts=(*known.prompts, prompt)))
    st.toast(f"Added to {text.label(known.name)}.", icon=":material/playlist_add:")
