"""What every store knows of prompt sets."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from madlen.errors import NotFound
from madlen.prompt_sets import Check, Prompt, PromptSet
from madlen.store import Store
from madlen.types import Picture
from tests.store.keeping import NOW, PICTURE, a_session, a_turn

LINKED = Picture(url="https://example.com/cat.png")
PROMPT = Prompt(
    "p1",
    "Greet {{who}} – naïvely.\0",
    reference="Merhaba",
    pictures=(PICTURE, LINKED),
    tags=("türkçe", "short"),
    variables={"who": "Ayşe"},
    checks=(Check("contains", "Merhaba"), Check("length", limit=20)),
)
GREETINGS = PromptSet("g", "Greetings", NOW, NOW, (PROMPT, Prompt("p2", "Why?")), (Check("json"),))


def later(wanted: PromptSet, minutes: int = 1) -> PromptSet:
    return replace(wanted, updated_at=NOW + timedelta(minutes=minutes))


def test_a_set_is_kept_as_it_is(store: Store) -> None:
    store.save_set(GREETINGS)
    assert store.prompt_set("g") == GREETINGS


def test_a_saved_set_takes_the_place_of_the_one_with_its_id(store: Store) -> None:
    store.save_set(GREETINGS)
    shorter = replace(later(GREETINGS), name="Hello", prompts=GREETINGS.prompts[1:], checks=())
    store.save_set(shorter)
    assert store.prompt_set("g") == shorter
    assert store.prompt_sets() == [shorter]


def test_sets_are_listed_with_the_one_changed_last_first_and_without_bytes(store: Store) -> None:
    other = later(PromptSet("o", "Other", NOW, NOW), 1)
    store.save_set(other)
    store.save_set(later(GREETINGS, 2))
    first, second = store.prompt_sets()
    assert second == other
    assert first.prompts[0].pictures == (replace(PICTURE, content=b""), LINKED)


def test_a_set_may_be_empty(store: Store) -> None:
    empty = PromptSet("e", "Empty", NOW, NOW)
    store.save_set(empty)
    assert store.prompt_set("e") == empty


def test_a_deleted_set_is_not_found(store: Store) -> None:
    store.save_set(GREETINGS)
    store.delete_set("g")
    assert store.prompt_sets() == []
    for act in (store.prompt_set, store.delete_set):
        with pytest.raises(NotFound, match="no such prompt set"):
            act("g")


def test_a_picture_stays_while_a_set_shows_it(store: Store) -> None:
    store.save_set(GREETINGS)
    store.begin(replace(a_turn(), pictures=(PICTURE,)), [], model_id="parrot/polly", session=a_session())
    store.delete_session("s1")
    assert store.prompt_set("g") == GREETINGS


def test_a_picture_stays_while_a_message_shows_it(store: Store) -> None:
    seen = replace(a_turn(), pictures=(PICTURE,))
    store.save_set(GREETINGS)
    store.begin(seen, [], model_id="parrot/polly", session=a_session())
    store.delete_set("g")
    assert store.turns("s1") == [seen]


def test_a_picture_goes_with_the_last_set_that_shows_it(store: Store) -> None:
    twin = replace(GREETINGS, id="twin")
    store.save_set(GREETINGS)
    store.save_set(twin)
    store.save_set(replace(GREETINGS, prompts=()))
    assert store.prompt_set("twin") == twin
    store.delete_set("twin")
    # Were the bytes still there, these would not take their place.
    changed = replace(PICTURE, content=b"\x89other")
    store.save_set(replace(GREETINGS, prompts=(replace(PROMPT, pictures=(changed,)),)))
    assert store.prompt_set("g").prompts[0].pictures == (changed,)
