"""How far the embedded model is, while the page is already usable."""

from __future__ import annotations

import streamlit as st

from madlen import services
from madlen.providers.local import Readiness
from madlen.ui import address, text


def describe(state: Readiness) -> str:
    """What an embedded model is waiting for, as a sentence."""
    match state.phase:
        case "fetching":
            return f"Fetching the embedded model, once: {state.fraction:.0%} of 93 MB"
        case "loading":
            return "Loading the embedded model"
        case "failed":
            return state.sentence
        case "ready":
            return "The embedded model is ready"
    return "The embedded model is loaded when it is first asked"


def waiting(model_id: str, seconds: float) -> str:
    """What is being waited for before the first word, after so many seconds."""
    state = services.current().readiness(model_id)
    if state is not None and state.phase != "ready":
        return describe(state)
    return f"Waiting for the first word: {seconds:.0f} s"


def draw(model_id: str) -> None:
    """Shows progress until the model is ready; nothing for one that is, or that is not embedded."""
    state = services.current().readiness(model_id)
    if state is None or state.phase in {"ready", "waiting"}:
        return
    if state.phase == "failed":
        st.error(text.label(state.sentence), icon=":material/cloud_off:")
        st.button(
            "Try again",
            key="load-again",
            icon=":material/refresh:",
            on_click=services.current().warm,
            args=(model_id,),
        )
    else:
        _progress(model_id)


@st.fragment(run_every=0.5)
def _progress(model_id: str) -> None:
    state = services.current().readiness(model_id)
    if state is None or state.phase in {"ready", "failed"}:
        address.redraw()
    st.progress(state.fraction, text=describe(state))
