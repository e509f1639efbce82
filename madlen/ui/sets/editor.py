"""A prompt set: its prompts in a table, and the checks that their answers must pass.

What is changed in the table is kept at once. The browser sends each cell a moment after it was left, so that
no button could keep what was written before the click on it for sure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any, cast, get_args

import streamlit as st

from madlen import figures
from madlen.batch import checks, uploads
from madlen.errors import MadlenError
from madlen.prompt_sets import Check, CheckKind, Prompt, PromptSet
from madlen.ui import text
from madlen.ui.attempts import attempt, clicked
from madlen.ui.sets import library, table

Save = Callable[[PromptSet], PromptSet]
_UNDOABLE = 50
_ELSEWHERE = ":material/sync_problem:"
_KINDS: dict[CheckKind, str] = {
    "contains": "contains words",
    "regex": "matches a pattern",
    "json": "is valid JSON",
    "exact": "is exactly",
    "similarity": "is similar to",
    "length": "has at most … characters",
    "cost": "costs at most … US dollars",
    "latency": "takes at most … seconds",
}
_WITH_WORDS = ("contains", "regex", "exact", "similarity")
_WITH_LIMIT = ("similarity", "length", "cost", "latency")


@dataclass(slots=True)
class _Table:
    """The table on a page; Streamlit counts what is edited from what it was ``first``."""

    first: tuple[Prompt, ...]
    names: list[str]
    """Of the variables, a column each."""
    number: int = 0
    """Of tables of this set on the page, one after the other."""
    before: list[tuple[Prompt, ...]] = field(default_factory=list)
    """What the set held before each change that was made here, the last of them last."""
    kept: tuple[Prompt, ...] = ()
    edits: object = None
    """What was edited until it was drawn last, as Streamlit counts it."""
    touched: bool = False
    """Whether somebody edited it since then."""
    refused: str = ""
    """Why what it holds could not be kept."""

    def __post_init__(self) -> None:
        self.kept = self.first

    def touch(self) -> None:
        self.touched = True

    def next(
        self, prompts: tuple[Prompt, ...], *more: str, before: Sequence[tuple[Prompt, ...]] = ()
    ) -> _Table:
        """Another in its place, of these prompts and with more variables."""
        return _Table(prompts, _names(prompts, [*self.names, *more]), self.number + 1, list(before))


def draw(opened: PromptSet, save: Save) -> PromptSet:
    """Draws the set to be changed and gives it as it is then; ``save`` keeps it."""
    place = f"table-{opened.id}"
    shown: _Table = st.session_state.setdefault(place, _Table(opened.prompts, _names(opened.prompts)))
    if shown.kept != opened.prompts:
        # Changed elsewhere, or from a file.
        if shown.touched:
            st.toast("The set was changed elsewhere: write your last change once more.", icon=_ELSEWHERE)
        shown = st.session_state[place] = shown.next(opened.prompts)
    key = f"prompts-{opened.id}-{shown.number}"
    edited = st.data_editor(
        table.columns(shown.first, shown.names),
        num_rows="dynamic",
        hide_index=True,
        key=key,
        on_change=shown.touch,
        column_config={
            "id": None,
            "prompt": st.column_config.TextColumn("Prompt", width="large"),
            "reference": st.column_config.TextColumn("Reference", width="medium"),
            "tags": st.column_config.TextColumn("Tags", help="Commas between them."),
            "image": st.column_config.TextColumn("Image", help="An https address."),
            **{table.heading(name): st.column_config.TextColumn(table.heading(name)) for name in shown.names},
        },
        alt="The prompts of this set",
    )
    edits = deepcopy(st.session_state[key])
    if shown.touched:
        opened = _kept(opened, shown, edited, save)
    elif shown.edits not in (None, edits):
        # Streamlit has forgotten what was edited, as it does when another page was open.
        st.session_state[place] = shown.next(opened.prompts, before=shown.before)
        st.rerun()
    shown.edits = edits
    # A table in the place of this one would not have what cannot be kept.
    unsaved = bool(shown.refused)
    if unsaved:
        st.error(f"Not saved: {shown.refused}", icon=":material/error:")
    unfilled = sum(not prompt.is_filled for prompt in opened.prompts)
    if unfilled:
        st.caption(
            f"In {figures.counted(unfilled, 'prompt')} a variable has no value and is sent as it is written."
        )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(":material/cloud_done: What you change is saved at once.", width="content")
        if st.button(
            "Undo", key="undo-prompts", icon=":material/undo:", type="tertiary", disabled=not shown.before
        ):
            clicked(_undo, opened, shown, place, save)
        with st.popover("Add a variable", icon=":material/data_object:", type="tertiary"):
            st.text_input("Name of the variable", key=f"column-{opened.id}", max_chars=40)
            st.caption("It fills the places of the prompts where its name stands between {{ and }}.")
            st.button(
                "Add",
                key="add-column",
                disabled=unsaved,
                on_click=attempt,
                args=(_add_variable, shown, place, f"column-{opened.id}"),
            )
        with st.popover("Add from a file", icon=":material/upload_file:", type="tertiary"):
            found = library.upload(f"more-{opened.id}")
            if (
                found
                and (more := found[1].prompts)
                and st.button(
                    f"Add {figures.counted(len(more), 'prompt')}", key="add-prompts", disabled=unsaved
                )
            ):
                clicked(save, replace(opened, prompts=(*opened.prompts, *more)))
        if opened.prompts:
            _downloads(opened)
    return opened


def draw_checks(opened: PromptSet, save: Save) -> None:
    """The checks of all prompts of the set, with a way to add one and to take one away."""
    if not opened.checks:
        st.caption("A check says what every answer must meet. There is none yet.")
    for place, check in enumerate(opened.checks):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"The answer {text.label(checks.described(check))}.", width="content")
            st.button(
                "Remove",
                key=f"remove-check-{place}",
                icon=":material/close:",
                type="tertiary",
                on_click=attempt,
                args=(
                    save,
                    replace(opened, checks=(*opened.checks[:place], *opened.checks[place + 1 :])),
                ),
            )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.selectbox(
            "The answer", get_args(CheckKind), format_func=_KINDS.__getitem__, key="check-kind"
        )
        # Fields of their own for the next check: empty ones.
        words, limit, place = "", None, len(opened.checks)
        if kind in _WITH_WORDS:
            hint = "the reference" if kind in {"exact", "similarity"} else ""
            label = "Pattern" if kind == "regex" else "Words"
            words = st.text_input(
                label, key=f"check-words-{len(opened.checks)}", placeholder=hint, max_chars=2_000
            )
        if kind in _WITH_LIMIT:
            limit = st.number_input(
                "By at least, 0 to 1" if kind == "similarity" else "At most",
                min_value=0.0,
                max_value=1.0 if kind == "similarity" else None,
                value=None,
                format="%g",
                key=f"check-limit-{kind}-{place}",
            )
        if st.button("Add the check", key="add-check", icon=":material/add:"):
            clicked(_add_check, opened, Check(cast("CheckKind", kind), words, limit), save)


def _kept(opened: PromptSet, shown: _Table, edited: Mapping[str, Sequence[Any]], save: Save) -> PromptSet:
    """The set with what the table holds, which is kept; or as it was, with why that cannot be."""
    shown.touched, shown.refused = False, ""
    first = {prompt.id for prompt in shown.first}
    added = [prompt for prompt in opened.prompts if prompt.id not in first]
    try:
        as_shown = table.rows(table.columns(opened.prompts, shown.names), opened.prompts, shown.names)
        # One whose words are gone is out of the set, but not what else was known of it.
        known = [*shown.first, *opened.prompts]
        now = table.known_again(table.rows(edited, known, shown.names), added)
        if now == as_shown:
            return opened
        saved = save(replace(opened, prompts=tuple(now)))
    except MadlenError as error:
        shown.refused = text.label(str(error))
        return opened
    shown.before = [*shown.before, opened.prompts][-_UNDOABLE:]
    shown.kept = saved.prompts
    return saved


def _undo(opened: PromptSet, shown: _Table, place: str, save: Save) -> None:
    saved = save(replace(opened, prompts=shown.before[-1]))
    st.session_state[place] = shown.next(saved.prompts, before=shown.before[:-1])


def _add_variable(shown: _Table, place: str, box: str) -> None:
    name = table.variable(st.session_state[box], shown.names)
    # A table with other columns forgets what was edited.
    st.session_state[place] = shown.next(shown.kept, name, before=shown.before)
    st.session_state[box] = ""


def _names(prompts: Sequence[Prompt], known: Sequence[str] = ()) -> list[str]:
    return list(dict.fromkeys([*known, *(name for prompt in prompts for name in prompt.variables)]))


def _add_check(opened: PromptSet, check: Check, save: Save) -> None:
    save(replace(opened, checks=(*opened.checks, checks.check_that_works(check))))


def _downloads(opened: PromptSet) -> None:
    with st.popover(
        "Download", icon=":material/download:", type="tertiary", key="set-download", on_change="rerun"
    ) as place:
        # A set may be long, and is written only for whoever wants it.
        if not place.open:
            return
        name = re.sub(r"\W+", "-", opened.name).strip("-") or "prompts"
        st.download_button("CSV", uploads.as_csv(opened.prompts), f"{name}.csv", key="set-csv")
        st.download_button("JSONL", uploads.as_jsonl(opened.prompts), f"{name}.jsonl", key="set-jsonl")
