"""What is kept by name, behind a button: saved, taken up again, overwritten, deleted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from madlen.names import NAME_CHARACTERS


@dataclass(frozen=True, slots=True)
class Bookmark:
    """One thing that is kept. Its label and what is told of it are Markdown."""

    name: str
    label: str
    use: Callable[[], None]
    told: str | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """What the button, an empty list and the form say."""

    title: str
    empty: str
    example: str
    save: str


def draw(
    words: Words,
    known: Callable[[], Sequence[Bookmark]],
    *,
    key: str,
    keep: Callable[[str], None],
    delete: Callable[[str], None],
) -> None:
    """Draws the list. ``keep`` keeps what there is now under the name it is given."""
    behind = st.popover(words.title, icon=":material/bookmarks:", key=key, type="tertiary", on_change="rerun")
    if not behind.open:
        return
    bookmarks = known()
    with behind:
        if not bookmarks:
            st.caption(words.empty)
        for number, one in enumerate(bookmarks):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.button(
                    one.label,
                    key=f"{key}-use-{number}",
                    icon=":material/bookmark:",
                    help=one.told,
                    type="tertiary",
                    on_click=one.use,
                )
                st.button(
                    "Overwrite",
                    key=f"{key}-keep-{number}",
                    icon=":material/save:",
                    type="tertiary",
                    on_click=keep,
                    args=(one.name,),
                )
                st.button(
                    "Delete",
                    key=f"{key}-delete-{number}",
                    icon=":material/delete:",
                    type="tertiary",
                    on_click=delete,
                    args=(one.name,),
                )
        st.text_input("Name", key=f"{key}-name", max_chars=NAME_CHARACTERS, placeholder=words.example)
        st.button(
            words.save,
            key=f"{key}-save",
            icon=":material/bookmark_add:",
            on_click=_save,
            args=(f"{key}-name", keep),
        )


def _save(field: str, keep: Callable[[str], None]) -> None:
    keep(st.session_state[field])
    st.session_state[field] = ""
