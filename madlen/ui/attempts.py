"""What a click does or a page draws, when it may fail."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from madlen.errors import MadlenError
from madlen.ui import text, turnstile


def attempt(act: Callable[..., object], *args: object) -> None:
    """Does it, or says why it cannot be done; for callbacks."""
    _is_done(act, *args)


def clicked(act: Callable[..., object], *args: object) -> None:
    """The same for a click that is seen while the page is drawn, which then is drawn anew.

    For what a click does with fields beside it: a callback is given what they held when the page was drawn
    last, which may be before they were filled.
    """
    if _is_done(act, *args):
        st.rerun()


def draw(drawing: Callable[..., object], *args: object) -> None:
    """Draws it when it is its turn, and where that fails says below what is there already why."""
    try:
        with turnstile.one():
            drawing(*args)
    except MadlenError as error:
        st.error(text.label(str(error)), icon=":material/error:")


def _is_done(act: Callable[..., object], *args: object) -> bool:
    try:
        act(*args)
    except MadlenError as error:
        st.toast(text.label(str(error)), icon=":material/error:")
        return False
    return True
