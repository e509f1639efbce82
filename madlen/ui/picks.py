"""The chats that are picked from a list, and what is done with all of them at once."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from madlen import services
from madlen.errors import MadlenError
from madlen.files.kinds import KINDS, Kind
from madlen.history import Entry, Wanted
from madlen.ui import chats, text

MOST_PICKED = 1000
"""So many chats are picked by one click."""
_PICKED = "history-picked"
_EXPORT = "history-export"
_KINDS: dict[Kind, str] = {"json": "JSON", "markdown": "Markdown", "html": "HTML"}


def draw(words: str, wanted: Wanted, shown: Sequence[Entry], picked: set[str]) -> None:
    """How many are picked and what can be done with them, or the way to pick all that are found."""
    if not shown and not picked:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if not picked:
            st.button(
                "Pick all",
                key="history-all",
                icon=":material/select_all:",
                type="tertiary",
                help=f"All that are found, the newest {MOST_PICKED:,} at most",
                on_click=_pick_all,
                args=(words, wanted),
            )
            return
        number = "1 chat" if len(picked) == 1 else f"{len(picked):,} chats"
        st.markdown(f"**{number} picked**", width="content")
        st.button("None", key="history-none", icon=":material/deselect:", type="tertiary", on_click=none)
        archive = not wanted.archived
        st.button(
            "Archive" if archive else "Unarchive",
            key="history-archive",
            icon=":material/archive:" if archive else ":material/unarchive:",
            type="tertiary",
            on_click=_archive,
            args=(sorted(picked), archive),
        )
        _export(sorted(picked))
        _delete(sorted(picked), number)


def _delete(picked: list[str], number: str) -> None:
    place = st.popover(
        "Delete", key="history-delete", icon=":material/delete:", type="tertiary", on_change="rerun"
    )
    if place.open:
        with place:
            st.markdown(f"{number} and all that was said in them will be deleted.")
            st.button(
                f"Delete {number}",
                key="history-delete-all",
                icon=":material/delete_forever:",
                on_click=_discard,
                args=(picked,),
            )


def _export(picked: list[str]) -> None:
    place = st.popover(
        "Export", key="history-export-place", icon=":material/download:", type="tertiary", on_change="rerun"
    )
    if not place.open:
        return
    with place:
        kind = st.segmented_control(
            "File", KINDS, default="json", key="history-kind", format_func=_KINDS.__getitem__, required=True
        )
        if not st.button("Make the files", key="history-make", icon=":material/folder_zip:"):
            return
        bar = st.progress(0.0, "Writing the files")
        try:
            with tempfile.TemporaryFile() as out:
                for done in services.current().archives.bundle(picked, kind or "json", out):
                    bar.progress(done, f"{done:.0%} written")
                out.seek(0)
                content = out.read()
        except MadlenError as error:
            st.error(text.label(str(error)), icon=":material/error:")
            return
        bar.empty()
        st.download_button(
            "Download",
            content,
            f"madlen-chats-{datetime.now(UTC):%Y-%m-%d}.zip",
            mime="application/zip",
            key=_EXPORT,
            icon=":material/download:",
            on_click="ignore",
        )


def chosen() -> set[str]:
    """Ids of the chats that are picked."""
    picked: set[str] = st.session_state.setdefault(_PICKED, set())
    return picked


def pick(session_id: str, key: str) -> None:
    """Takes a chat in or out as its box says; for callbacks."""
    (chosen().add if st.session_state[key] else chosen().discard)(session_id)


def _pick_all(words: str, wanted: Wanted) -> None:
    all_of_them = services.current().store.sessions(words=words, wanted=wanted, limit=MOST_PICKED)
    chosen().update(entry.id for entry in all_of_them)


def none() -> None:
    """Lets go of all."""
    chosen().clear()


def _archive(session_ids: list[str], archived: bool) -> None:
    services.current().store.mark(session_ids, archived=archived)
    none()


def _discard(session_ids: list[str]) -> None:
    chats.discard(session_ids)
    none()
