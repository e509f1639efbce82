"""The list of chats beside every page."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from madlen import history, services
from madlen.history import Entry
from madlen.types import Session
from madlen.ui import address, chats, loading, shortcuts, text
from madlen.ui import help as keyboard
from madlen.ui.chats import Here

_AT_HAND = 14
"""So many of the newest are listed, after those that are pinned."""
_NONE = "Your chats will be listed here."
_SHORT, _BESIDE_THE_MENU = 20, 185
"""A longer title gets so many pixels, for the menu to stand beside it and not below."""
_ICONS: dict[Here, str] = {"chat": ":material/chat_bubble:", "compare": ":material/view_column:"}


@dataclass(frozen=True, slots=True)
class Newest:
    """The place of a chat that begins after the list was drawn."""

    place: DeltaGenerator
    day: str = ""
    """The name that stands above the place."""
    alone: bool = False
    """Whether nothing else is listed."""


def draw(open_one: Session | None, *, here: Here | None) -> Newest | None:
    """A way to begin anew, and the newest chats and comparisons by their days, the open one marked.

    ``here`` is what the page shows one of; ``None`` for a page that shows neither. Gives a place where
    a chat can begin on the page.
    """
    running = services.current()
    entries = running.store.sessions(pinned_first=True, limit=_AT_HAND)
    with st.sidebar:
        st.subheader(text.label(running.settings.app_name))
        label = "New comparison" if here == "compare" else "New chat"
        begin = st.button(
            label,
            icon=":material/edit_square:",
            key="new-chat",
            shortcut=shortcuts.NEW,
            on_click=address.go if here else None,
        )
        if begin and not here:
            st.switch_page("pages/chat.py")
        keyboard.button()
        chats.undo()
        with st.container(gap=None):
            newest = _list(entries, open_one.id if open_one else "", here)
        if not entries and open_one is None:
            return newest
        search = st.button(
            "Search all chats",
            icon=":material/search:",
            key="search-all",
            type="tertiary",
            shortcut=shortcuts.SEARCH,
        )
        if search:
            st.switch_page("pages/history.py")
    return newest


def begun(newest: Newest, session: Session | None) -> None:
    """Lists a chat that began on the page, or says where chats will be; for the page's own fragment."""
    if session is None:
        if newest.alone:
            newest.place.caption(_NONE)
        else:
            # Something in any case, for a fragment keeps a place beside it only so.
            newest.place.empty()
        return
    entry = services.current().store.entry(session.id)
    with newest.place:
        [(day, _)] = history.days([entry], datetime.now(UTC), chats.zone())
        if day != newest.day:
            st.caption(day)
        _row(entry, "chat", is_open=True)


def _list(entries: Sequence[Entry], open_id: str, here: Here | None) -> Newest | None:
    begins = here == "chat" and not open_id
    if not entries and not open_id and not begins:
        st.caption(_NONE)
    if open_id and all(entry.id != open_id for entry in entries):
        # An older one, or one that is archived.
        _row(services.current().store.entry(open_id), here, is_open=True)
    newest: Newest | None = None
    groups = dict(history.days(entries, datetime.now(UTC), chats.zone()))
    for name in dict.fromkeys((history.PINNED, history.TODAY, *groups)):
        group = groups.get(name, [])
        if group:
            st.caption(name)
        if begins and name == history.TODAY:
            newest = Newest(st.container(gap=None), day=name if group else "", alone=not entries)
        for entry in group:
            _row(entry, here, is_open=entry.id == open_id)
    return newest


def _row(entry: Entry, here: Here | None, *, is_open: bool) -> None:
    if not is_open:
        _link(entry, here, marked=False)
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall"):
        if chats.is_renamed(entry.id):
            chats.rename(entry)
        else:
            _link(entry, here, marked=True)
            chats.menu(entry, key=f"menu-{entry.id}")


def _link(entry: Entry, here: Here | None, *, marked: bool) -> None:
    title, there = text.label(entry.title), chats.place(entry)
    clicked = st.button(
        f"**{title}**" if marked else title,
        icon=":material/chevron_right:" if marked else _ICONS[there],
        key=f"open-{entry.id}",
        type="tertiary",
        wrap=False,
        width=_BESIDE_THE_MENU if marked and len(entry.title) > _SHORT else "content",
        # A link to the page that is open would leave the address as it is.
        on_click=address.go if there == here else None,
        kwargs={"session": entry.id},
    )
    if clicked and there != here:
        st.switch_page(f"pages/{there}.py", query_params={"session": entry.id})


def foot(model_id: str) -> None:
    """How a program asks the same, and what the browser is to load before it is needed. Drawn last of all."""
    with st.sidebar:
        loading.ahead()
        behind = st.expander("For programs", icon=":material/terminal:", on_change="rerun", key="programs")
    if not behind.open:
        return
    with behind:
        st.caption("Every model here answers over REST too, in OpenAI's shape.")
        asked = {"model": model_id, "messages": [{"role": "user", "content": "Hello!"}]}
        st.code(
            f"curl {address.origin()}/api/chat/ \\\n  -H 'Content-Type: application/json' \\\n"
            f"  -d {shlex.quote(json.dumps(asked))}",
            language="bash",
        )
        st.link_button("All calls", f"{address.origin()}/api/docs", type="tertiary", icon=":material/api:")
