"""What one can do about an answer that is not whole: again, later, with less, or with another model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import streamlit as st

from madlen import catalogue, days, services
from madlen.errors import (
    ContextLength,
    DailyLimit,
    Interrupted,
    MadlenError,
    MinuteLimit,
    OutOfCredit,
    OverBudget,
    RateLimited,
    SpendingLimit,
    StoreUnavailable,
    Unsupported,
    UpstreamAuth,
)
from madlen.types import Lane, Model, Reply
from madlen.ui import address, chats, text

Again = Callable[[Lane], None]
"""Asks the same prompt once more in the given lane."""

_OF_ACCOUNT = {UpstreamAuth.kind, SpendingLimit.kind}
"""What no model helps against that is asked with the same key."""
_OF_NO_MODEL = {Interrupted.kind, StoreUnavailable.kind, MadlenError.kind}
_HOPELESS = {
    DailyLimit.kind,
    MinuteLimit.kind,
    OutOfCredit.kind,
    OverBudget.kind,
    RateLimited.kind,
    SpendingLimit.kind,
}
"""What keeps the same model from going on just now."""


def draw(
    reply: Reply, again: Again, *, resume: Callable[[str], None] | None, other: str, other_name: str
) -> None:
    """Buttons for what can help. ``other`` is the model that is picked, offered where it is another.

    Where it is the one that failed, one is offered that may do better; where it is empty, none is.
    ``resume`` takes the id of a reply that was cut off and has it go on; only a stored one can.
    """
    same = Lane(reply.model_id, reply.lane, reply.parameters)
    failure = reply.failure
    kind, extra = (failure.kind, failure.extra) if failure else ("", {})
    if resume and reply.text and kind not in _HOPELESS:
        st.button(
            "Continue",
            key=f"continue-{reply.id}",
            icon=":material/resume:",
            type="tertiary",
            on_click=resume,
            args=(reply.id,),
        )
    if kind == DailyLimit.kind and datetime.now(UTC) < _next_day(reply):
        st.caption(f"New free requests come at {_here(_next_day(reply))}.")
    elif kind == OverBudget.kind:
        if datetime.now(UTC) < _next_day(reply):
            st.caption(f"The budget of a new day begins at {_here(_next_day(reply))}.")
        _button("Try again", ":material/refresh:", reply, again, same)
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
    if kind in {OutOfCredit.kind, OverBudget.kind} and tokens:
        fewer = replace(same, parameters=replace(reply.parameters, max_tokens=int(tokens)))
        _button(f"Ask for at most {tokens:,} tokens", ":material/compress:", reply, again, fewer)
    if kind and other == reply.model_id and (better := _better(reply, kind)):
        other, other_name = better.id, catalogue.label(better)
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
        address.redraw()
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


def _next_day(reply: Reply) -> datetime:
    """The midnight of UTC after the reply."""
    return days.end(days.of(reply.created_at))


def _here(moment: datetime) -> str:
    """A time of day on the reader's clock, or on UTC's where that is not known."""
    zone = chats.zone()
    return f"{moment.astimezone(zone):%H:%M} {'UTC' if zone is UTC else 'your time'}"


def _better(reply: Reply, kind: str) -> Model | None:
    """Another model for the same prompt, by why this one could not answer it."""
    chat = services.current().chat
    listed, chosen = chat.models().models, chat.store.choices()
    if kind in _OF_NO_MODEL:
        return None
    failed = catalogue.find(listed, reply.model_id)
    better = None
    if kind in {DailyLimit.kind, MinuteLimit.kind}:
        better = catalogue.one_beside_the_quota(listed, chosen)
    elif kind == Unsupported.kind:
        better = catalogue.one_that_sees(listed, chosen)
    elif kind == ContextLength.kind and failed is not None and failed.context_length:
        return catalogue.one_with_room(
            listed, chosen, tokens=failed.context_length, sees=catalogue.sees(failed)
        )
    if better is not None and better != failed:
        return better
    # Without credit OpenRouter refuses free models too once an account owes something.
    owing = kind == OutOfCredit.kind and failed is not None and catalogue.is_free(failed)
    beyond = owing or kind in _OF_ACCOUNT
    return catalogue.one_instead(listed, chosen, reply.model_id, beyond_its_source=beyond)
