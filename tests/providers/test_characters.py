"""Characters whose UTF-16 halves come in two chunks, as escapes of JSON may cut them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from madlen import lenient
from madlen.errors import Interrupted, MadlenError
from madlen.providers.characters import Characters
from madlen.types import Done, Event, Reasoning, Text
from tests.providers.test_chunk_streams import STOP, event, streamed

HIGH, LOW = "\ud83d", "\ude00"


def answered(*deltas: dict[str, Any], end: bytes = event(STOP)) -> tuple[str, str, MadlenError | None]:
    """The text and the reasoning of a stream, and the error that ends it."""
    found, error = streamed(*(event({"choices": [{"delta": delta}]}) for delta in deltas), end)
    assert error is None or isinstance(error, MadlenError)
    return joined(found, Text), joined(found, Reasoning), error


def joined(found: list[Event], kind: type[Text | Reasoning]) -> str:
    return "".join(each.text for each in found if isinstance(each, kind))


def units(text: str) -> list[str]:
    """The code units of a text, as a provider may escape them one by one."""
    encoded = text.encode("utf-16-le", "surrogatepass")
    return [chr(int.from_bytes(encoded[at : at + 2], "little")) for at in range(0, len(encoded), 2)]


def pieces(text: str, places: Sequence[int]) -> list[str]:
    cut = units(text)
    places = sorted(place % (len(cut) + 1) for place in places)
    return ["".join(cut[start:end]) for start, end in pairwise([0, *places, len(cut)])]


@settings(deadline=None)
@given(st.text(), st.lists(st.integers(0, 1000), max_size=20))
def test_cutting_a_text_between_any_two_escapes_changes_nothing(text: str, places: list[int]) -> None:
    characters = Characters()
    taken = "".join(characters.take(piece) for piece in pieces(text, places))
    assert taken + characters.rest() == text


@settings(deadline=None)
@given(st.lists(st.text(st.characters(codec=None))))
def test_no_half_costs_more_than_itself(given: list[str]) -> None:
    characters = Characters()
    taken = "".join(characters.take(piece) for piece in given) + characters.rest()
    assert taken == lenient.text("".join(given))
    assert taken.encode().decode() == taken


@pytest.mark.parametrize("name", ["content", "reasoning", "reasoning_content"])
def test_a_character_in_two_chunks_is_one(name: str) -> None:
    text, reasoning, _ = answered({name: "Hi " + HIGH}, {name: LOW + "!"})
    assert (text or reasoning) == "Hi 😀!"


def test_words_and_thoughts_each_wait_for_their_own_half() -> None:
    both = {"content": "a" + HIGH, "reasoning": "b" + HIGH}
    assert answered(both, {"content": LOW}, {"reasoning": LOW})[:2] == ("a😀", "b😀")


def test_a_half_waits_past_chunks_without_words() -> None:
    assert answered({"content": HIGH}, {"content": ""}, {}, {"content": LOW})[0] == "😀"


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (["a" + HIGH, "b"], "a\ufffdb"),
        (["a", LOW + "b"], "a\ufffdb"),
        (["a" + HIGH, HIGH + LOW], "a\ufffd😀"),
        (["a" + HIGH], "a\ufffd"),
        ([LOW, HIGH], "\ufffd\ufffd"),
    ],
)
def test_a_half_without_its_other_one_is_a_mark_and_the_rest_stays(parts: list[str], text: str) -> None:
    assert answered(*({"content": part} for part in parts))[0] == text


def test_a_half_at_the_end_comes_before_the_end_itself() -> None:
    found, _ = streamed(event({"choices": [{"delta": {"content": HIGH}}]}), event(STOP))
    assert found == [Text("\ufffd"), Done("stop")]


@pytest.mark.parametrize(
    ("end", "kind"),
    [(b"", Interrupted), (event({"error": {"code": 502, "message": "Gone"}}), MadlenError)],
    ids=["cut", "error"],
)
def test_a_half_before_a_failure_is_kept_as_a_mark(end: bytes, kind: type[MadlenError]) -> None:
    text, _, error = answered({"content": "a" + HIGH}, end=end)
    assert text == "a\ufffd"
    assert isinstance(error, kind)
