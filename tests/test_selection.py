"""Which models a chat is offered, in which order."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from madlen import catalogue
from madlen.types import Choices, Model, Pricing
from tests.parrot import DEAR, FREE, POLLY, SEER
from tests.test_catalogue import SAMPLE


def test_a_chat_is_offered_neither_batch_variants_nor_models_that_write_no_text() -> None:
    offered = {one.id for one in catalogue.matching(SAMPLE, today=date(2020, 1, 1))}
    assert {one.id for one in SAMPLE} - offered == {
        "black-forest-labs/flux-3-video",
        "google/gemini-3.8-flash-tts",
        "openai/gpt-5.6-luna:batch",
        "qwen/qwen-image-3-pro",
        "togethercomputer/tev1-4b-experimental",
    }


def test_models_that_see_can_be_asked_for() -> None:
    found = catalogue.matching(SAMPLE, free=True, vision=True)
    assert {one.id for one in found} == {
        "google/gemma-4-26b-a4b-it:free",
        "google/gemma-4-31b-it:free",
        "nvidia/nemotron-3-nano-omni-30b-a3b-reasoning:free",
        "nvidia/nemotron-3.5-content-safety:free",
        "openrouter/free",
    }


@pytest.mark.parametrize("words", ["gemma 31B", "  31b  GOOGLE ", "google/gemma-4-31b"])
def test_all_the_words_must_be_in_the_id_or_the_name(words: str) -> None:
    assert {one.id for one in catalogue.matching(SAMPLE, words=words)} == {
        "google/gemma-4-31b-it",
        "google/gemma-4-31b-it:free",
    }


def test_no_words_leave_every_model() -> None:
    assert catalogue.matching(SAMPLE, words=" ") == catalogue.matching(SAMPLE)


def test_a_model_that_is_not_listed_is_not_found() -> None:
    assert catalogue.find(SAMPLE, "openai/gpt-2") is None


@pytest.mark.parametrize(
    ("today", "offered"), [(date(2026, 5, 1), True), (date(2026, 5, 2), True), (date(2026, 5, 3), False)]
)
def test_a_model_is_offered_until_the_day_on_which_it_expires(today: date, offered: bool) -> None:
    [model] = catalogue.models({"data": [{"id": "a/b", "expiration_date": "2026-05-02"}]})
    assert catalogue.matching([model], today=today) == ([model] if offered else [])


@pytest.mark.parametrize("expires", [None, "", "soon", 20260502, "2098-12-31"])
def test_a_date_that_is_none_or_far_off_hides_no_model(expires: object) -> None:
    listed = catalogue.models({"data": [{"id": "a/b", "expiration_date": expires}]})
    assert catalogue.matching(listed, today=date(2026, 11, 23)) == listed


def test_models_that_reason_and_use_tools_can_be_asked_for() -> None:
    found = catalogue.matching(SAMPLE, reasoning=True, tools=True)
    assert found
    assert all({"reasoning", "tools"} <= one.supported_parameters for one in found)
    assert len(found) < len(catalogue.matching(SAMPLE, tools=True)) < len(catalogue.matching(SAMPLE))


def test_a_least_context_can_be_asked_for_and_an_unknown_one_is_none() -> None:
    short, unknown = Model("a/short", "Short", "x", context_length=8000), Model("a/unknown", "Unknown", "x")
    assert catalogue.matching([short, unknown], context=8000) == [short]
    assert catalogue.matching([short, unknown], context=8001) == []


FREE_SEEING = Model(
    "a/seeing",
    "Seeing",
    "openrouter",
    input_modalities=frozenset({"text", "image"}),
    pricing=Pricing(Decimal(0), Decimal(0)),
)


def priced(name: str, prompt: str = "", completion: str = "") -> Model:
    prices = (Decimal(price) if price else None for price in (prompt, completion))
    return Model(name, name, "x", pricing=Pricing(next(prices), next(prices)))


def test_the_cheapest_come_first_and_unknown_prices_last() -> None:
    unknown, dear, free = priced("u"), priced("d", "0.1", "0.2"), priced("f", "0", "0")
    assert catalogue.ordered([unknown, dear, free], "price") == [free, dear, unknown]


def test_the_longest_context_and_the_newest_come_first() -> None:
    old = Model("old", "Old", "x", context_length=9, created=1)
    new = Model("new", "New", "x", context_length=8, created=2)
    unknown = Model("unknown", "Unknown", "x")
    assert catalogue.ordered([unknown, new, old], "context") == [old, new, unknown]
    assert catalogue.ordered([unknown, old, new], "newest") == [new, old, unknown]
    assert catalogue.ordered([unknown, old, new], "listed") == [unknown, old, new]


def test_pinned_models_come_first_then_recent_ones_each_once() -> None:
    chosen = Choices(pinned=(DEAR.id, "gone/model"), recent=(SEER.id, DEAR.id))
    assert catalogue.chosen_first([POLLY, SEER, DEAR], chosen) == [DEAR, SEER, POLLY]


def test_a_free_model_is_offered_for_an_image_before_one_that_was_chosen_but_costs() -> None:
    dear = Model("a/dear", "Dear", "x", input_modalities=frozenset({"text", "image"}))
    chosen = Choices(recent=(dear.id,))
    assert catalogue.one_that_sees([POLLY, dear, SEER], chosen) == SEER
    assert catalogue.one_that_sees([POLLY, dear], chosen) == dear
    assert catalogue.one_that_sees([POLLY], chosen) is None


def test_of_free_models_that_see_the_one_chosen_before_is_offered() -> None:
    other = Model("a/other", "Other", "x", pricing=FREE, input_modalities=frozenset({"image", "text"}))
    assert catalogue.one_that_sees([SEER, other], Choices(recent=(other.id,))) == other


def test_what_a_model_does_not_take_is_known_by_our_names() -> None:
    thinker = Model("a/b", "B", "x", supported_parameters=frozenset({"reasoning", "max_tokens", "stop"}))
    assert catalogue.refused_parameters(thinker) == {"temperature", "top_p", "seed"}


def test_a_model_that_does_not_say_what_it_takes_refuses_nothing() -> None:
    assert catalogue.refused_parameters(POLLY) == frozenset()


ROOMY = Model("a/roomy", "Roomy", "x", context_length=100_000, pricing=FREE)
PAID = Model("a/paid", "Paid", "x", context_length=1_000_000, pricing=Pricing(Decimal(1), Decimal(1)))


def test_for_a_long_conversation_a_free_model_with_room_for_it_and_an_answer_is_offered() -> None:
    listed = [POLLY, PAID, ROOMY]
    assert catalogue.one_with_room(listed, Choices(), tokens=90_000) == ROOMY
    assert catalogue.one_with_room(listed, Choices(recent=(PAID.id,)), tokens=90_000) == ROOMY
    assert catalogue.one_with_room(listed, Choices(), tokens=95_000) == PAID
    assert catalogue.one_with_room(listed, Choices(), tokens=1_000_000) is None


def test_a_conversation_with_images_needs_one_that_sees() -> None:
    assert catalogue.one_with_room([ROOMY, SEER], Choices(), tokens=100, sees=True) == SEER


def test_when_the_quota_is_short_a_model_that_does_not_use_it_is_offered() -> None:
    counted = Model("a/b:free", "B", "x", pricing=FREE)
    assert catalogue.one_beside_the_quota([counted, PAID, DEAR, POLLY], Choices()) == POLLY
    assert catalogue.one_beside_the_quota([counted, PAID, DEAR], Choices()) == DEAR
    assert catalogue.one_beside_the_quota([counted], Choices()) is None


@pytest.mark.parametrize(
    "model_id", ["nvidia/nemotron-3.5-content-safety:free", "meta-llama/llama-guard-4-12b"]
)
def test_what_only_judges_safety_is_never_offered_for_an_answer(model_id: str) -> None:
    guard = replace(FREE_SEEING, id=model_id)
    assert catalogue.one_that_sees([guard], Choices()) is None
    assert catalogue.one_instead([guard], Choices(), "a/failed") is None
    assert catalogue.one_instead([guard, FREE_SEEING], Choices(), "a/failed") == FREE_SEEING


def test_in_place_of_a_model_that_sees_another_that_sees_is_offered() -> None:
    blind = replace(FREE_SEEING, id="a/blind", input_modalities=frozenset({"text"}))
    other = replace(FREE_SEEING, id="a/other")
    assert catalogue.one_instead([FREE_SEEING, blind, other], Choices(), FREE_SEEING.id) == other
    assert catalogue.one_instead([FREE_SEEING, blind, other], Choices(), blind.id) == FREE_SEEING


def test_where_the_account_failed_a_model_of_another_source_is_offered() -> None:
    local = Model("local/small", "Small", "local", pricing=Pricing(Decimal(0), Decimal(0)))
    listed = [FREE_SEEING, local]
    offered = catalogue.one_instead(listed, Choices(), FREE_SEEING.id, beyond_its_source=True)
    assert offered == local
