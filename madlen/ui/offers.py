"""What one can do about an answer that is not whole: again, later, with less, or with another model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from madlen.errors import DailyLimit, OutOfCredit, RateLimited
from madlen.types import Lane, Reply
from madlen.ui import text

Again = Callable[[Lane], None]
"""Asks the same prompt once more in the given lane."""

_HOPELESS = {DailyLimit.kind, OutOfCredit.kind, RateLimited.kind}
"""What keeps the same model from going on just now."""


def draw(reply: Reply, again: Again, *, resume: Callable[[str], None], other: str, other_name: str) -> None:
    """Buttons for what can help. ``other`` is the model that is picked, offered where it is another.

    ``resume`` takes the id of a reply that was cut off and has it go on.
    """
    same = Lane(reply.model_id, reply.lane, reply.parameters)
    failure = reply.failure
    kind, extra = (failure.kind, failure.extra) if failure else ("", {})
    if reply.text and kind not in _HOPELESS:
        st.button(
            "Continue",
            key=f"continue-{reply.id}",
            icon=":material/resume:",
            type="tertiary",
            on_click=resume,
            args=(reply.id,),
        )
    if kind == DailyLimit.kind:
        st.caption(f"New free requests come at {_midnight_here()}.")
    elif _seconds_left(reply) > 0:
        _countdown(reply)
    else:
        _button("Try again", ":material/refresh:", reply, again, same)
    if page := extra.get("settings_url"):
        st.link_button(
            "Open the settings at OpenRouter",
            page,
            key=f"settings-{reply.id}",
            type="tertiary",
            icon=":material/open_in_new:",
        )
    tokens = extra.get("affordable_tokens")
    if kind == OutOfCredit.kind and tokens:
        fewer = replace(same, parameters=replace(reply.parameters, max_tokens=int(tokens)))
        _button(f"Ask for at most {tokens:,} tokens", ":material/compress:", reply, again, fewer)
    if other and other != reply.model_id:
        label = f"Ask {text.label(other_name)} instead"
        _button(label, ":material/swap_horiz:", reply, again, replace(same, model_id=other))


def _button(label: str, icon: str, reply: Reply, again: Again, lane: Lane) -> None:
    st.button(
        label,
        key=f"{icon}-{reply.id}",
        icon=icon,
        type="tertiary",
        on_click=again,
        args=(lane,),
    )


@st.fragment(run_every=1.0)
def _countdown(reply: Reply) -> None:
    """Counts down to when the provider wants to be asked again, and then offers it."""
    left = _seconds_left(reply)
    if left <= 0:
        st.rerun()
    st.button(
        f"Try again in {left:.0f} s",
        key=f"wait-{reply.id}",
        icon=":material/hourglass_top:",
        type="tertiary",
        disabled=True,
    )


def _seconds_left(reply: Reply) -> float:
    """Until the moment that the provider named when it refused."""
    wait = float(reply.failure.extra.get("retry_after", 0)) if reply.failure else 0.0
    wait += reply.timing.duration or 0.0
    return (reply.created_at + timedelta(seconds=wait) - datetime.now(UTC)).total_seconds()


def _midnight_here() -> str:
    """The next midnight of UTC on the reader's clock, or on UTC's where that is not known."""
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    midnight = datetime.combine(tomorrow, time(), UTC)
    try:
        return f"{midnight.astimezone(ZoneInfo(st.context.timezone or 'UTC')):%H:%M} your time"
    except ZoneInfoNotFoundError:
        return "00:00 UTC"
