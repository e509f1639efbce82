"""Answers beside those that the same prompt got earlier."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

import streamlit as st

from madlen import beginnings, figures, services
from madlen.errors import NotFound
from madlen.then_now import Amount, Figure, Pair, Round
from madlen.types import Reply, Session
from madlen.ui import address, comparing, streaming, text

Colour = Literal["gray", "orange", "green", "violet", "blue"]
_UNKNOWN = "–"


def draw(rounds: Sequence[Round]) -> None:
    """What became of each prompt, lane by lane."""
    for one in rounds:
        if one.now is None or beginnings.arriving([one.now]):
            continue
        with st.expander("Then and now", icon=":material/history:", expanded=True, key=f"then-{one.now.id}"):
            then, now = (f"{turn.created_at:%Y-%m-%d %H:%M}" for turn in (one.then, one.now))
            st.caption(f"Asked {then} and again {now} UTC.")
            for pair in one.pairs:
                _pair(pair, key=f"then-{one.now.id}-{pair.lane}")


def rest(session: Session, rounds: Sequence[Round]) -> None:
    """How many prompts were not asked again; while more are to come the page looks for them."""
    missing = sum(1 for one in rounds if one.now is None)
    if not missing:
        return
    number = "1 prompt" if missing == 1 else f"{missing:,} prompts"
    if services.current().archives.is_asking(session.id):
        _wait(session.id, session.message_count, f"{number} still to be asked again.")
    else:
        st.caption(f"{number} of then {'was' if missing == 1 else 'were'} not asked again.")


@st.fragment(run_every=1.0)
def _wait(session_id: str, messages: int, told: str) -> None:
    st.caption(told)
    running = services.current()
    try:
        grown = running.store.session(session_id).message_count != messages
    except NotFound:
        grown = True
    if grown or not running.archives.is_asking(session_id):
        address.redraw()


def _pair(pair: Pair, *, key: str) -> None:
    with st.container(border=True, key=key):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{text.label(pair.lane)}**", width="content")
            for badge, colour in _badges(pair):
                st.badge(badge, color=colour)
        then, now = st.columns(2)
        with then:
            _answer("Then", pair.then)
        with now:
            _answer("Now", pair.now)
        if told := " · ".join(map(_figure, pair.figures)):
            st.caption(text.label(told))
        if pair.then and pair.now and pair.text_changed and pair.then.text and pair.now.text:
            with st.expander("What changed", key=f"{key}-difference", on_change="rerun") as place:
                if place.open:
                    comparing.laid_over(("then", pair.then.text), ("now", pair.now.text))


def _badges(pair: Pair) -> list[tuple[str, Colour]]:
    if pair.then is None or pair.now is None:
        return [("asked only then" if pair.now is None else "asked only now", "gray")]
    badges: list[tuple[str, Colour]] = [
        ("other words", "orange") if pair.text_changed else ("the same words", "green")
    ]
    if pair.model_changed:
        badges.append(("another model", "violet"))
    if pair.provider_changed:
        badges.append(("another provider", "blue"))
    return badges


def _answer(title: str, reply: Reply | None) -> None:
    if reply is None:
        st.caption(f"{title}: there is no answer.")
        return
    served = " · ".join(part for part in (reply.model or reply.model_id, reply.provider) if part)
    st.caption(f"{title} · {text.label(served)}")
    streaming.whole(reply.text)
    if reply.failure is not None:
        st.caption(text.label(reply.failure.sentence))


def _figure(one: Figure) -> str:
    then, now = _amount(one.name, one.then), _amount(one.name, one.now)
    return f"{one.name} {then}" if then == now else f"{one.name} {then} → {now}"


def _amount(name: str, amount: Amount) -> str:
    if amount is None:
        return _UNKNOWN
    if isinstance(amount, Decimal):
        return figures.money(amount)
    if name in {"First text", "In all"}:
        return figures.seconds(amount)
    return f"{amount:,.0f}"
