from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from madlen import estimates
from madlen.estimates import IMAGE_TOKENS, TYPICAL_ANSWER, Estimate
from madlen.types import (
    Lane,
    Message,
    Model,
    Parameters,
    Picture,
    Pricing,
    Quota,
    Reply,
    Status,
    Turn,
)

NOW = datetime(2026, 11, 23, tzinfo=UTC)
PICTURE = Picture(url="https://x.test/a.png")
PAID = Model(
    "a/paid",
    "Paid",
    "openrouter",
    context_length=10_000,
    pricing=Pricing(Decimal("0.000001"), Decimal("0.00001")),
    supported_parameters=frozenset({"temperature", "max_tokens"}),
)
FREE = replace(PAID, id="a/free:free", name="Free", pricing=Pricing(Decimal(0), Decimal(0)))


def asked(
    text: str = "Hi there",
    model: Model = PAID,
    parameters: Parameters = Parameters(),  # noqa: B008
    pictures: tuple[Picture, ...] = (),
    **facts: Any,
) -> Estimate:
    lane = Lane(model.id, "A", parameters)
    return estimates.preflight(lane, model, [Message("user", text, pictures)], **facts)


def problems(*args: Any, **facts: Any) -> list[tuple[str, str]]:
    return [(problem.kind, problem.sentence) for problem in asked(*args, **facts).problems]


def test_a_plain_prompt_has_no_problems() -> None:
    assert problems(median_tokens=100, quota=Quota(free_left=0, minute_left=0)) == []


def test_four_characters_of_english_are_about_a_token() -> None:
    assert asked("word" * 1000).prompt_tokens == pytest.approx(1000, abs=10)


def test_characters_that_are_words_are_more_than_a_quarter_of_a_token() -> None:
    assert asked("我" * 1000).prompt_tokens == pytest.approx(750, abs=10)


def test_an_image_counts_for_a_model_that_sees_it() -> None:
    seeing = replace(PAID, input_modalities=frozenset({"text", "image"}))
    without, with_image, unseen = (
        asked(model=model, pictures=pictures).prompt_tokens
        for model, pictures in ((seeing, ()), (seeing, (PICTURE,)), (PAID, (PICTURE,)))
    )
    assert (with_image - without, unseen - without) == (IMAGE_TOKENS, 0)


def test_earlier_messages_and_the_system_prompt_count_too() -> None:
    lane = Lane(PAID.id, "A", system="s" * 400)
    history = [Message("user", "a" * 400), Message("assistant", "b" * 400), Message("user", "c" * 400)]
    assert estimates.preflight(lane, PAID, history).prompt_tokens == pytest.approx(400, abs=20)


@given(st.text(max_size=50), st.text(max_size=50))
def test_more_text_is_never_fewer_tokens(text: str, more: str) -> None:
    assert asked(text + more).prompt_tokens >= asked(text).prompt_tokens


def test_half_a_surrogate_is_counted_and_not_an_error() -> None:
    assert asked("\ud800").prompt_tokens > 0


def test_the_cost_is_that_of_half_and_twice_the_median_answer() -> None:
    found = asked("word" * 1000, median_tokens=200)
    asking = found.prompt_tokens * Decimal("0.000001")
    assert found.cost_low == asking + 100 * Decimal("0.00001")
    assert found.cost_high == asking + 400 * Decimal("0.00001")


def test_without_a_median_an_answer_is_a_typical_one() -> None:
    assert asked() == asked(median_tokens=TYPICAL_ANSWER)


@pytest.mark.parametrize(
    ("model", "parameters"),
    [(PAID, Parameters(max_tokens=50)), (replace(PAID, max_completion_tokens=50), Parameters())],
)
def test_an_answer_costs_no_more_than_it_may_be_long(model: Model, parameters: Parameters) -> None:
    found = asked(model=model, parameters=parameters, median_tokens=400)
    assert found.cost_low == found.cost_high == asked(median_tokens=100).cost_low


def test_a_fee_per_request_is_part_of_the_cost() -> None:
    dearer = replace(PAID, pricing=replace(PAID.pricing, request=Decimal("0.01")))
    low, plain = asked(model=dearer).cost_low, asked().cost_low
    assert low is not None
    assert plain is not None
    assert low - plain == Decimal("0.01")


def test_a_free_model_costs_nothing() -> None:
    found = asked(model=FREE)
    assert (found.cost_low, found.cost_high, found.free_requests) == (Decimal(0), Decimal(0), 1)


def test_only_requests_that_count_are_taken_from_the_quota() -> None:
    assert asked().free_requests == 0
    assert asked(model=replace(FREE, id="local/free", source="local")).free_requests == 0


