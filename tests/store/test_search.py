"""What every store finds by words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from madlen.store import Store
from madlen.types import (
    Status,
)
from tests.store.keeping import NOW, a_reply, a_session, asked


def found(store: Store, words: str) -> list[str]:
    return [session.id for session in store.sessions(words=words)]


def test_words_find_a_session_by_its_title(store: Store) -> None:
    store.create_session(a_session("s1", "Rainbows and rain"))
    store.create_session(a_session("s2", "Clouds"))
    assert found(store, "rain") == ["s1"]


def test_words_find_a_session_by_prompt_and_by_answer(store: Store) -> None:
    asked(store)
    store.save(replace(a_reply(), status=Status.COMPLETE, text="Seven, said Newton."))
    assert found(store, "colours") == found(store, "newton seven") == ["s1"]


def test_a_renamed_session_is_found_by_its_new_title_only(store: Store) -> None:
    store.create_session(a_session())
    store.rename_session("s1", "Clouds", NOW)
    assert (found(store, "clouds"), found(store, "rainbows")) == (["s1"], [])


def test_a_deleted_session_is_not_found_by_its_words(store: Store) -> None:
    asked(store)
    store.delete_session("s1")
    assert found(store, "colours") == []


@pytest.mark.parametrize(
    "words", ['"', "a AND", "*", "c:", "-a", "NEAR(", "\0", "🌈", "虹", "^", "x" * 100_000, "a\n\tb"]
)
def test_no_search_is_an_error(store: Store, words: str) -> None:
    asked(store)
    assert found(store, words) in ([], ["s1"])


@given(words=st.text())
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_is_typed_can_be_searched_for(store: Store, words: str) -> None:
    assert isinstance(store.sessions(words=words), list)
