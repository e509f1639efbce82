"""What a model is sent of a conversation."""

from __future__ import annotations

import pytest

from madlen.conversation import request, seen_by
from madlen.types import Lane, Message, Model, Reply, Status, Turn
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


@pytest.mark.parametrize(
    ("model_id", "kept"),
    [("openai/gpt-6-astra", True), ("openrouter/free", False), ("~anthropic/claude-fable-latest", False)],
)
def test_thoughts_go_back_only_where_the_same_model_is_sure_to_answer(model_id: str, *, kept: bool) -> None:
    thought = {"type": "reasoning.text", "text": "Hm.", "signature": "c2ln", "index": 0}
    said = Message("assistant", "One.", reasoning_details=(thought,))
    messages = [Message("user", "First?"), said, Message("user", "Second?")]
    wanted, notes = request(Lane(model_id), Model(model_id, model_id, "openrouter"), messages, session_id="")
    assert wanted.messages[1].reasoning_details == ((thought,) if kept else ())
    assert [message.text for message in wanted.messages] == ["First?", "One.", "Second?"]
    assert notes == ()


def chosen(turn: Turn, place: int) -> dict[str, str]:
    return {turn.id: turn.replies[place].id}


def test_a_lane_sees_the_one_of_its_replies_that_was_chosen() -> None:
    turn = a_turn("First?", ("chat", "Good"), ("chat", "Better"))
    assert seen_by("chat", [turn], chosen=chosen(turn, 0))[-1] == Message("assistant", "Good")


def test_the_chosen_reply_stands_in_for_a_lane_that_said_nothing() -> None:
    turn = a_turn("First?", ("a", "A one"), ("b", "B one"))
    assert seen_by("c", [turn], chosen=chosen(turn, 1))[-1].text == "B one"
    assert seen_by("a", [turn], chosen=chosen(turn, 1))[-1].text == "A one"


def test_a_chosen_reply_without_a_word_is_passed_over() -> None:
    turn = a_turn("First?", ("chat", "Good"), ("chat", ""))
    assert seen_by("chat", [turn], chosen=chosen(turn, 1))[-1].text == "Good"
