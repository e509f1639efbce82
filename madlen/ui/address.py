"""What the address of a page names."""

from __future__ import annotations

import streamlit as st

from madlen import services
from madlen.errors import NotFound
from madlen.types import Session
from madlen.ui import text


def session(*, instead: str) -> Session | None:
    """The session in the address, or ``None``; one that has gone is said to be, and ``instead`` offered."""
    session_id = st.query_params.get("session", "")
    if not session_id:
        return None
    try:
        return services.current().store.session(session_id)
    except NotFound as error:
        st.query_params.clear()
        st.warning(f"{text.label(str(error))} {instead}", icon=":material/search_off:")
        return None
