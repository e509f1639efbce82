"""Every answer with status 200 that OpenRouter was seen to give, cut anywhere on its way."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from madlen.types import Event
from tests.behaviours import named
from tests.playing import CHATS
from tests.pretend_openrouter import CHAT_MODEL, SCENARIOS, Answer, Asked, Received, chat, generation_id
from tests.providers.test_chunk_streams import SSE, cut, streamed

SMALL = 20_000
"""Bytes; an image in one line is larger and has tests of its own."""


@dataclass(frozen=True)
class Recorded:
    """The bytes of an answer as they go over the wire."""

    content: bytes
    kind: str
    packed: str

    def events(self, *places: int) -> tuple[list[Event], str]:
        """What a reader gets of it when it comes in pieces, and the sentence of the error at its end."""
        found, error = streamed(*cut(self.content, places), kind=self.kind, packed=self.packed)
        return found, f"{type(error).__name__}: {error}"


def recorded(name: str) -> Recorded | None:
    """What the first step of a scenario answers to a stream's request, where its status is 200."""
    body: dict[str, Any] = {"model": CHAT_MODEL, "stream": True}
    body["messages"] = [{"role": "user", "content": "Hello"}]
    received = Received("/api/v1/chat/completions", {}, body, "POST")
    asked = Asked(received, CHAT_MODEL, generation_id(1), usual=chat.ordinary)
    step = SCENARIOS[name].steps[0]
    answer = step if isinstance(step, Answer) else step(asked)
    if answer.status != 200:
        return None
    if answer.pieces:
        content, kind = b"".join(piece for piece in answer.pieces if isinstance(piece, bytes)), SSE
    elif isinstance(answer.body, bytes):
        content, kind = answer.body, "application/json"
    elif isinstance(answer.body, str):
        content, kind = answer.body.encode(), "text/html"
    else:
        content, kind = json.dumps(answer.body).encode(), "application/json"
    return Recorded(content, kind, answer.headers.get("Content-Encoding", "identity"))


RECORDED = {name: found for name in CHATS if (found := recorded(name)) and len(found.content) < SMALL}
every_answer = pytest.mark.parametrize("answer", RECORDED.values(), ids=map(named, RECORDED))


def test_nearly_all_scenarios_of_status_200_are_cut() -> None:
    assert len(RECORDED) > 60
    assert {"reasoning", "tool_calls", "error_after_text", "crlf_split", "gzip", "usage_twice"} <= set(
        RECORDED
    )


@every_answer
@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_cutting_any_answer_anywhere_changes_nothing_of_it(answer: Recorded, data: st.DataObject) -> None:
    places = data.draw(st.lists(st.integers(0, len(answer.content)), max_size=40))
    assert answer.events(*places) == answer.events()


@every_answer
def test_any_answer_may_come_byte_by_byte(answer: Recorded) -> None:
    assert answer.events(*range(len(answer.content))) == answer.events()
