"""The one piece of HTML that Madlen draws: it has the browser load early what an answer will need."""

from __future__ import annotations

import streamlit as st

_AHEAD = '<script type="module" src="./ahead.js"></script>'
"""Says nothing that anybody wrote, and its script is served by ``madlen.api.ahead``."""


def ahead() -> None:
    """Loads what an answer is drawn with as soon as the box stands, for it would halt the page amid it."""
    st.html(_AHEAD, unsafe_allow_javascript=True)
