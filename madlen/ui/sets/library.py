"""The list of prompt sets and runs, and how a set is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import PurePath

import streamlit as st

from madlen import figures
from madlen.batch import uploads
from madlen.errors import MadlenError
from madlen.prompt_sets import Prompt, PromptSet, Run
from madlen.ui import address, text
from madlen.ui.attempts import clicked

_ICON = ":material/fact_check:"
_RUN_ICON = ":material/play_circle:"
_PURPOSE = (
    "A prompt set is a list of prompts that you ask several models at once: each answer is checked, judged "
    "and kept, so that you see which model does your work best, how fast and for how much. Begin with a "
    "file, with an empty set, or with **Add to set** under any prompt of a comparison."
)


def draw(sets: Sequence[PromptSet], runs: Sequence[Run], save: Callable[[PromptSet], PromptSet]) -> None:
    """Draws what there is, newest first, and the ways to a new set."""
    st.title("Prompt sets")
    if not sets:
        st.markdown(_PURPOSE)
    with st.expander("New set", icon=":material/add:", expanded=not sets):
        _make(save)
    for one in sets:
        asked = figures.counted(len(one.prompts), "prompt")
        _line(
            one.name,
            f"{asked} · changed {one.updated_at:%Y-%m-%d %H:%M} UTC",
            icon=_ICON,
            set=one.id,
        )
    if runs:
        st.subheader("Runs")
        for run in runs:
            line(run)


def line(run: Run) -> None:
    """A run as one line of a list, which opens it."""
    asked = figures.counted(len(run.lanes), "lane")
    told = f"{run.status.value} · {asked} · {run.created_at:%Y-%m-%d %H:%M} UTC"
    _line(run.name, told, icon=_RUN_ICON, run=run.id)


def upload(key: str) -> tuple[str, uploads.Upload] | None:
    """Draws the way in for a file and what is wrong with it; gives its name and what is good in it."""
    file = st.file_uploader(
        "CSV or JSONL file",
        type=["csv", "tsv", "jsonl", "ndjson", "json"],
        key=key,
        max_upload_size=uploads.MOST_BYTES // 1_000_000,
        help="A heading or keys name what is what: prompt, reference, tags, image; anything else is a "
        "variable that fills {{its name}} in the prompt.",
    )
    if file is None:
        return None
    try:
        read = _read(file.file_id, file.getvalue(), file.name, key)
    except MadlenError as error:
        st.error(text.label(str(error)), icon=":material/error:")
        return None
    if read.errors:
        with st.expander(
            f"{figures.counted(len(read.errors), 'row')} cannot be taken",
            icon=":material/warning:",
            expanded=True,
        ):
            for sentence in read.errors:
                st.caption(text.label(sentence))
    st.caption(f"{figures.counted(len(read.prompts), 'prompt')} can be taken.")
    return file.name, read


def _read(file_id: str, content: bytes, name: str, key: str) -> uploads.Upload:
    """What a file holds; read once, though the page is drawn again and again."""
    known: tuple[str, uploads.Upload] | None = st.session_state.get(f"{key}-read")
    if known is None or known[0] != file_id:
        known = (file_id, uploads.read(content, name))
        st.session_state[f"{key}-read"] = known
    return known[1]


def _make(save: Callable[[PromptSet], PromptSet]) -> None:
    found = upload("new-set-file")
    stem = PurePath(found[0]).stem if found else ""
    name = st.text_input("Name", key="new-set-name", placeholder=stem or "My prompts", max_chars=80)
    prompts = found[1].prompts if found else ()
    if st.button(
        f"Make a set of {figures.counted(len(prompts), 'prompt')}" if prompts else "Make an empty set",
        key="new-set",
        icon=":material/add:",
    ):
        clicked(_saved, save, name.strip() or stem or "My prompts", prompts)


def _saved(save: Callable[[PromptSet], PromptSet], name: str, prompts: Sequence[Prompt]) -> None:
    now = datetime.now(UTC)
    address.go(set=save(PromptSet("", name, now, now, tuple(prompts))).id)


def _line(name: str, told: str, *, icon: str, **there: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        [key] = there.values()
        st.button(
            text.label(name),
            key=f"open-{key}",
            icon=icon,
            type="tertiary",
            on_click=address.go,
            kwargs=there,
        )
        st.caption(text.label(told))
