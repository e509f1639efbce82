"""Choosing a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from madlen import catalogue, figures
from madlen.budget import Budget
from madlen.providers.directory import Listing
from madlen.types import Choices, Model, Quota
from madlen.ui import filters, text
from madlen.ui.usage import today

_PREFERRED = "openrouter/free"
_PIN = "★"


def model(
    listing: Listing,
    choices: Choices,
    *,
    key: str,
    chosen: str,
    pin: Callable[[str, bool], None],
    place: DeltaGenerator,
    tools: DeltaGenerator,
    quiet: DeltaGenerator,
) -> str:
    """Draws the picker into ``place`` and gives the id of the model that is picked.

    Its buttons go into the row ``tools``, what it leaves out is said in the row ``quiet``.

    Free models come first to hand: paid ones show when asked for. ``chosen`` is picked to begin with,
    and what is picked stays on offer whatever the filters say and even when no list has it any more.
    """
    picked_before = st.session_state.get(key) or chosen
    offered = filters.draw(
        listing, choices, key=key, chosen=[picked_before] if picked_before else [], tools=tools, quiet=quiet
    )
    if not offered:
        place.warning("There is no model to ask now.")
        return ""
    if not st.session_state.get(key):
        st.session_state[key] = _first(offered, chosen)
    picked = place.selectbox(
        "Model",
        offered,
        format_func=lines(listing, choices),
        key=key,
        label_visibility="collapsed",
    )
    with tools:
        _pin_button(picked, choices, key, pin)
    return picked


def choose(key: str, model_id: str) -> None:
    """Picks a model in a picker that will be drawn; for callbacks."""
    st.session_state[key] = model_id


def _pin_button(picked: str, choices: Choices, key: str, pin: Callable[[str, bool], None]) -> None:
    pinned = picked in choices.pinned
    st.button(
        "Unpin" if pinned else "Pin",
        icon=":material/keep_off:" if pinned else ":material/keep:",
        help="Pinned models stand at the top of the list.",
        key=f"{key}-pin",
        type="tertiary",
        on_click=pin,
        args=(picked, not pinned),
    )


def _first(offered: Sequence[str], chosen: str) -> str:
    if chosen:
        return chosen
    return _PREFERRED if _PREFERRED in offered else offered[0]


class _Lines:
    """The lines of one list on one day, each made when it is first wanted."""

    def __init__(self, models: Sequence[Model], pinned: Sequence[str], today: date) -> None:
        self._models, self._pinned, self._today = models, pinned, today
        self._by_id = {one.id: one for one in models}
        self._said: dict[str, str] = {}

    def __call__(self, model_id: str) -> str:
        if model_id not in self._said:
            pinned = model_id in self._pinned
            self._said[model_id] = _line(self._by_id.get(model_id), model_id, pinned, self._today)
        return self._said[model_id]

    def hold(self, models: Sequence[Model], pinned: Sequence[str], today: date) -> bool:
        """Whether these lines are of that list; one that was fetched again counts as another."""
        return self._models is models and (self._pinned, self._today) == (pinned, today)


_known = _Lines((), (), date.min)


def lines(listing: Listing, choices: Choices) -> Callable[[str], str]:
    """What a list of models says of each, by id; for all visitors one, as long as nothing of it changes."""
    global _known
    about = (listing.models, choices.pinned, datetime.now(UTC).date())
    held = _known
    if not held.hold(*about):
        _known = held = _Lines(*about)
    return held


def _line(one: Model | None, model_id: str, pinned: bool, today: date) -> str:
    """A model in a line: name, price, context, id; only the id where no list has it any more."""
    if one is None:
        return f"{model_id} (not listed now)"
    prompt, completion = one.pricing.prompt, one.pricing.completion
    if catalogue.is_free(one):
        price = "free, from the day's quota" if catalogue.counts_against_quota(one) else "free"
    elif one.pricing.varies:
        price = "price varies"
    elif prompt is None or completion is None:
        price = "price unknown"
    else:
        price = f"{figures.per_million(prompt)} in, {figures.per_million(completion)} out per million tokens"
    gone = "" if catalogue.is_pickable(one, today) else " (not offered any more)"
    name = f"{catalogue.label(one)}{gone}"
    parts = [
        f"{_PIN} {name}" if pinned else name,
        price,
        f"{one.context_length:,} tokens" if one.context_length else "",
        model_id,
    ]
    return " · ".join(part for part in parts if part)


def quota(known: Quota | None, budget: Budget | None = None) -> None:
    """What the account and the day's budget still allow, where one spends it: meters and a line for each."""
    today.budget(budget)
    if known is None or not (line := figures.left(known)):
        return
    if (day := figures.fraction(known.free_left, known.free_limit)) is not None:
        st.progress(day, width=80)
    st.caption(text.label(line))
    if known.minute_wait is not None:
        st.caption(f"Free requests are taken again in {known.minute_wait:.0f} s")


def notes(listing: Listing) -> None:
    """What could not be listed, and why."""
    for note in listing.notes:
        st.warning(text.label(note), icon=":material/cloud_off:")
