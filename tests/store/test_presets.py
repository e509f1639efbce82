"""What every store knows of presets and saved prompts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from madlen.errors import NotFound
from madlen.presets import Preset
from madlen.prompt_library import SavedPrompt
from madlen.store import Store
from madlen.types import Lane, Parameters
from tests.store.keeping import NOW

ALL = Parameters(0.5, 100, 0.9, 7, ("END", "STOP\nHERE"), "low")
PRESET = Preset("Türkçe, kısa", Lane("parrot/polly", parameters=ALL, system="Kısa yaz. 🙂"), NOW)
PROMPT = SavedPrompt("özet", "Sum up {{topic}}\nin {{number}} lines.", NOW)


def test_there_are_no_presets_and_no_saved_prompts_to_begin_with(store: Store) -> None:
    assert (store.presets(), store.saved_prompts()) == ([], [])


def test_a_preset_is_kept_with_its_model_its_system_prompt_and_every_parameter(store: Store) -> None:
    store.keep_preset(PRESET)
    assert store.presets() == [PRESET]
    assert store.preset(PRESET.name) == PRESET


def test_a_saved_prompt_is_kept_as_it_is(store: Store) -> None:
    store.keep_saved_prompt(PROMPT)
    assert store.saved_prompts() == [PROMPT]
    assert store.saved_prompt(PROMPT.name) == PROMPT


def test_both_come_by_their_names(store: Store) -> None:
    for name in ("b", "a", "C"):
        store.keep_preset(replace(PRESET, name=name))
        store.keep_saved_prompt(replace(PROMPT, name=name))
    assert [one.name for one in store.presets()] == ["C", "a", "b"]
    assert [one.name for one in store.saved_prompts()] == ["C", "a", "b"]


def test_each_takes_the_place_of_one_of_the_same_name(store: Store) -> None:
    later = NOW + timedelta(hours=1)
    preset = replace(PRESET, lane=Lane("parrot/dear"), updated_at=later)
    prompt = replace(PROMPT, text="Other words", updated_at=later)
    for one in (PRESET, preset):
        store.keep_preset(one)
    for other in (PROMPT, prompt):
        store.keep_saved_prompt(other)
    assert (store.presets(), store.saved_prompts()) == ([preset], [prompt])


def test_what_is_deleted_has_gone_alone(store: Store) -> None:
    for name in ("one", "another"):
        store.keep_preset(replace(PRESET, name=name))
        store.keep_saved_prompt(replace(PROMPT, name=name))
    store.delete_preset("one")
    store.delete_saved_prompt("another")
    assert [one.name for one in store.presets()] == ["another"]
    assert [one.name for one in store.saved_prompts()] == ["one"]


def test_what_is_not_there_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound, match="no such preset"):
        store.preset("nothing")
    with pytest.raises(NotFound, match="no such preset"):
        store.delete_preset("nothing")
    with pytest.raises(NotFound, match="no such saved prompt"):
        store.saved_prompt("nothing")
    with pytest.raises(NotFound, match="no such saved prompt"):
        store.delete_saved_prompt("nothing")
