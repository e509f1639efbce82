"""History: every chat, searched, sorted out, exported, taken from files, and in figures."""

from __future__ import annotations

import streamlit as st

from madlen import services
from madlen.ui import attempts, imports, past, sidebar, statistics

madlen = services.current()


def main() -> None:
    sidebar.draw(None, here=None)
    st.title("History")
    models = madlen.chat.models().models
    words, wanted = past.search(models)
    past.found(words, wanted)
    statistics.draw({model.id: model.name for model in models})
    imports.draw(key="history-imports")


attempts.draw(main)
