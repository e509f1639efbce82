"""What a lane will take, and what may go wrong with it, while one can still change it."""

from __future__ import annotations

import streamlit as st

from madlen import catalogue, figures
from madlen.estimates import Estimate
from madlen.types import Model
from madlen.ui import text

_HELP = (
    "With the conversation so far and what stands in the box; your prompt adds about a token for every four "
    "letters. The price is for half to twice as long an answer as this model's usually are."
)


def draw(model: Model, estimate: Estimate) -> None:
    """Draws the figures in a line, and under it a sentence for each thing that will not go as wanted."""
    st.caption(text.label(line(model, estimate)), help=_HELP)
    problems(estimate)


def problems(estimate: Estimate, *, lane: str = "") -> None:
    """A sentence for each thing that will not go as wanted, with the lane's name where one is given."""
    said = f"**{text.label(lane)}** · " if lane else ""
    for problem in estimate.problems:
        st.caption(f":material/warning: {said}{text.label(problem.sentence)}")


def line(model: Model, estimate: Estimate) -> str:
    """Tokens, price, free requests and whether it sees, as far as they are known."""
    room = f" of {model.context_length:,}" if model.context_length else ""
    parts = [
        f"about {estimate.prompt_tokens:,}{room} tokens",
        _price(model, estimate),
        "1 of the day's free requests" if estimate.free_requests else "",
        "sees images" if catalogue.sees(model) else "words only",
    ]
    return " · ".join(part for part in parts if part)


def _price(model: Model, estimate: Estimate) -> str:
    low, high = estimate.cost_low, estimate.cost_high
    if low is None or high is None:
        return "price varies" if model.pricing.varies else "price unknown"
    if high == 0:
        return "free"
    return figures.money(low) if low == high else f"{figures.money(low)} to {figures.money(high)}"
