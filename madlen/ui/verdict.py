"""Voting on the answers to a prompt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import streamlit as st

from madlen import votes
from madlen.types import Turn
from madlen.ui import text

_TAGS = ("coding", "writing", "facts", "reasoning", "translation", "style")


def draw(
    turn: Turn,
    answers: Mapping[str, str],
    vote: votes.Vote | None,
    *,
    hidden: bool,
    keys: bool,
    cast: Callable[[votes.Vote], None],
) -> None:
    """Draws a button for each answer, a tie and all bad; a vote may be changed by another.

    ``answers`` are labels by the ids of replies; ``hidden`` says that names and figures are; ``keys``
    gives the buttons the keys 1 to 9 and 0, which only one prompt on a page can have.
    """
    order = list(answers)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**Which is better?**", width="content")
        for number, (reply_id, label) in enumerate(answers.items(), start=1):
            _button(
                text.label(label),
                turn,
                votes.best(order, reply_id),
                vote,
                key=str(number) if number < 10 else None,
                hidden=hidden,
                cast=cast,
            )
        _button("Tie", turn, votes.tie(order), vote, key="0" if keys else None, hidden=hidden, cast=cast)
        _button("All bad", turn, votes.tie(order), vote, bad=True, hidden=hidden, cast=cast)
        with st.popover("Note", icon=":material/edit_note:", type="tertiary", key=f"note-{turn.id}"):
            st.text_input("Why", vote.note if vote else "", key=f"vote-note-{turn.id}", max_chars=1000)
            st.multiselect(
                "Tags",
                list(dict.fromkeys((*_TAGS, *(vote.tags if vote else ())))),
                list(vote.tags) if vote else [],
                key=f"vote-tags-{turn.id}",
                accept_new_options=True,
                max_selections=10,
            )
    if vote is not None:
        st.caption("Your vote is kept; vote again to change it.")


def _button(
    label: str,
    turn: Turn,
    order: votes.Order,
    vote: votes.Vote | None,
    *,
    hidden: bool,
    cast: Callable[[votes.Vote], None],
    key: str | None = None,
    bad: bool = False,
) -> None:
    chosen = vote is not None and vote.order == order and vote.bad == bad
    st.button(
        label,
        key=f"vote-{turn.id}-{label}",
        icon=":material/how_to_vote:" if chosen else None,
        type="primary" if chosen else "secondary",
        shortcut=key,
        on_click=_cast,
        args=(turn, order),
        kwargs={"bad": bad, "blind": hidden or (vote is not None and vote.blind), "cast": cast},
    )


def _cast(
    turn: Turn, order: votes.Order, *, bad: bool, blind: bool, cast: Callable[[votes.Vote], None]
) -> None:
    cast(
        votes.Vote(
            turn_id=turn.id,
            session_id=turn.session_id,
            order=order,
            voted_at=datetime.now(UTC),
            bad=bad,
            blind=blind,
            note=st.session_state.get(f"vote-note-{turn.id}", ""),
            tags=tuple(st.session_state.get(f"vote-tags-{turn.id}", ())),
        )
    )
