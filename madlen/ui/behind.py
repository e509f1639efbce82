"""The answers behind a figure of the leaderboard: what was asked, how the vote went, what it took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from madlen import figures
from madlen.types import Reply, Turn
from madlen.ui import text
from madlen.votes import Vote

_MOST = 50
_WORDS = 160

Ballots = Sequence[tuple[Vote, Turn]]


def draw(ballots: Ballots, model_id: str, name: str) -> None:
    """Draws the answers of a model that were voted on, the newest vote first, each with a way to it."""
    found = [(vote, turn, reply) for vote, turn in reversed(ballots) for reply in _of(turn, model_id)]
    st.header(f"Answers of {text.label(name)}")
    if len(found) > _MOST:
        st.caption(f"The newest {_MOST} of {len(found):,}")
    for vote, turn, reply in found[:_MOST]:
        with st.container(border=True, gap="small"):
            st.caption(f"**{outcome(vote, reply)}** · {text.label(_short(turn.text))}")
            st.markdown(text.label(_short(reply.text)) or "There is no answer.")
            if line := figures.under(reply):
                st.caption(text.label(line))
            st.page_link(
                "pages/compare.py",
                label="Open",
                icon=":material/open_in_new:",
                query_params={"session": turn.session_id, "turn": turn.id},
            )


def outcome(vote: Vote, reply: Reply) -> str:
    """How a vote went for one answer, in a word or two."""
    groups: Mapping[str, int] = {one: place for place, group in enumerate(vote.order) for one in group}
    place = groups.get(reply.id)
    if place is None:
        return "not judged"
    if len(vote.order) == 1:
        return "bad" if vote.bad else "tied"
    if place == 0:
        return "won"
    return "lost" if place == len(vote.order) - 1 else f"place {place + 1}"


def _of(turn: Turn, model_id: str) -> list[Reply]:
    return [reply for reply in turn.replies if reply.model_id == model_id]


def _short(written: str) -> str:
    line = " ".join(written.split())
    return line if len(line) <= _WORDS else f"{line[:_WORDS]}…"
