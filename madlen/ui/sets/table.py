"""The prompts of a set as the cells of a table, and the prompts that a table holds once it was edited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from madlen import images
from madlen.errors import MadlenError, Unacceptable
from madlen.prompt_sets import Prompt, variable_name

_OWN = ("id", "prompt", "reference", "tags", "image")


def rows(edited: Mapping[str, Sequence[Any]], known: Sequence[Prompt], names: Sequence[str]) -> list[Prompt]:
    """The prompts that the table holds; what it does not show of a prompt stays as it was.

    Rows without words are left out, and such as were added have no id. Raises ``Unacceptable`` with the
    number of the row.
    """
    by_id = {prompt.id: prompt for prompt in known}
    found = []
    cells = {name: [_words(cell) for cell in edited.get(name, ())] for name in (*_OWN, *map(heading, names))}
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
                pictures=tuple(dict.fromkeys((*kept, *shown))),
                tags=tuple(tag.strip() for tag in row.get("tags", "").split(",") if tag.strip()),
                variables={name: row[heading(name)] for name in names if row.get(heading(name))},
            )
            found.append(prompt)
    return found


def columns(prompts: Sequence[Prompt], names: Sequence[str]) -> dict[str, list[str]]:
    """The table's cells; one empty row where there is no prompt, for a table without rows has no text."""
    prompts = prompts or [Prompt("", "")]
    own = {
        "id": [prompt.id for prompt in prompts],
        "prompt": [prompt.text for prompt in prompts],
        "reference": [prompt.reference for prompt in prompts],
        "tags": [", ".join(prompt.tags) for prompt in prompts],
        "image": [" ".join(one.url for one in prompt.pictures if one.url) for prompt in prompts],
    }
    return own | {heading(name): [prompt.variables.get(name, "") for prompt in prompts] for name in names}


def heading(name: str) -> str:
    """How a variable stands in a prompt; its column is named so, apart from those of the prompt itself."""
    return f"{{{{{name}}}}}"


def known_again(edited: Sequence[Prompt], added: Sequence[Prompt]) -> list[Prompt]:
    """The same with ids for rows that were added: those that they were given when they were kept before.

    ``added`` are the prompts kept of such rows, in the order of these; what was changed since is known by
    what is left beside it.
    """
    found, left = list(edited), list(added)
    for same in (True, False):
        for place, row in enumerate(found):
            if row.id:
                continue
            one = next((one for one in left if not same or replace(one, id="") == row), None)
            if one is not None:
                left.remove(one)
                found[place] = replace(row, id=one.id)
    return found


def variable(written: str, names: Sequence[str]) -> str:
    """A written name as that of a variable. Raises ``Unacceptable`` where it is none or is there already."""
    word = variable_name(written)
    if not word:
        raise Unacceptable("A variable needs a name.")
    if word in names:
        raise Unacceptable(f"There is a variable {word} already.")
    return word


def _words(cell: Any) -> str:
    """A cell of the table; a row that was added holds none or NaN where nothing was written."""
    return cell if isinstance(cell, str) else ""
