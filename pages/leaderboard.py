"""Leaderboard: what one's own votes say about models, and how surely."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from statistics import median

import streamlit as st

from madlen import duels, ratings, services, votes
from madlen.providers.directory import Listing
from madlen.types import Turn
from madlen.ui import attempts, behind, sidebar, standing

madlen = services.current()
chat = madlen.chat
_SEED = 20261123


def main() -> None:
    st.set_page_config(layout="wide")
    sidebar.draw(None, here=None)
    st.title("Leaderboard")
    fought, ballots = duels.voted(chat.store)
    judged = chat.store.judgements()
    turns = [turn for _, turn in ballots]
    if judged and st.toggle(
        "Judges' verdicts too", key="board-judged", help="Counts what models said as judges of prompt sets."
    ):
        more, judged_turns = duels.judged(chat.store, judged)
        fought += more
        known = {turn.id for turn in turns}
        turns += [turn for turn in judged_turns if turn.id not in known]
    if not fought:
        st.markdown("Votes on answers of different models make this list. There are none yet.")
        st.page_link("pages/compare.py", label="Compare two models", icon=":material/view_column:")
        return
    fought, controlled = _filtered(fought)
    if not fought:
        st.info("No vote is left by these filters.")
        return
    listing = chat.models()
    names = {model.id: model.name for model in listing.models}
    board = _here(ratings.standings(fought, seed=_SEED, length_controlled=controlled), listing)
    if not board.rows:
        st.info("All of these models have gone.")
        return
    counted = {duel.turn_id for duel in fought}
    ballots = [(vote, turn) for vote, turn in ballots if turn.id in counted]
    standing.table(board, names)
    left, right = st.columns(2)
    with left:
        standing.intervals(board, names)
    with right:
        here = {row.model_id for row in board.rows}
        records = ratings.records(fought)
        standing.matrix({pair: one for pair, one in records.items() if here.issuperset(pair)}, names)
    clicked = standing.values(_points(board, [turn for turn in turns if turn.id in counted]), names)
    if clicked:
        behind.draw(ballots, clicked, names.get(clicked, clicked))
    with st.container(horizontal=True):
        st.download_button("CSV", standing.csv(board, names), "leaderboard.csv", icon=":material/download:")
        st.download_button(
            "JSON", standing.json(board, names), "leaderboard.json", icon=":material/download:"
        )


def _filtered(fought: Sequence[votes.Duel]) -> tuple[list[votes.Duel], bool]:
    known = sorted({tag for duel in fought for tag in duel.tags})
    with st.container(horizontal=True, vertical_alignment="bottom"):
        tags = st.multiselect("Tags", known, key="board-tags", placeholder="all")
        since = st.date_input("Since", None, key="board-since")
        until = st.date_input("Until", None, key="board-until")
        blind = st.toggle("Blind votes only", key="board-blind")
        images = st.toggle("With images only", key="board-images")
        controlled = st.toggle(
            "Length set aside",
            key="board-length",
            help="Rates as if all answers were equally long: people tend to prefer the longer one.",
        )
    begin = datetime.combine(since, time(), UTC) if since else None
    end = datetime.combine(until, time(), UTC) + timedelta(days=1) if until else None
    wanted = votes.matching(fought, tags=tags, since=begin, until=end, blind=blind, images=images)
    return wanted, controlled


def _here(board: ratings.Standings, listing: Listing) -> ratings.Standings:
    """The standings without the models that are gone, unless they are asked for; ranks stay what they are."""
    listed = {model.id for model in listing.models}
    gone = [row.model_id for row in board.rows if row.model_id not in listed]
    # A list that could not be had says nothing about who is gone.
    if not gone or listing.notes:
        return board
    models = "1 model" if len(gone) == 1 else f"{len(gone):,} models"
    if st.toggle(f"Show {models} that no list has any more", key="board-gone"):
        return board
    return replace(board, rows=tuple(row for row in board.rows if row.model_id in listed))


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


attempts.draw(main)
