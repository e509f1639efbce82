"""Leaderboard: what one's own votes say about models, and how surely."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from decimal import Decimal
from statistics import median

import streamlit as st

from madlen import ratings, services, votes
from madlen.errors import MadlenError
from madlen.types import Turn
from madlen.ui import sidebar, standing, text

madlen = services.current()
chat = madlen.chat
_SEED = 20261123


def main() -> None:
    st.set_page_config(layout="wide")
    sidebar.draw(None, here="compare")
    st.title("Leaderboard")
    ballots = chat.store.ballots()
    duels = [duel for vote, turn in ballots for duel in votes.duels(vote, turn)]
    if not duels:
        st.markdown("Votes on answers of different models make this list. There are none yet.")
        st.page_link("pages/compare.py", label="Compare two models", icon=":material/view_column:")
        return
    duels, controlled = _filtered(duels)
    if not duels:
        st.info("No vote is left by these filters.")
        return
    board = ratings.standings(duels, seed=_SEED, length_controlled=controlled)
    names = {model.id: model.name for model in chat.models().models}
    standing.table(board, names)
    left, right = st.columns(2)
    with left:
        standing.intervals(board, names)
    with right:
        standing.matrix(ratings.records(duels), names)
    standing.values(_points(board, [turn for _, turn in ballots]), names)
    with st.container(horizontal=True):
        st.download_button("CSV", standing.csv(board, names), "leaderboard.csv", icon=":material/download:")
        st.download_button(
            "JSON", standing.json(board, names), "leaderboard.json", icon=":material/download:"
        )


def _filtered(duels: Sequence[votes.Duel]) -> tuple[list[votes.Duel], bool]:
    known = sorted({tag for duel in duels for tag in duel.tags})
    with st.container(horizontal=True, vertical_alignment="bottom"):
        tags = st.multiselect("Tags", known, key="board-tags", placeholder="all")
        since = st.date_input("Since", None, key="board-since")
        blind = st.toggle("Blind votes only", key="board-blind")
        images = st.toggle("With images only", key="board-images")
        controlled = st.toggle(
            "Length set aside",
            key="board-length",
            help="Rates as if all answers were equally long: people tend to prefer the longer one.",
        )
    begin = datetime.combine(since, time(), UTC) if since else None
    return votes.matching(duels, tags=tuple(tags), since=begin, blind=blind, images=images), controlled


def _points(board: ratings.Standings, turns: Sequence[Turn]) -> list[ratings.Point]:
    """Strength, mean cost and median latency of each model's answers that were voted on."""
    replies = [reply for turn in turns for reply in turn.replies]
    strengths: Mapping[str, float] = {row.model_id: row.score for row in board.rows}
    points = []
    for model_id, strength in strengths.items():
        own = [reply for reply in replies if reply.model_id == model_id]
        costs = [reply.usage.cost for reply in own if reply.usage.cost is not None]
        times = [reply.timing.duration for reply in own if reply.timing.duration is not None]
        cost = sum(costs, Decimal(0)) / len(costs) if costs else None
        points.append(ratings.Point(model_id, strength, cost, median(times) if times else None))
    return points


try:
    main()
except MadlenError as error:
    st.error(text.label(str(error)), icon=":material/error:")
