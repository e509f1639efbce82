from __future__ import annotations

from typing import Any

import pytest

from madlen.providers.chunks import Grammar
from madlen.providers.thoughts import Thoughts


def whole(*fragments: object) -> tuple[dict[str, Any], ...]:
    thoughts = Thoughts()
    for fragment in fragments:
        thoughts.take(fragment)
    return thoughts.whole()


def test_fragments_with_one_type_and_index_are_one_item() -> None:
    assert whole(
        [{"type": "reasoning.text", "text": "One ", "index": 0, "format": "google-gemini-v1"}],
        [{"type": "reasoning.text", "text": "flat", "index": 0, "format": None}],
    ) == ({"type": "reasoning.text", "text": "One flat", "index": 0, "format": "google-gemini-v1"},)


def test_a_signature_may_come_last_and_without_text() -> None:
    [item] = whole(
        [{"type": "reasoning.text", "text": "Hm.", "signature": None, "index": 0}],
        [{"type": "reasoning.text", "signature": "c2ln", "index": 0}],
    )
    assert (item["text"], item["signature"]) == ("Hm.", "c2ln")


def test_items_of_other_types_and_indices_stay_apart_and_in_order() -> None:
    items = whole(
        [{"type": "reasoning.summary", "summary": "S", "index": 0}],
        [{"type": "reasoning.encrypted", "data": "x", "index": 0}],
        [{"type": "reasoning.text", "text": "T", "index": 1}],
        [{"type": "reasoning.encrypted", "data": "y", "index": 0}],
    )
    assert [(item["type"], item.get("data")) for item in items] == [
        ("reasoning.summary", None),
        ("reasoning.encrypted", "xy"),
        ("reasoning.text", None),
    ]


def test_without_an_index_the_place_in_the_list_counts() -> None:
    items = whole([{"type": "reasoning.text", "text": "a"}, {"type": "reasoning.text", "text": "b"}])
    assert [item["text"] for item in items] == ["a", "b"]


@pytest.mark.parametrize("junk", [None, "text", 7, {}, [None, "x", 3]])
def test_what_is_no_list_of_items_says_nothing(junk: object) -> None:
    assert whole(junk) == ()


def test_half_a_surrogate_pair_does_not_travel() -> None:
    [item] = whole([{"type": "reasoning.text", "text": "\ud800", "index": 0}])
    assert item["text"] == "\ufffd"


def test_a_character_cut_in_two_by_the_stream_is_whole_again() -> None:
    [item] = whole(
        [{"type": "reasoning.text", "text": "Hm \ud83d", "index": 0}],
        [{"type": "reasoning.text", "text": "\ude00!", "index": 0}],
    )
    assert item["text"] == "Hm 😀!"


def test_the_end_of_a_stream_carries_them() -> None:
    grammar = Grammar("a/b")
    details = [{"type": "reasoning.text", "text": "Hm.", "index": 0}]
    grammar.take({"choices": [{"delta": {"reasoning": "Hm.", "reasoning_details": details}}]})
    grammar.take({"choices": [{"delta": {}, "finish_reason": "stop"}]})
    assert grammar.done().reasoning_details == tuple(details)


def test_what_no_database_could_hold_is_cleaned() -> None:
    [item] = whole(
        [{"type": "t", "score": float("nan"), "parts": ["\ud800", {"\udfff": float("inf")}], "n": 1}]
    )
    assert item == {"type": "t", "score": None, "parts": ["\ufffd", {"\ufffd": None}], "n": 1}
