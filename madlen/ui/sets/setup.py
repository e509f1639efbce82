"""A run before it begins: its lanes, and what it will take."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from madlen import catalogue, figures
from madlen.batch.forecast import Forecast, forecast
from madlen.estimates import Estimate
from madlen.prompt_sets import PromptSet
from madlen.providers.directory import Listing
from madlen.types import Choices, Lane, Quota
from madlen.ui import lanes, lineup, text
from madlen.ui.attempts import clicked


def draw(
    opened: PromptSet,
    listing: Listing,
    choices: Choices,
    quota: Quota | None,
    *,
    before: Sequence[Lane],
    start: Callable[[Sequence[Lane], str], None],
) -> None:
    """Draws the lanes, those of ``before`` to begin with, the estimate and the button that starts."""
    key = f"run-lanes-{opened.id}"
    wanted = st.session_state.get(key) or before or _first(listing, choices)
    if not wanted:
        st.warning("There is no model to ask now.")
        return
    asked = lanes.draw(wanted, listing, choices, key=key, sets=lineup.sets(key), ahead=_unforeseen)
    models = {model.id: model for model in listing.models}
    expected = forecast(opened.prompts, asked, models, quota)
    prompts, answers = len(opened.prompts), expected.answers
    st.markdown(
        f"**{figures.counted(prompts, 'prompt')} × {figures.counted(len(asked), 'lane')}"
        f" = {figures.counted(answers, 'answer')}**"
    )
    st.caption(text.label(_taken(expected)))
    for note in expected.notes:
        st.caption(f":orange[:material/warning:] {text.label(note)}")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(
            "Name of the run", key=f"run-name-{opened.id}", placeholder=opened.name, max_chars=80
        )
        if st.button(
            "Start the run", key="start-run", icon=":material/play_arrow:", disabled=not opened.prompts
        ):
            clicked(start, asked, name)
    if not opened.prompts:
        st.caption("A set without prompts has nothing to run; add some first.")


def _unforeseen(_now: Sequence[Lane]) -> Mapping[str, Estimate]:
    """What one prompt takes says little here; the whole run is foreseen below."""
    return {}


def _first(listing: Listing, choices: Choices) -> list[Lane]:
    """Two free models, as far as there are any."""
    free = catalogue.chosen_first(catalogue.matching(listing.models, free=True), choices)
    found = [model.id for model in free or catalogue.matching(listing.models)]
    if not found:
        return []
    ids = (found * lanes.FEWEST)[: lanes.FEWEST]
    return [Lane(model_id, name) for model_id, name in zip(ids, lanes.names(len(ids)), strict=True)]


def _taken(expected: Forecast) -> str:
    low, high = expected.cost_low, expected.cost_high
    if low is None or high is None:
        cost = "cost not known beforehand"
    elif high == 0:
        cost = "free"
    else:
        cost = f"about {figures.money(low)} to {figures.money(high)}"
    free = figures.counted(expected.free_requests, "free request") if expected.free_requests else ""
    pace = (
        f"at least {figures.counted(expected.minutes, 'minute')} by their limit" if expected.minutes else ""
    )
    return " · ".join(part for part in (cost, free, pace) if part)
