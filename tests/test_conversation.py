"""What a model is sent of a conversation."""

from __future__ import annotations

from madlen.conversation import seen_by
from madlen.types import Message, Reply, Status, Turn
from tests.store.keeping import NOW


def a_turn(text: str, *replies: tuple[str, str]) -> Turn:
    return Turn(
        text,
        "s",
        text,
        NOW,
        replies=tuple(
            Reply(f"{text}-{lane}-{words}", "s", text, "m", lane, Status.COMPLETE, NOW, text=words)
            for lane, words in replies
        ),
    )


def test_each_lane_sees_its_own_words() -> None:
    turns = [a_turn("First?", ("a", "A one"), ("b", "B one")), a_turn("Second?", ("a", "A two"))]
    assert [message.text for message in seen_by("b", turns)] == ["First?", "B one", "Second?", "A two"]


def test_a_lane_sees_the_last_of_its_words_to_a_turn() -> None:
    turns = [a_turn("First?", ("chat", "Draft"), ("chat", "Better"))]
    assert seen_by("chat", turns)[-1] == Message("assistant", "Better")


def test_a_reply_without_words_is_no_part_of_the_conversation() -> None:
    assert seen_by("chat", [a_turn("First?", ("chat", ""))]) == [Message("user", "First?")]
