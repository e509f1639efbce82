"""Answers beside those that the same prompts got earlier."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from madlen.then_now import Figure, paired
from madlen.types import CHAT_LANE, Timing, Usage
from tests.files.archiving import FAILED, FAST, TURN

AGAIN = replace(
    FAST,
    id="n1",
    text="Seven.",
    model="parrot/polly-2027",
    provider="Aviary",
    usage=Usage(3, 2, 5, cost=Decimal("0.00001")),
    timing=Timing(0.1, 0.2, 0.9),
)


def test_lanes_pair_by_their_names_and_prompts_by_their_order() -> None:
    now = replace(TURN, id="t9", replies=(replace(FAILED, id="n2"), AGAIN))
    [one] = paired([TURN], [now])
    assert one.prompt == TURN.text
    assert [(pair.lane, pair.then, pair.now) for pair in one.pairs] == [
        ("A", FAST, AGAIN),
        ("B", FAILED, now.replies[0]),
    ]


def test_what_changed_is_told() -> None:
    [one] = paired([TURN], [replace(TURN, replies=(AGAIN,))])
    first, second = one.pairs
    assert (first.text_changed, first.model_changed, first.provider_changed) == (True, True, True)
    assert first.figures == (
        Figure("First text", 0.5, 0.2),
        Figure("In all", 1.5, 0.9),
        Figure("Tokens/s", 4.0, 2.5),
        Figure("Tokens in", 3, 3),
        Figure("Tokens out", 5, 2),
        Figure("Cost", Decimal("0.000071"), Decimal("0.00001")),
    )
    assert second.now is None
    assert second.figures == ()


def test_the_same_answer_changed_in_nothing() -> None:
    [one] = paired([TURN], [TURN])
    assert not any(
        changed
        for pair in one.pairs
        for changed in (pair.text_changed, pair.model_changed, pair.provider_changed)
    )


def test_a_model_that_is_not_known_has_not_changed() -> None:
    now = replace(TURN, replies=(replace(FAST, provider=""),))
    assert not paired([TURN], [now])[0].pairs[0].provider_changed


def test_a_prompt_that_was_not_asked_again_has_no_now() -> None:
    later = replace(TURN, id="t2", text="And now?")
    first, second = paired([TURN, later], [TURN])
    assert first.now is TURN
    assert second.now is None
    assert [pair.now for pair in second.pairs] == [None, None]


def test_what_was_asked_only_later_is_left_out() -> None:
    other = replace(TURN, text="Something else?")
    [one] = paired([TURN], [other, TURN])
    assert one.now is None


def test_the_last_of_several_answers_counts() -> None:
    then = replace(TURN, replies=(FAST, replace(FAST, id="r5", text="Eight.")))
    [one] = paired([then], [TURN])
    assert one.pairs[0].then is then.replies[1]


def test_the_lane_of_a_chat_pairs_with_the_first_lane() -> None:
    then = replace(TURN, replies=(replace(FAST, lane=CHAT_LANE),))
    [one] = paired([then], [replace(TURN, replies=(AGAIN,))])
    assert [(pair.lane, pair.now) for pair in one.pairs] == [("A", AGAIN)]
