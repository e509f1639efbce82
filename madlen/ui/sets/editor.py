"""A prompt set: its prompts in a table, and the checks that their answers must pass."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast, get_args

import streamlit as st

from madlen import figures, images
from madlen.batch import checks, uploads
from madlen.errors import MadlenError, Unacceptable
from madlen.prompt_sets import Check, CheckKind, Prompt, PromptSet
from madlen.ui import text
from madlen.ui.attempts import attempt
from madlen.ui.sets import library

Save = Callable[[PromptSet], object]
_OWN = ("id", "prompt", "reference", "tags", "image")
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


def draw(opened: PromptSet, save: Save) -> None:
    """Draws the set to be changed; ``save`` keeps it."""
    key = f"prompts-{opened.id}-{opened.updated_at.isoformat()}"
    extra: list[str] = st.session_state.setdefault(f"columns-{opened.id}", [])
    names = list(dict.fromkeys(name for prompt in opened.prompts for name in prompt.variables))
    names += [name for name in extra if name not in names]
    edited = st.data_editor(
        _columns(opened.prompts, names),
        num_rows="dynamic",
        hide_index=True,
        key=key,
        column_config={
            "id": None,
            "prompt": st.column_config.TextColumn("Prompt", width="large"),
            "reference": st.column_config.TextColumn("Reference", width="medium"),
            "tags": st.column_config.TextColumn("Tags", help="Commas between them."),
            "image": st.column_config.TextColumn("Image", help="An https address."),
            **{_place(name): st.column_config.TextColumn(_place(name)) for name in names},
        },
        alt="The prompts of this set",
    )
    unfilled = sum(bool(re.search(r"\{\{\s*\w+\s*\}\}", prompt.asked)) for prompt in opened.prompts)
    if unfilled:
        st.caption(
            f"In {figures.counted(unfilled, 'prompt')} a variable has no value and is sent as it is written."
        )
    _unsaved(opened, edited, names)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button(
            "Save prompts",
            key="save-prompts",
            icon=":material/save:",
            on_click=attempt,
            args=(_save, opened, edited, names, save),
        )
        with st.popover("Add a variable", icon=":material/data_object:", type="tertiary"):
            name = st.text_input("Name of the variable", key=f"column-{opened.id}", max_chars=40)
            st.caption("It fills the places of the prompts where its name stands between {{ and }}.")
            st.button("Add", key="add-column", on_click=_add_column, args=(extra, name), disabled=not name)
        with st.popover("Add from a file", icon=":material/upload_file:", type="tertiary"):
            found = library.upload(f"more-{opened.id}")
            if found and (more := found[1].prompts):
                st.button(
                    f"Add {figures.counted(len(more), 'prompt')}",
                    key="add-prompts",
                    on_click=attempt,
                    args=(save, replace(opened, prompts=(*opened.prompts, *more))),
                )
        if opened.prompts:
            _downloads(opened)


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
        st.button(
            "Add the check",
            key="add-check",
            icon=":material/add:",
            on_click=attempt,
            args=(_add_check, opened, Check(cast("CheckKind", kind), words, limit), save),
        )


def rows(edited: Mapping[str, Sequence[Any]], known: Sequence[Prompt], names: Sequence[str]) -> list[Prompt]:
    """The prompts that the table holds; what it does not show of a prompt stays as it was.

    Rows without words are left out. Raises ``Unacceptable`` with the number of the row.
    """
    by_id = {prompt.id: prompt for prompt in known}
    found = []
    columns = (*_OWN, *map(_place, names))
    cells = {name: [_words(cell) for cell in edited.get(name, ())] for name in columns}
    for place in range(len(cells["prompt"])):
        row = {name: column[place] for name, column in cells.items() if place < len(column)}
        old = by_id.get(row.get("id", ""), Prompt("", ""))
        kept = tuple(picture for picture in old.pictures if not picture.url)
        try:
            shown = tuple(images.from_url(url) for url in row.get("image", "").split())
        except MadlenError as error:
            raise Unacceptable(f"Row {place + 1}: {error}") from error
        if row["prompt"].strip() or shown or kept:
            prompt = replace(
                old,
                text=row["prompt"],
                reference=row.get("reference", ""),
                pictures=(*kept, *shown),
                tags=tuple(tag.strip() for tag in row.get("tags", "").split(",") if tag.strip()),
                variables={name: row[_place(name)] for name in names if row.get(_place(name))},
            )
            found.append(prompt)
    return found


def _columns(prompts: Sequence[Prompt], names: Sequence[str]) -> dict[str, list[str]]:
    """The table's cells; one empty row where there is no prompt, for a table without rows has no text."""
    prompts = prompts or [Prompt("", "")]
    columns = {
        "id": [prompt.id for prompt in prompts],
        "prompt": [prompt.text for prompt in prompts],
        "reference": [prompt.reference for prompt in prompts],
        "tags": [", ".join(prompt.tags) for prompt in prompts],
        "image": [" ".join(one.url for one in prompt.pictures if one.url) for prompt in prompts],
    }
    return columns | {_place(name): [prompt.variables.get(name, "") for prompt in prompts] for name in names}


def _place(name: str) -> str:
    """How a variable stands in a prompt; its column is named so, apart from those of the prompt itself."""
    return f"{{{{{name}}}}}"


def _words(cell: Any) -> str:
    """A cell of the table; a row that was added holds none or NaN where nothing was written."""
    return cell if isinstance(cell, str) else ""


def _unsaved(opened: PromptSet, edited: Mapping[str, Sequence[Any]], names: Sequence[str]) -> None:
    """Says that the table holds something else than the set, or what is wrong with it."""
    try:
        changed = rows(edited, opened.prompts, names) != rows(
            _columns(opened.prompts, names), opened.prompts, names
        )
    except MadlenError as error:
        st.error(text.label(str(error)), icon=":material/error:")
    else:
        if changed:
            st.caption(":orange[:material/edit:] Not saved yet.")


def _save(opened: PromptSet, edited: Mapping[str, Sequence[Any]], names: Sequence[str], save: Save) -> None:
    save(replace(opened, prompts=tuple(rows(edited, opened.prompts, names))))
    st.toast("The prompts are saved.", icon=":material/save:")


def _add_check(opened: PromptSet, check: Check, save: Save) -> None:
    save(replace(opened, checks=(*opened.checks, checks.check_that_works(check))))


def _add_column(extra: list[str], name: str) -> None:
    word = re.sub(r"\W+", "_", name.strip())
    if word and word not in extra:
        extra.append(word)


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
