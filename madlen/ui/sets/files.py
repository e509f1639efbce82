"""A run to take away, and a run out of a file: kept as it is, or run again."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import IO

import streamlit as st

from madlen import services
from madlen.errors import MadlenError
from madlen.files.imports import FILE_BYTES
from madlen.files.kinds import Kind
from madlen.prompt_sets import Run
from madlen.types import Session
from madlen.ui import address, exports, text
from madlen.ui.attempts import attempt


def draw(run: Run) -> None:
    """A popover with the files of a run and the way to run it again, drawn only while it is looked at."""
    # Streamlit darkens the words of an open tertiary one, too much for a dark page.
    behind = st.popover("Export", icon=":material/download:", key=f"export-{run.id}", on_change="rerun")
    if not behind.open:
        return
    with behind:
        named = Session(run.session_id, run.name, "", run.created_at, run.created_at)
        exports.downloads(named, partial(_content, run.id), key=f"export-{run.id}")
        st.button(
            "Run it again",
            key=f"again-{run.id}",
            icon=":material/history:",
            help="The same prompts, checks and lanes in a new run, to be laid beside this one",
            on_click=attempt,
            args=(_again, run.id),
            width="stretch",
        )


def draw_import() -> None:
    """An uploader for the file of a run."""
    place = st.expander("Run from a file", icon=":material/upload_file:", key="run-file", on_change="rerun")
    if not place.open:
        return
    with place:
        st.caption(
            "The JSON of a run that Madlen exported. Running it again keeps it too, to see then beside now."
        )
        file = st.file_uploader(
            "File of a run",
            type=["json", "zip"],
            key="run-file-upload",
            max_upload_size=FILE_BYTES // 1_000_000,
            label_visibility="collapsed",
        )
        if file is None:
            return
        with st.container(horizontal=True):
            keep = st.button("Keep the run", key="run-file-keep", icon=":material/library_add:")
            again = st.button("Run it again", key="run-file-again", icon=":material/history:")
        files = services.current().run_files
        if keep:
            _open(files.take, file)
        if again:
            _open(files.rerun_file, file)


def _open(take: Callable[[IO[bytes]], Run], file: IO[bytes]) -> None:
    """Takes the file and opens the run that came of it."""
    try:
        with st.spinner("Reading the file"):
            run = take(file)
    except MadlenError as error:
        st.error(text.label(str(error)), icon=":material/error:")
    else:
        address.go(run=run.id)
        st.rerun()


def _content(run_id: str, kind: Kind) -> bytes:
    return services.current().run_files.export(run_id, kind).content


def _again(run_id: str) -> None:
    address.go(run=services.current().run_files.rerun(run_id).id)
