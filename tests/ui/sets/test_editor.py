"""What is edited in the table of a set is kept, and can be taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from madlen.errors import TooLarge
from madlen.prompt_sets import Check, Prompt, PromptSet
from madlen.ui.sets import editor, table

NOW = datetime(2026, 11, 23, tzinfo=UTC)
KNOWN = PromptSet("s1", "Numbers", NOW, NOW, (Prompt("p1", "One?"), Prompt("p2", "Two?")))


def with_ids(wanted: PromptSet) -> PromptSet:
    """What a store gives back: rows that were added have ids."""
    named = [replace(one, id=one.id or f"p{place}") for place, one in enumerate(wanted.prompts, start=1)]
    return replace(wanted, prompts=tuple(named))


def edited(*prompts: Prompt) -> dict[str, list[str]]:
    return table.columns(prompts, [])


def test_what_is_edited_is_kept_with_what_it_was_before() -> None:
    shown = editor._Table(KNOWN.prompts, [], touched=True)
    now = editor._kept(KNOWN, shown, edited(Prompt("p1", "Eins?"), Prompt("p2", "Two?")), with_ids)
    assert [prompt.text for prompt in now.prompts] == ["Eins?", "Two?"]
    assert (shown.kept, shown.before, shown.touched) == (now.prompts, [KNOWN.prompts], False)


def test_a_row_that_was_added_is_the_same_prompt_however_often_it_is_changed() -> None:
    shown = editor._Table(KNOWN.prompts, [])
    now = KNOWN
    for words in ("Thr", "Three?"):
        now = editor._kept(now, shown, edited(*KNOWN.prompts, Prompt("", words)), with_ids)
    assert now.prompts[2] == Prompt("p3", "Three?")
    assert [len(prompts) for prompts in shown.before] == [2, 3]


def test_what_changes_nothing_is_not_kept_again() -> None:
    shown = editor._Table(KNOWN.prompts, [])
    assert editor._kept(KNOWN, shown, edited(*KNOWN.prompts, Prompt("", " ")), with_ids) is KNOWN
    assert shown.before == []


def test_a_prompt_whose_words_are_cleared_and_written_anew_is_the_same_prompt() -> None:
    checked = replace(KNOWN, prompts=(replace(KNOWN.prompts[0], checks=(Check("json"),)), KNOWN.prompts[1]))
    shown = editor._Table(checked.prompts, [])
    now = editor._kept(checked, shown, edited(Prompt("p1", ""), Prompt("p2", "Two?")), with_ids)
    assert [prompt.id for prompt in now.prompts] == ["p2"]
    now = editor._kept(now, shown, edited(Prompt("p1", "Eins?"), Prompt("p2", "Two?")), with_ids)
    assert now.prompts[0] == Prompt("p1", "Eins?", checks=(Check("json"),))


def test_what_cannot_be_kept_says_why_and_leaves_the_set_as_it_was() -> None:
    shown = editor._Table(KNOWN.prompts, [], touched=True)
    wrong = edited(*KNOWN.prompts) | {"image": ["", "picture.png"]}
    assert editor._kept(KNOWN, shown, wrong, with_ids) is KNOWN
    assert "Row 2" in shown.refused

    def full(_wanted: PromptSet) -> PromptSet:
        raise TooLarge("The disk is full.")

    assert editor._kept(KNOWN, shown, edited(Prompt("p1", "Eins?")), full) is KNOWN
    assert (shown.refused, shown.before) == ("The disk is full\\.", [])
    editor._kept(KNOWN, shown, edited(*KNOWN.prompts), with_ids)
    assert shown.refused == ""


def test_only_the_last_changes_can_be_taken_back() -> None:
    shown, now = editor._Table(KNOWN.prompts, []), KNOWN
    for number in range(editor._UNDOABLE + 2):
        now = editor._kept(now, shown, edited(Prompt("p1", f"{number}?")), with_ids)
    assert len(shown.before) == editor._UNDOABLE
    assert shown.before[-1][0].text == f"{editor._UNDOABLE}?"


def test_a_table_in_the_place_of_another_has_its_variables_and_another_key() -> None:
    shown = editor._Table(KNOWN.prompts, ["city"], before=[()])
    after = shown.next((Prompt("p1", "One?", variables={"home": "Oslo"}),), "year", before=shown.before)
    assert (after.names, after.number, after.before) == (["city", "year", "home"], 1, [()])