def test_a_price_that_is_not_known_is_not_taken_for_zero() -> None:
    found = asked(model=replace(PAID, pricing=Pricing()))
    assert (found.cost_low, found.cost_high) == (None, None)
    assert [(one.kind, one.sentence) for one in found.problems] == [
        ("price", "What Paid costs is not known beforehand.")
    ]


def test_a_prompt_that_does_not_fit_is_told_with_its_size() -> None:
    assert problems("word" * 12_000) == [
        ("context", "About 12,004 tokens do not fit into the 10,000 of Paid.")
    ]


def test_a_prompt_that_leaves_no_room_for_the_answer_is_told() -> None:
    assert problems("word" * 9_800) == [
        ("context", "About 9,804 tokens leave Paid 196 of its 10,000 for the answer.")
    ]


def test_a_long_answer_that_was_asked_for_needs_its_room() -> None:
    assert [kind for kind, _ in problems(parameters=Parameters(max_tokens=9_999))] == ["context"]


def test_a_context_that_is_not_known_is_no_problem() -> None:
    assert problems("word" * 12_000, model=replace(PAID, context_length=None)) == []


def test_an_image_for_a_model_that_cannot_see_is_told() -> None:
    assert problems(pictures=(PICTURE,)) == [
        ("vision", "Paid cannot see images; it is sent the words alone.")
    ]


def test_an_image_for_a_model_that_sees_is_no_problem() -> None:
    seeing = replace(PAID, input_modalities=frozenset({"text", "image"}))
    assert problems(model=seeing, pictures=(PICTURE,)) == []


def test_parameters_that_a_model_does_not_take_are_named() -> None:
    wanted = Parameters(temperature=0.0, seed=0, stop=("END",), reasoning_effort="low", max_tokens=5)
    assert problems(parameters=wanted) == [
        ("parameters", "Paid does not take seed, stop sequences and reasoning effort; it is asked without.")
    ]


def test_parameters_left_to_the_model_are_no_problem() -> None:
    assert problems(model=replace(PAID, supported_parameters=frozenset({"tools"}))) == []


@pytest.mark.parametrize(
    ("quota", "lanes", "told"),
    [
        (Quota(free_left=4), 4, []),
        (Quota(), 4, []),
        (Quota(free_left=2), 4, [("day", "4 free requests are needed and 2 left until midnight UTC.")]),
        (Quota(free_left=0), 1, [("day", "A free request is needed and none left until midnight UTC.")]),
        (Quota(minute_left=1), 3, [("minute", "3 free requests are needed and 1 left this minute.")]),
        (
            Quota(minute_left=0, minute_wait=12.4),
            3,
            [("minute", "3 free requests are needed and none left this minute; more in 12 s.")],
        ),
    ],
)
def test_a_quota_that_is_short_is_told(quota: Quota, lanes: int, told: list[tuple[str, str]]) -> None:
    assert problems(model=FREE, quota=quota, free_lanes=lanes) == told


def answered(lane: str, model: Model, words: str) -> Reply:
    return Reply(f"r-{lane}", "s", "t", model.id, lane, Status.COMPLETE, NOW, text=words)


def test_each_lane_is_foreseen_with_its_own_words_of_the_conversation() -> None:
    replies = (answered("A", PAID, "x" * 400), answered("B", FREE, "x" * 4000))
    turn = Turn("t", "s", "Go on", NOW, replies=replies)
    lanes = [Lane(PAID.id, "A"), Lane(FREE.id, "B"), Lane("a/gone", "C")]
    found = estimates.before(lanes, [PAID, FREE], [turn], Message("user", "Hi"), medians={})
    assert {name: one.prompt_tokens // 100 for name, one in found.items()} == {"A": 1, "B": 10}


def test_each_model_is_foreseen_to_answer_as_it_did() -> None:
    lanes = [Lane(PAID.id, "A"), Lane(PAID.id, "B", Parameters(max_tokens=10))]
    prompt = Message("user", "Hi")
    found = estimates.before(lanes, [PAID], [], prompt, medians={PAID.id: 100})
    low, high = found["A"].cost_low, found["A"].cost_high
    assert low is not None
    assert high is not None
    assert high - low == 150 * Decimal("0.00001")
    assert found["B"].cost_low == found["B"].cost_high


def test_free_lanes_count_together_against_the_day() -> None:
    free = replace(FREE, id="meta/free:free")
    lanes = [Lane(free.id, "A"), Lane(free.id, "B"), Lane(PAID.id, "C")]
    found = estimates.before(
        lanes, [PAID, free], [], Message("user", "Hi"), medians={}, quota=Quota(free_left=1)
    )
    assert [one.free_requests for one in found.values()] == [1, 1, 0]
    assert "2 free requests are needed and 1 left" in found["A"].problems[0].sentence
    assert not found["C"].problems
