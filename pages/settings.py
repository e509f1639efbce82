"""Settings: what this process runs with, whether its neighbours answer, and what cannot be undone."""

from __future__ import annotations

import streamlit as st

from madlen import disclosure, services
from madlen.ui import attempts, sidebar
from madlen.ui.settings import danger, running

madlen = services.current()


def main() -> None:
    sidebar.draw(None, here=None)
    st.title("Settings")
    held = madlen.store.holdings()
    running.versions()
    running.upstream()
    running.embedded()
    # Filled last of all: somebody who says nothing may take two seconds.
    traces = st.container()
    running.store(held)
    running.limits()
    _appearance()
    _environment()
    danger.draw(held.chats)
    with traces:
        running.tracing()


def _appearance() -> None:
    st.header("Appearance")
    st.markdown("Light and dark follow your system, or what your browser is set to.")


def _environment() -> None:
    st.header("Environment")
    st.caption(
        "Each is a variable or a line in .env, read when Madlen starts. A secret is only said to be set."
    )
    st.dataframe(
        [
            {
                "Variable": one.name,
                "Value": one.value,
                "From": one.source,
                "Default": one.default,
                "Meaning": one.meaning,
            }
            for one in disclosure.shown(madlen.settings)
        ],
        hide_index=True,
        column_config={"Variable": st.column_config.TextColumn(pinned=True)},
        alt="Environment settings with their values, sources and defaults",
    )


attempts.draw(main)
