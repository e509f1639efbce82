"""Where on the Traces page one is: in the list, at one trace or two, or at a session that is gone through."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import streamlit as st

from madlen import figures
from madlen.ui import address, chats, text

TRACE, BESIDE, SESSION = "trace", "beside", "session"


def here(name: str) -> str:
    """What the address names; empty for nothing."""
    found: str = st.query_params.get(name, "")
    return found


def back(label: str = "All traces", **names: str) -> None:
    """A way back to the list, or to another place."""
    st.button(
        label,
        icon=":material/arrow_back:",
        key=f"back-{'-'.join(names.values())}",
        type="tertiary",
        on_click=address.go,
        kwargs=names,
    )


def to_trace(trace_id: str, label: str = "Trace", *, key: str, icon: str = ":material/timeline:") -> None:
    """A way to a trace, for places on this page."""
    st.button(
        label, icon=icon, key=key, type="tertiary", wrap=False, on_click=address.go, kwargs={TRACE: trace_id}
    )


def clock(moment: datetime) -> str:
    """A moment on the reader's clock."""
    return f"{moment.astimezone(chats.zone()):%d %b %Y, %H:%M:%S}"


def line(*parts: str) -> None:
    """Figures in one quiet line; what is empty is left out."""
    if told := " · ".join(part for part in parts if part):
        st.caption(text.label(told))


def tokens(inwards: int | None, out: int | None) -> str:
    return "" if inwards is None or out is None else f"{inwards:,} tokens in, {out:,} out"


def dollars(cost: float | None) -> str:
    return "" if cost is None else figures.money(Decimal(str(cost)))
