"""Prompts with gaps, and the names under which they and presets are kept."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from madlen import names, presets, prompt_library
from madlen.errors import MadlenError, Unacceptable
from madlen.prompt_library import SavedPrompt
from madlen.types import CHAT_LANE, Lane

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def saved(text: str) -> SavedPrompt:
    return SavedPrompt("mine", text, NOW)


def test_variables_come_once_each_in_their_order() -> None:
    text = "{{b}} {{ a }} {{b}} {{two words}} {{çağ}} {not} {{}} {{a b"
    assert saved(text).variables == ("b", "a", "two words", "çağ")


def test_values_stand_in_all_places_of_their_variable() -> None:
    assert saved("{{a}}, {{ a }} and {{b}}").filled({"a": "one", "b": "two"}) == "one, one and two"


def test_a_variable_without_a_value_stays() -> None:
    assert saved("{{a}} {{b}}").filled({"a": "", "c": "x"}) == "{{a}} {{b}}"


def test_what_is_filled_in_is_not_looked_through_again() -> None:
    assert saved(r"{{a}} {{b}}").filled({"a": "{{b}}", "b": r"\1 \g<0>"}) == r"{{b}} \1 \g<0>"


def test_a_prompt_of_many_open_braces_is_read_in_no_time() -> None:
    assert saved("{{" * 50_000).variables == ()
    assert saved("{{" + " " * 50_000).variables == ()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (" \n", "needs some words"),
        ("x" * 100_001, "at most 100,000 characters"),
        ("".join(f"{{{{v{number}}}}}" for number in range(21)), "at most 20 variables"),
    ],
)
def test_what_cannot_be_kept_is_told_why(text: str, sentence: str) -> None:
    with pytest.raises(MadlenError, match=sentence):
        prompt_library.made("mine", text, NOW)


def test_a_preset_is_of_the_lane_of_a_chat() -> None:
    kept = presets.made(" my \n own ", Lane("parrot/polly", "B", system="Hm."), NOW)
    assert (kept.name, kept.lane) == ("my own", Lane("parrot/polly", CHAT_LANE, system="Hm."))


def test_a_preset_needs_a_model() -> None:
    with pytest.raises(Unacceptable, match="needs a model"):
        presets.made("mine", Lane(" "), NOW)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [(" ", "needs a name"), ("a/b", "no slash"), ("n" * 101, "at most 100 characters")],
)
def test_a_name_that_is_none_is_refused(name: str, sentence: str) -> None:
    with pytest.raises(Unacceptable, match=sentence):
        names.checked(name, "preset")
