"""What can be done with the keyboard, one button away from every page."""

from __future__ import annotations

import streamlit as st

from madlen.ui import shortcuts

GROUPS: dict[str, tuple[tuple[str, str], ...]] = {
    "On every page": (
        (shortcuts.NEW, "New chat or comparison"),
        (shortcuts.SEARCH, "Search all chats"),
        (shortcuts.HELP, "This list"),
    ),
    "In a chat": (
        ("Enter", "Send the prompt"),
        ("Shift+Enter", "A new line in the prompt"),
        (shortcuts.STOP, "Stop the answer"),
        (shortcuts.AGAIN, "Have the last answer once more"),
    ),
    "In a comparison": (
        ("1 to 9", "Vote for an answer, or rank it next"),
        ("0", "A tie"),
        (shortcuts.NEXT, "The next prompt without a vote"),
    ),
    "In a table": (
        ("Tab", "Into the table and out of it"),
        ("Arrows", "From cell to cell"),
        ("Ctrl+F", "Search in it"),
    ),
}
"""Keys and what they do, by where they do it."""


def button() -> None:
    """Draws the way to the list of shortcuts."""
    if st.button(
        "Keyboard", icon=":material/keyboard:", key="help", type="tertiary", shortcut=shortcuts.HELP
    ):
        _dialog()


@st.dialog("Keyboard", icon=":material/keyboard:")
def _dialog() -> None:
    for place, keys in GROUPS.items():
        st.markdown(f"**{place}**")
        st.markdown("\n".join(["| Key | What it does |", "| --- | --- |", *(_row(*one) for one in keys)]))
    st.caption("On a Mac, Ctrl is ⌘ and Alt is ⌥. C and R belong to the page itself.")


def _row(keys: str, deed: str) -> str:
    return f"| {' '.join(f'`{key}`' for key in keys.split('+'))} | {deed} |"
