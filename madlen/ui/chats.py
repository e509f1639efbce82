"""What one does with a chat in a list: open, rename, pin, duplicate, archive, delete, and undo that."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from madlen import services
from madlen.history import UNDO_SECONDS, Entry
from madlen.types import Session
from madlen.ui import address, text
from madlen.ui.attempts import attempt

Here = Literal["chat", "compare"]
_GONE = "chats-gone"
_RENAMED = "chats-renamed"
TITLE_CHARACTERS = 1000


def place(session: Session) -> Here:
    """The page that shows a session."""
    return "compare" if session.lanes else "chat"


def zone() -> tzinfo:
    """Where the person is, as the browser says."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # What a browser says may be no name of a zone, or one that this machine does not know.
        return UTC


def menu(entry: Entry, *, key: str) -> None:
    """All that can be done with the chat that is open."""
    choices = {
        "rename": ":material/edit: Rename",
        "pin": ":material/keep_off: Unpin" if entry.pinned else ":material/keep: Pin",
        "duplicate": ":material/content_copy: Duplicate",
        "archive": ":material/unarchive: Unarchive" if entry.archived else ":material/archive: Archive",
        "delete": ":material/delete: Delete",
    }
    st.menu_button(
        "",
        list(choices),
        key=key,
        icon=":material/more_vert:",
        format_func=choices.__getitem__,
        type="tertiary",
        help=f"What to do with “{text.label(entry.title)}”",
        on_click=_chosen,
        args=(entry, key),
    )


def is_renamed(session_id: str) -> bool:
    """Whether the title of a chat is being written anew."""
    return bool(st.session_state.get(_RENAMED) == session_id)


def rename(entry: Entry) -> None:
    """A box with the title in the place of it; Enter keeps what is written."""
    key = f"rename-{entry.id}"
    # A field alone would keep it as soon as it is left, as it is by a click on what does not want it.
    with st.form(f"{key}-form", border=False):
        st.text_input("Title", entry.title, key=key, max_chars=TITLE_CHARACTERS, label_visibility="collapsed")
        with st.container(horizontal=True):
            st.form_submit_button(
                "Save", key=f"{key}-save", icon=":material/check:", on_click=_rename, args=(entry.id, key)
            )
            st.form_submit_button(
                "Cancel", key=f"{key}-cancel", icon=":material/close:", type="tertiary", on_click=_leave
            )


def discard(session_ids: Sequence[str], title: str = "") -> None:
    """Deletes chats and offers to bring them back; for callbacks."""
    session_ids = list(session_ids)
    number = services.current().shelf.discard(session_ids)
    what = f"“{title}”" if title else "1 chat" if number == 1 else f"{number:,} chats"
    st.session_state[_GONE] = (session_ids, what, time.monotonic() + UNDO_SECONDS)
    if address.session_id() in session_ids:
        address.go()


def undo() -> None:
    """What was deleted last and the way to bring it back, for as long as there is one."""
    if _left() > 0:
        _undo()


@st.fragment(run_every=UNDO_SECONDS + 0.1)
def _undo() -> None:
    # Drawn once more when its time is over, to go away.
    if _left() <= 0:
        return
    session_ids, what, _ = st.session_state[_GONE]
    with st.container(horizontal=True, vertical_alignment="center", border=True, gap="small"):
        st.caption(f"Deleted {text.label(what)}")
        if st.button("Undo", key="undo", icon=":material/undo:", help=f"For {UNDO_SECONDS} seconds"):
            restore(session_ids)
            address.redraw()


def _left() -> float:
    gone = st.session_state.get(_GONE)
    return gone[2] - time.monotonic() if gone else 0.0


def restore(session_ids: Sequence[str]) -> None:
    """Brings discarded chats back."""
    st.session_state.pop(_GONE, None)
    if services.current().shelf.restore(session_ids) < len(session_ids):
        st.toast("It is too late to bring everything back.", icon=":material/error:")


def _chosen(entry: Entry, key: str) -> None:
    shelf, wanted = services.current().shelf, st.session_state[key]
    actions: dict[str, Callable[[], object]] = {
        "rename": lambda: st.session_state.update({_RENAMED: entry.id}),
        "pin": lambda: shelf.mark(entry.id, pinned=not entry.pinned),
        "duplicate": lambda: address.go(session=shelf.duplicate(entry.id).id),
        "archive": lambda: shelf.mark(entry.id, archived=not entry.archived),
        "delete": lambda: discard([entry.id], entry.title),
    }
    attempt(actions[wanted])


def _rename(session_id: str, key: str) -> None:
    _leave()
    title = st.session_state[key]
    attempt(services.current().chat.rename_session, session_id, title)


def _leave() -> None:
    st.session_state.pop(_RENAMED, None)
