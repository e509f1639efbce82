"""The prompts that the table of a set holds."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from madlen.errors import Unacceptable
from madlen.images import prepared
from madlen.prompt_sets import Check, Prompt
from madlen.types import Picture
from madlen.ui.sets import table
from tests.test_image_addresses import encoded

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


def cells(*prompts: Prompt, names: tuple[str, ...] = ("city",)) -> dict[str, list[Any]]:
    return dict(table.columns(prompts, names))


def test_a_table_that_nobody_touched_holds_the_prompts_as_they_are() -> None:
    assert table.rows(cells(FULL, Prompt("p2", "b")), [FULL, Prompt("p2", "b")], ["city"]) == [
        FULL,
        Prompt("p2", "b"),
    ]


def test_what_the_table_does_not_show_stays_as_it_was() -> None:
    edited = cells(FULL)
    edited["prompt"] = ["Which country has {{city}}?"]
    edited["image"] = [""]
    [found] = table.rows(edited, [FULL], ["city"])
    assert (found.id, found.pictures, found.checks) == ("p1", (KEPT,), (Check("json"),))
    assert found.asked == "Which country has Oslo?"


@pytest.mark.parametrize("empty", [None, math.nan, ""])
def test_a_row_that_was_added_has_no_id_yet_and_empty_cells(empty: Any) -> None:
    edited = cells(FULL)
    added = dict.fromkeys(edited, empty) | {"prompt": "New", "tags": " a ,"}
    for name, cell in added.items():
        edited[name].append(cell)
    assert table.rows(edited, [FULL], ["city"])[1] == Prompt("", "New", tags=("a",))


def test_rows_without_words_are_left_out() -> None:
    assert table.rows(cells(), [], ["city"]) == []
    assert table.rows(cells(Prompt("p1", "a")) | {"prompt": ["  "]}, [], ["city"]) == []


def test_an_image_that_is_no_address_is_named_by_its_row() -> None:
    edited = cells(Prompt("p1", "a"), Prompt("p2", "b")) | {"image": ["", "picture.png"]}
    with pytest.raises(Unacceptable, match="Row 2: An image must be"):
        table.rows(edited, [], ["city"])


def test_a_picture_that_is_written_into_a_cell_is_kept_once() -> None:
    edited = cells(FULL) | {"image": [prepared(encoded("PNG")).address]}
    written = table.rows(edited, [FULL], ["city"])
    assert len(written[0].pictures) == 2
    assert table.rows(edited, written, ["city"]) == written


def test_rows_that_were_added_keep_their_ids_when_one_of_them_is_changed_or_taken_away() -> None:
    kept = [Prompt("p2", "One?"), Prompt("p3", "Two?", "2"), Prompt("p4", "Two?")]
    fresh = [replace(prompt, id="") for prompt in kept]
    assert table.known_again([FULL, *fresh], kept) == [FULL, *kept]
    changed = [fresh[0], replace(fresh[1], text="Three?"), fresh[2]]
    assert [prompt.id for prompt in table.known_again(changed, kept)] == ["p2", "p3", "p4"]
    assert [prompt.id for prompt in table.known_again(fresh[1:], kept)] == ["p3", "p4"]
    more = [*fresh, Prompt("", "Four?")]
    assert [prompt.id for prompt in table.known_again(more, kept)] == ["p2", "p3", "p4", ""]


def test_a_name_of_a_variable_becomes_one_word_that_is_not_there_yet() -> None:
    assert table.variable(" home town! ", ["city"]) == "home_town"
    assert table.variable("_id", []) == "_id"
    with pytest.raises(Unacceptable, match="There is a variable home_town already"):
        table.variable("home_town", ["home_town"])
    for name in ("", " ", "_"):
        with pytest.raises(Unacceptable, match="A variable needs a name"):
            table.variable(name, [])


def test_a_variable_may_have_the_name_of_a_column() -> None:
    named = Prompt("p1", "{{id}}: {{prompt}}", pictures=(KEPT,), variables={"id": "7", "prompt": "Why?"})
    names = ["id", "prompt"]
    assert table.rows(table.columns([named], names), [named], names) == [named]
