"""What a model costs beside its price per token, and what follows from its limits and its name."""

from __future__ import annotations

from typing import Any

import pytest

from madlen import catalogue
from tests.test_catalogue import SAMPLE, listed, model, priced


@pytest.mark.parametrize("price", ["-1", "-0.5", -1, " -1 ", -1.0])
def test_a_price_that_the_routed_model_decides_varies(price: Any) -> None:
    assert priced(price).varies
    assert priced("0", price).varies
    assert not catalogue.is_free(model(pricing={"prompt": "0", "completion": "0", "request": price}))


@pytest.mark.parametrize("price", ["0", "0.000001", "", "n/a", None, True, [], {}, 1e-06])
def test_a_price_that_is_known_or_unknown_does_not_vary(price: Any) -> None:
    assert not priced(price).varies


def test_the_routers_prices_vary_and_a_missing_price_does_not() -> None:
    assert {one.id for one in SAMPLE if one.pricing.varies} == {"openrouter/auto", "openrouter/pareto-code"}
    assert not listed("quirk/no-pricing").pricing.varies


def test_what_costs_something_for_long_prompts_or_at_some_hours_is_not_free() -> None:
    override = {"min_prompt_tokens": 128_000, "prompt": "0.000001", "completion": "0"}
    pricing = {"prompt": "0", "completion": "0", "overrides": [None, 3, override]}
    assert not catalogue.is_free(model(pricing=pricing))
    free = {**override, "prompt": "0"}
    assert catalogue.is_free(model(pricing={**pricing, "overrides": [free]}))


@pytest.mark.parametrize("overrides", [None, {}, "x", [], [7]])
def test_overrides_that_are_none_change_nothing(overrides: Any) -> None:
    pricing = {"prompt": "0", "completion": "0", "overrides": overrides}
    assert catalogue.is_free(model(pricing=pricing))


@pytest.mark.parametrize(
    ("limit", "context", "tokens"),
    [(None, None, None), (2048, None, 2048), (None, 4096, 2048), (100_000, 8192, 4096), (512, 8192, 512)],
)
def test_the_longest_answer_leaves_room_for_as_long_a_prompt(
    limit: int | None, context: int | None, tokens: int | None
) -> None:
    one = model(context_length=context, top_provider={"max_completion_tokens": limit})
    assert catalogue.longest_answer(one) == tokens


@pytest.mark.parametrize(
    ("model_id", "router"),
    [
        ("openrouter/free", True),
        ("openrouter/auto", True),
        ("~anthropic/claude-fable-latest", True),
        ("openai/gpt-6-astra", False),
        ("google/gemma-4-31b-it:free", False),
    ],
)
def test_a_router_or_alias_may_be_another_model_each_time(model_id: str, *, router: bool) -> None:
    assert catalogue.is_router(model_id) is router
