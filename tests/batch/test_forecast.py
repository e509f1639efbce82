"""What a run will take, before it begins."""

from __future__ import annotations

from decimal import Decimal

import pytest

from madlen.batch.forecast import forecast
from madlen.prompt_sets import Prompt
from madlen.types import Lane, Model, Parameters, Picture, Pricing, Quota
from tests.parrot import DEAR, FREE, POLLY

COUNTED = Model("vendor/one:free", "One", "openrouter", context_length=100_000, pricing=FREE)
MODELS = {model.id: model for model in (POLLY, DEAR, COUNTED)}


def prompts(number: int, words: str = "Why is the sky blue?") -> list[Prompt]:
    return [Prompt(f"p{place}", words) for place in range(number)]


def test_a_run_of_free_models_costs_nothing_and_says_what_it_takes_of_the_day() -> None:
    found = forecast(prompts(30), [Lane(COUNTED.id, "A"), Lane(POLLY.id, "B")], MODELS, None)
    assert (found.answers, found.free_requests, found.minutes) == (60, 30, 1)
    assert (found.cost_low, found.cost_high, found.notes) == (Decimal(0), Decimal(0), ())


def test_the_cost_is_that_of_all_prompts_in_all_lanes() -> None:
    one = forecast(prompts(1), [Lane(DEAR.id, "A")], MODELS, None)
    many = forecast(prompts(10), [Lane(DEAR.id, "A"), Lane(DEAR.id, "B")], MODELS, None)
    assert one.cost_low is not None
    assert one.cost_high is not None
    assert Decimal(0) < one.cost_low < one.cost_high
    assert (many.cost_low, many.cost_high) == (20 * one.cost_low, 20 * one.cost_high)


def test_a_large_set_is_estimated_from_a_part_of_it() -> None:
    one = forecast(prompts(1), [Lane(DEAR.id, "A")], MODELS, None)
    many = forecast(prompts(5000), [Lane(DEAR.id, "A")], MODELS, None)
    assert many.cost_high == pytest.approx(5000 * (one.cost_high or 0))


def test_a_model_that_is_not_listed_has_no_known_cost() -> None:
    found = forecast(prompts(1), [Lane("gone/one", "A"), Lane(DEAR.id, "B")], MODELS, None)
    assert (found.cost_low, found.cost_high) == (None, None)
    assert found.notes == ("gone/one is not listed now; its answers may fail.",)


def test_a_price_that_varies_is_said_once() -> None:
    varies = Model("vendor/varies", "Varies", "openrouter", pricing=Pricing())
    found = forecast(prompts(3), [Lane(varies.id, "A")], {varies.id: varies}, None)
    assert (found.cost_low, found.notes) == (None, ("What Varies costs is not known beforehand.",))


def test_a_day_with_too_few_free_requests_is_told() -> None:
    quota = Quota(free_limit=50, free_left=12)
    [note] = forecast(prompts(20), [Lane(COUNTED.id, "A")], MODELS, quota).notes
    assert note.startswith("20 free requests are needed and 12 left until midnight UTC")
    assert forecast(prompts(12), [Lane(COUNTED.id, "A")], MODELS, quota).notes == ()


def test_what_a_lane_cannot_do_is_said_once_for_each_kind() -> None:
    seen = [
        Prompt(f"p{n}", "What is it?", pictures=(Picture(url="https://example.com/a.png"),)) for n in (1, 2)
    ]
    asked = [Lane(DEAR.id, "A", Parameters(seed=1))]
    model = Model(DEAR.id, "Dear", "x", pricing=FREE, supported_parameters=frozenset({"max_tokens"}))
    notes = forecast(seen, asked, {DEAR.id: model}, None).notes
    assert len(notes) == 2
    assert "cannot see images" in notes[0]
    assert "seed" in notes[1]


def test_an_empty_set_takes_nothing() -> None:
    found = forecast([], [Lane(COUNTED.id, "A")], MODELS, Quota(free_left=0))
    assert (found.answers, found.free_requests, found.cost_high) == (0, 0, Decimal(0))
