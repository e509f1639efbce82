"""The prompts that the table of a set holds."""

from __future__ import annotations

import math
from typing import Any

import pytest

from madlen.errors import Unacceptable
from madlen.prompt_sets import Check, Prompt
from madlen.types import Picture
from madlen.ui.sets import editor

KEPT = Picture("ab" * 32, "image/png", b"\x89PNG")
FULL = Prompt(
    "p1",
    "Where is {{city}}?",
    "Norway",
    (KEPT, Picture(url="https://example.com/a.png")),
    ("geo", "easy"),
    {"city": "Oslo"},
    (Check("json"),),
)


def table(*prompts: Prompt, names: tuple[str, ...] = ("city",)) -> dict[str, list[Any]]:
    return dict(editor._columns(prompts, names))


def test_a_table_that_nobody_touched_holds_the_prompts_as_they_are() -> None:
    assert editor.rows(table(FULL, Prompt("p2", "b")), [FULL, Prompt("p2", "b")], ["city"]) == [
        FULL,
        Prompt("p2", "b"),
    ]


def test_what_the_table_does_not_show_stays_as_it_was() -> None:
    edited = table(FULL)
    edited["prompt"] = ["Which country has {{city}}?"]
    edited["image"] = [""]
    [found] = editor.rows(edited, [FULL], ["city"])
    assert (found.id, found.pictures, found.checks) == ("p1", (KEPT,), (Check("json"),))
    assert found.asked == "Which country has Oslo?"


@pytest.mark.parametrize("empty", [None, math.nan, ""])
def test_a_row_that_was_added_has_no_id_yet_and_empty_cells(empty: Any) -> None:
    edited = table(FULL)
    added = dict.fromkeys(edited, empty) | {"prompt": "New", "tags": " a ,"}
    for name, cell in added.items():
        edited[name].append(cell)
    assert editor.rows(edited, [FULL], ["city"])[1] == Prompt("", "New", tags=("a",))


def test_rows_without_words_are_left_out() -> None:
    assert editor.rows(table(), [], ["city"]) == []
    assert editor.rows(table(Prompt("p1", "a")) | {"prompt": ["  "]}, [], ["city"]) == []


def test_an_image_that_is_no_address_is_named_by_its_row() -> None:
    edited = table(Prompt("p1", "a"), Prompt("p2", "b")) | {"image": ["", "picture.png"]}
    with pytest.raises(Unacceptable, match="Row 2: An image must be"):
        editor.rows(edited, [], ["city"])


def test_a_name_of_a_variable_becomes_one_word_and_is_added_once() -> None:
    names: list[str] = []
    for name in ("home town", "home_town", " "):
        editor._add_column(names, name)
    assert names == ["home_town"]


def test_a_variable_may_have_the_name_of_a_column() -> None:
    named = Prompt("p1", "{{id}}: {{prompt}}", pictures=(KEPT,), variables={"id": "7", "prompt": "Why?"})
    names = ["id", "prompt"]
    assert editor.rows(editor._columns([named], names), [named], names) == [named]
