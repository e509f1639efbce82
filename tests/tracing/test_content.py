"""Captured prompts and answers: their shape, and that they are bounded."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from madlen.beginnings import reply
from madlen.tracing import content, names
from madlen.types import Lane, Message, Picture, Reply, Status

PNG = Picture("0" * 64, "image/png", b"pixels")
EMPTY: Reply = reply(
    Lane("parrot/polly"), session_id="s", turn_id="t", now=datetime(2026, 11, 23, tzinfo=UTC)
)


def read(messages: list[Message]) -> Any:
    return json.loads(str(content.asked(messages)[names.INPUT_MESSAGES]))


def test_a_picture_is_named_by_its_type_alone() -> None:
    [message] = read([Message("user", "What is this?", (PNG,))])
    assert message["parts"] == [
        {"type": "text", "content": "What is this?"},
        {"type": "blob", "modality": "image", "mime_type": "image/png", "content": ""},
    ]


def test_what_the_model_is_told_to_be_stands_apart() -> None:
    attributes = content.asked([Message("system", "Be kind."), Message("user", "Hi")])
    told = json.loads(str(attributes[names.SYSTEM_INSTRUCTIONS]))
    assert told == [{"type": "text", "content": "Be kind."}]
    assert names.SYSTEM_INSTRUCTIONS not in content.asked([Message("user", "Hi")])


def test_an_answer_has_its_thinking_first_and_how_it_finished() -> None:
    ended = replace(EMPTY, status=Status.COMPLETE, text="Yes", reasoning="Hm", finish_reason="stop")
    [message] = json.loads(str(content.answered(ended)[names.OUTPUT_MESSAGES]))
    assert [part["type"] for part in message["parts"]] == ["reasoning", "text"]
    assert message["finish_reason"] == "stop"
    [cut] = json.loads(str(content.answered(EMPTY)[names.OUTPUT_MESSAGES]))
    assert cut["finish_reason"] == "error"


@pytest.mark.parametrize("letter", ["a", "ş", "𝄞", "\ud800", "\x00", '"'])
def test_a_million_letters_are_cut_to_eight_thousand_bytes_of_json(letter: str) -> None:
    written = str(content.asked([Message("user", letter * 1_000_000)])[names.INPUT_MESSAGES])
    assert len(written.encode()) <= content.BYTES
    [message] = json.loads(written)
    [part] = message["parts"]
    assert part["content"].endswith("…")


def test_of_a_long_conversation_the_last_words_are_kept() -> None:
    messages = [Message("user", f"{number} " + "word " * 200) for number in range(500)]
    read_back = read(messages)
    assert read_back[-1]["parts"][0]["content"].startswith("499 ")
    assert 1 < len(read_back) < 500


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=4000), max_size=40))
def test_whatever_is_said_is_json_within_its_bounds(texts: list[str]) -> None:
    written = str(content.asked([Message("user", text) for text in texts])[names.INPUT_MESSAGES])
    assert len(written) <= content.BYTES
    assert isinstance(json.loads(written), list)
