"""The pages, as the navigation lists them."""

from __future__ import annotations

from base64 import b64encode
from copy import copy
from functools import cache
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

ICON = "data:image/png;base64," + b64encode(Path(__file__).with_name("icon.png").read_bytes()).decode()
"""An icon of ours, for that of a name would be fetched from a font server; as an address, for of a file
Streamlit reads and measures it anew in each run of a page, a sixteenth of the time of a first one."""


def pages() -> list[StreamlitPage]:
    """Those of one run, the one that opens first at the head.

    What each run needs of its own is a copy: to make nine anew, for which Streamlit looks each file up, takes
    a twelfth of the script's time.
    """
    return [copy(page) for page in _made()]


@cache
def _made() -> list[StreamlitPage]:
    return [
        st.Page("pages/chat.py", title="Chat", icon=":material/forum:", default=True),
        st.Page("pages/compare.py", title="Compare", icon=":material/view_column:"),
        st.Page("pages/history.py", title="History", icon=":material/manage_search:"),
        st.Page("pages/sets.py", title="Prompt sets", icon=":material/fact_check:"),
        st.Page("pages/leaderboard.py", title="Leaderboard", icon=":material/leaderboard:"),
        st.Page("pages/traces.py", title="Traces", icon=":material/timeline:"),
        st.Page("pages/models.py", title="Models", icon=":material/view_list:"),
        st.Page("pages/usage.py", title="Usage", icon=":material/query_stats:"),
        st.Page("pages/settings.py", title="Settings", icon=":material/settings:"),
    ]
