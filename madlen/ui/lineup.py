"""The lanes of a comparison page: those it begins with, the sets they are kept in, what they will take."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import streamlit as st

from madlen import catalogue, comparison, estimates, services
from madlen.estimates import Estimate
from madlen.providers.directory import Listing
from madlen.types import Choices, Lane, Message, Session, Turn
from madlen.ui import ahead, lane_sets, lanes
from madlen.ui.attempts import attempt


def to_begin_with(
    session: Session | None, turn: Turn | None, listing: Listing, choices: Choices, *, key: str
) -> Sequence[Lane]:
    """The lanes as they were set up last, as a turn ran, as the address names their models, or any two."""
    if key in st.session_state:
        kept: Sequence[Lane] = st.session_state[key]
        return kept
    if turn is not None:
        return comparison.lanes_of(turn)
    if session and session.lanes:
        return session.lanes
    wanted = [one.strip() for one in st.query_params.get("models", "").split(",") if one.strip()]
    free = catalogue.chosen_first(catalogue.matching(listing.models, free=True), choices)
    found = wanted or [model.id for model in free]
    found = found or [model.id for model in catalogue.matching(listing.models)]
    ids = (found * lanes.FEWEST)[: max(lanes.FEWEST, min(len(wanted), lanes.MOST))]
    return [Lane(model_id, name) for model_id, name in zip(ids, lanes.names(len(ids)), strict=True)]


def sets(key: str) -> Callable[[Sequence[Lane]], None]:
    """Draws, for lanes as they stand, what keeps them by name; taking up a set changes those of ``key``."""
    chat = services.current().chat

    def draw(now: Sequence[Lane]) -> None:
        lane_sets.draw(
            chat.store.lane_sets,
            key=key,
            use=partial(lanes.adopt, key),
            keep=lambda name: attempt(chat.keep_lane_set, name, now),
            delete=partial(attempt, chat.store.delete_lane_set),
        )

    return draw


def foreseen(now: Sequence[Lane], listing: Listing, turns: Sequence[Turn]) -> Mapping[str, Estimate]:
    """What each lane will take for what stands in the box, by its name."""
    running = services.current()
    models = {lane.model_id for lane in now}
    return estimates.before(
        now,
        listing.models,
        turns,
        Message("user", _draft()),
        medians=running.chat.store.median_answers(models),
        quota=running.quota(),
    )


def warn(found: Mapping[str, Estimate]) -> None:
    """Says which lanes may not go as wanted, where their cards are folded away."""
    for name, estimate in found.items():
        if estimate.problems:
            ahead.problems(estimate, lane=name)


def _draft() -> str:
    """What stands in the box as far as the page knows: what is typed comes with Enter."""
    written = st.session_state.get("prompt")
    return written if isinstance(written, str) else st.query_params.get("q", "")
