"""A chat or comparison gone through again, with what each turn took."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import partial

import streamlit as st

from madlen import figures, services
from madlen.types import Reply, Turn
from madlen.ui import replies, text
from madlen.ui.traces import places

AT_ONCE = 10
_SHOWN = "replay-shown"


def draw(session_id: str, names: Mapping[str, str]) -> None:
    """Draws the session's turns, oldest first. Raises ``NotFound``."""
    running = services.current()
    session, turns = running.store.session(session_id), running.store.turns(session_id)
    places.back()
    st.title(text.label(session.title))
    everything = [reply for turn in turns for reply in turn.replies]
    places.line(figures.counted(len(turns), "turn"), *_took(everything, sum, "of answering"))
    number = st.session_state.get(_SHOWN, AT_ONCE)
    shown = turns[:number]
    known = running.traces.known([reply.trace_id for turn in shown for reply in turn.replies])
    for place, turn in enumerate(shown, 1):
        _draw(place, turn, names, known)
    if len(turns) > number:
        st.button(
            f"Show {min(AT_ONCE, len(turns) - number)} more turns",
            key="replay-more",
            icon=":material/expand_more:",
            type="tertiary",
            on_click=st.session_state.update,
            args=({_SHOWN: number + AT_ONCE},),
        )


def _draw(place: int, turn: Turn, names: Mapping[str, str], known: frozenset[str]) -> None:
    st.subheader(f"Turn {place}")
    places.line(places.clock(turn.created_at), *_took(turn.replies, max, "until the last answer"))
    replies.prompt(turn)
    for reply in turn.replies:
        with st.chat_message("assistant", avatar=replies.ANSWER_ICON):
            below = replies.Below(_nothing, always=partial(_trace, known))
            replies.ended(reply, names.get(reply.model_id, reply.model_id), below=below)


def _trace(known: frozenset[str], reply: Reply) -> None:
    """The way to an answer's trace, where that is still kept."""
    if reply.trace_id in known:
        places.to_trace(reply.trace_id, key=f"trace-of-{reply.id}")
    elif reply.trace_id:
        st.caption("Its trace is not kept here any more.")


def _nothing(_: Reply) -> None:
    """What is gone through again is not asked again."""


def _took(found: Sequence[Reply], whole: Callable[[Iterable[float]], float], told: str) -> tuple[str, ...]:
    """Time, tokens and cost of some answers, as far as they are known; ``whole`` makes one of their times."""
    times = [reply.timing.duration for reply in found if reply.timing.duration is not None]
    prompts = [reply.usage.prompt_tokens for reply in found if reply.usage.prompt_tokens is not None]
    out = [reply.usage.completion_tokens for reply in found if reply.usage.completion_tokens is not None]
    costs = [reply.usage.cost for reply in found if reply.usage.cost is not None]
    return (
        f"{figures.seconds(whole(times))} {told}" if times else "",
        places.tokens(sum(prompts), sum(out)) if prompts and out else "",
        figures.money(sum(costs, Decimal(0))) if costs else "",
    )
