"""Chats out of a file: where it is dropped, how far reading it is, and what was taken of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from madlen import services
from madlen.archives import Taken
from madlen.errors import MadlenError
from madlen.files.imports import FILE_BYTES
from madlen.ui import address, text

_SHOWN = 1000


def draw(*, key: str) -> None:
    """An uploader for files of Madlen, ChatGPT and Open WebUI, and the report of the last one."""
    place = st.expander("Import chats", icon=":material/upload_file:", key=f"{key}-place", on_change="rerun")
    if not place.open:
        return
    with place:
        st.caption(
            "Files that Madlen, ChatGPT (its `conversations.json`) or Open WebUI exported, as JSON or in a "
            "ZIP archive. Nothing that is here is overwritten."
        )
        number = st.session_state.get(f"{key}-number", 0)
        file = st.file_uploader(
            "File of chats",
            type=["json", "zip"],
            key=f"{key}-file-{number}",
            max_upload_size=FILE_BYTES // 1_000_000,
            label_visibility="collapsed",
        )
        if file is not None:
            _offer(file, key, number)
        elif f"{key}-report" in st.session_state:
            report(st.session_state[f"{key}-report"], st.session_state[f"{key}-problem"])


def report(chats: Sequence[Taken], problem: str = "") -> None:
    """How many chats were kept, and of each what was not taken and why."""
    kept = sum(1 for one in chats if one.session)
    if problem:
        st.error(text.label(problem), icon=":material/error:")
    if kept:
        number = "1 chat was kept" if kept == 1 else f"{kept:,} chats were kept"
        st.success(f"{number}; the sidebar lists the newest.", icon=":material/done:")
    rows = [
        {
            "Chat": one.found.title or one.found.where,
            "Kept": one.session is not None,
            "Not taken, and why": " ".join(one.found.notes),
        }
        for one in sorted(chats, key=lambda one: one.session is not None)
        if one.found.notes
    ]
    if rows:
        st.dataframe(rows[:_SHOWN], hide_index=True)


def _offer(file: UploadedFile, key: str, number: int) -> None:
    with st.container(horizontal=True):
        keep = st.button("Keep the chats", key=f"{key}-keep", icon=":material/library_add:")
        again = st.button(
            "Ask it again",
            key=f"{key}-again",
            icon=":material/history:",
            help="What a file of one chat or comparison asked, of the same lanes, in a new comparison",
        )
    if keep:
        _keep(file, key, number)
    if again:
        try:
            begun = services.current().archives.rerun_file(file)
        except MadlenError as error:
            st.error(text.label(str(error)), icon=":material/error:")
        else:
            address.go(session=begun.id)
            st.rerun()


def _keep(file: UploadedFile, key: str, number: int) -> None:
    """Keeps the chats one by one, then empties the uploader and leaves the report in its place."""
    bar, taken, problem = st.progress(0.0, "Reading the file"), [], ""
    try:
        for one in services.current().archives.take(file):
            # The chat itself is kept elsewhere by now, and many of them would fill the memory.
            taken.append(replace(one, found=replace(one.found, archive=None)))
            bar.progress(min(one.found.done, 1.0), f"{len(taken):,} chats read")
    except MadlenError as error:
        problem = str(error)
    st.session_state[f"{key}-report"] = taken
    st.session_state[f"{key}-problem"] = problem
    st.session_state[f"{key}-number"] = number + 1
    st.rerun()
