"""Large JSON documents are read a member at a time."""

from __future__ import annotations

import json
import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from madlen.errors import Unacceptable
from madlen.files import pieces

TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def read(content: bytes) -> list[object] | str:
    """The members of a document, or why there are none."""
    try:
        return [piece.value() for piece in pieces.document(content).members()]
    except Unacceptable as error:
        return str(error)


@given(st.lists(TREES), st.booleans(), st.sampled_from([None, 0, 3]))
def test_the_members_of_a_list_are_those_that_json_reads(
    values: list[object], ascii_only: bool, indent: int | None
) -> None:
    written = json.dumps(values, ensure_ascii=ascii_only, indent=indent).encode()
    assert [piece.value() for piece in pieces.document(written).members()] == values


@given(st.dictionaries(st.text(), TREES), st.sampled_from([None, 2]))
def test_the_members_of_an_object_have_their_names(values: dict[str, object], indent: int | None) -> None:
    written = json.dumps(values, indent=indent).encode()
    found = {piece.name: piece.value() for piece in pieces.document(written).members()}
    assert found == values


@given(st.binary(max_size=60))
def test_whatever_the_bytes_are_there_is_a_value_or_a_sentence(content: bytes) -> None:
    assert isinstance(read(content), list | str)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"hello", "neither JSON nor a ZIP"),
        (b"[1, 2", "cut off"),
        (b'["one', "no end"),
        (b"[1] x", "after its end"),
        (b"[1,,2]", "where a value should"),
        (b"[1 2]", "at byte"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deep"),
        (b'["\xff"]', "that is none"),
    ],
)
def test_what_is_broken_is_told(content: bytes, sentence: str) -> None:
    assert sentence in str(read(content))


def test_a_byte_order_mark_is_passed_over() -> None:
    assert [piece.value() for piece in pieces.document(b"\xef\xbb\xbf[7]").members()] == [7]


def test_a_text_without_end_takes_no_time() -> None:
    began = time.monotonic()
    with pytest.raises(Unacceptable, match="no end"):
        list(pieces.document(b'["' + b'\\"' * 2_000_000).members())
    assert time.monotonic() - began < 5


def test_a_large_list_takes_the_memory_of_one_member() -> None:
    content = b"[" + b",".join([json.dumps({"words": ["word"] * 1000}).encode()] * 1000) + b"]"
    tracemalloc.start()
    for piece in pieces.document(content).members():
        piece.value()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < len(content) / 10
