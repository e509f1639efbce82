"""What every store finds by words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from madlen.history import Piece
from madlen.store import Store
from madlen.types import Status
from tests.store.keeping import NOW, a_reply, a_session, a_turn, asked


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
    "words",
    [
        *(
            '"',
            "a AND",
            "*",
            "c:",
            "-a",
            "NEAR(",
            "\0",
            "🌈",
            "虹",
            "^",
            "x" * 100_000,
            "a\n\tb",
            "x " * 50_000,
        ),
        *("a " * 1000, "虹" * 34_000, "a & !b | (c <-> d):*", "'", "\\", "%_", "#1", "^a"),
    ],
)
def test_no_search_is_an_error(store: Store, words: str) -> None:
    asked(store)
    assert found(store, words) in ([], ["s1"])


@pytest.mark.parametrize("words", ["", " ", "\n"])
def test_nothing_typed_lists_everything(store: Store, words: str) -> None:
    asked(store)
    assert found(store, words) == ["s1"]


@pytest.mark.parametrize("words", ["c", "co", "col", "colo", "colours", "how c", "COLOURS", "cölours"])
def test_a_word_is_found_from_its_first_letter_on(store: Store, words: str) -> None:
    asked(store)
    assert found(store, words) == ["s1"]


@pytest.mark.parametrize("words", ["olours", "colours x", "ho colours", "colors"])
def test_only_the_last_word_may_be_a_beginning(store: Store, words: str) -> None:
    asked(store)
    assert found(store, words) == []


def test_a_run_of_chinese_letters_is_found_by_its_beginning(store: Store) -> None:
    store.create_session(a_session())
    store.begin(a_turn(text="彩虹有几种颜色?"), [], model_id="parrot/polly")
    assert found(store, "彩") == found(store, "彩虹有") == ["s1"]
    assert found(store, "颜色") == []


def test_what_is_found_stands_with_its_hit_in_the_newest_message(store: Store) -> None:
    asked(store)
    store.save(replace(a_reply(), status=Status.COMPLETE, text="The colours are *seven*."))
    [entry] = store.sessions(words="Colour")
    assert entry.message_id == "r1"
    assert entry.found == (Piece("The "), Piece("colours", hit=True), Piece(" are *seven*."))


def test_a_chat_found_by_its_title_alone_shows_no_message(store: Store) -> None:
    asked(store)
    [entry] = store.sessions(words="rainbows")
    assert (entry.message_id, entry.found) == ("", ())


def test_the_chat_with_the_newest_message_that_holds_the_words_comes_first(store: Store) -> None:
    for number, name in enumerate(("first", "second", "third")):
        store.create_session(a_session(name, "Tea", minute=-number))
    for number, name in enumerate(("second", "first", "third", "second")):
        said = replace(a_turn(f"t{number}", name, "Green tea"), created_at=NOW + timedelta(minutes=number))
        store.begin(said, [], model_id="parrot/polly")
    assert found(store, "tea") == found(store, "green") == ["second", "third", "first"]


def test_what_was_said_last_comes_before_what_was_imported_last(store: Store) -> None:
    for day in (3, 2, 1):
        said = replace(a_turn(f"t{day}", f"s{day}", "Green tea"), created_at=NOW - timedelta(days=day))
        store.keep(a_session(f"s{day}", "Tea", minute=-1440 * day), [said])
    for day in (4, 5):
        said = replace(a_turn(f"t{day}", f"s{day}", "Green tea"), created_at=NOW - timedelta(days=day))
        store.keep(a_session(f"s{day}", "Tea", minute=-1440 * day), [said])
    assert found(store, "green") == found(store, "tea") == ["s1", "s2", "s3", "s4", "s5"]


def test_what_is_found_comes_a_page_at_a_time(store: Store) -> None:
    for number in range(7):
        store.create_session(a_session(f"s{number}", "Tea"))
        store.begin(a_turn(f"t{number}", f"s{number}", "Green tea"), [], model_id="parrot/polly")
    pages = [store.sessions(words="tea", limit=3, offset=offset) for offset in (0, 3, 6, 9)]
    assert [[one.id for one in page] for page in pages] == [
        ["s6", "s5", "s4"],
        ["s3", "s2", "s1"],
        ["s0"],
        [],
    ]


def test_hits_in_many_messages_of_a_chat_are_one(store: Store) -> None:
    asked(store)
    for number in range(30):
        store.begin(a_turn(f"more{number}"), [], model_id="parrot/polly")
    assert found(store, "colours") == ["s1"]


LETTERS = st.sampled_from("ab é-'虹")
TEXTS = st.lists(st.text(LETTERS, max_size=8), min_size=1, max_size=5)


@given(texts=TEXTS, words=st.text(LETTERS, min_size=1, max_size=4))
@example(texts=["aa"], words="a -")
@example(texts=["a"], words="a-a")
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_what_is_found_is_what_a_reader_finds(store: Store, texts: list[str], words: str) -> None:
    for old in store.sessions():
        store.delete_session(old.id)
    for number, text in enumerate(texts):
        store.create_session(a_session(f"s{number}", "-"))
        store.begin(a_turn(f"t{number}", f"s{number}", text), [], model_id="parrot/polly")
    plain = [text.replace("é", "e").replace("-", " ").replace("'", " ").split() for text in (*texts, words)]
    *read, sought = plain
    expected = [
        f"s{number}"
        for number, has in enumerate(read)
        if sought
        and all(word in has for word in sought[:-1])
        and any(word.startswith(sought[-1]) for word in has)
    ]
    assert found(store, words) == (expected[::-1] if words.strip() else [*found(store, "")])


@given(words=st.text())
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_is_typed_can_be_searched_for(store: Store, words: str) -> None:
    assert isinstance(store.sessions(words=words), list)
