"""What is known of a thing, a line for each fact."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from madlen.ui import text


def draw(facts: Iterable[tuple[str, str]]) -> None:
    """Names and values; a fact without a value is left out."""
    st.markdown("  \n".join(f"{text.label(name)}: **{text.label(value)}**" for name, value in facts if value))
