"""History: every chat, searched, sorted out, exported, taken from files, and in figures."""

from __future__ import annotations

import streamlit as st

from madlen import services
from madlen.errors import MadlenError
from madlen.ui import imports, past, sidebar, statistics, text

madlen = services.current()


def main() -> None:
    sidebar.draw(None, here=None)
    st.title("History")
    models = madlen.chat.models().models
    words, wanted = past.search(models)
    past.found(words, wanted)
    statistics.draw({model.id: model.name for model in models})
    imports.draw(key="history-imports")


try:
    main()
except MadlenError as error:
    st.error(text.label(str(error)), icon=":material/error:")
