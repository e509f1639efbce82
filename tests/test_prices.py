from __future__ import annotations

from decimal import Decimal

import pytest

from madlen import prices
from madlen.types import Message, Model, Parameters, Picture, Pricing, Request

FREE = Decimal(0)
PRICING = Pricing(Decimal("0.001"), Decimal("0.01"), Decimal("0.5"), Decimal("0.25"))
LISTED = [
    Model("a/one", "One", "openrouter", pricing=PRICING),
    Model("a/two", "Two", "openrouter", pricing=Pricing(Decimal("0.002"), Decimal("0.003"))),
    Model("a/router", "Router", "openrouter"),
]


def a_request(text: str = "a" * 32, *, most: int | None = None, pictures: int = 0) -> Request:
    message = Message("user", text, (Picture(url="https://a/b.png"),) * pictures)
    return Request("a/one", (message,), Parameters(max_tokens=most))


def test_the_most_is_twice_the_estimated_prompt_with_the_longest_answer_and_all_fees() -> None:
    found = prices.ceiling(a_request(most=100), PRICING, sees=True, longest=4096)
    assert found.fixed == 24 * Decimal("0.001") + Decimal("0.5")
    assert found.total == found.fixed + Decimal(1)


def test_without_a_length_the_usual_longest_counts() -> None:
    assert prices.ceiling(a_request(), PRICING, sees=True, longest=10).tokens == 10


def test_images_that_are_sent_and_made_bear_the_dearest_fee() -> None:
    plain = prices.ceiling(a_request(), PRICING, sees=False, longest=1)
    shown = prices.ceiling(a_request(pictures=2), PRICING, sees=False, longest=1)
    assert shown.fixed - plain.fixed == 2 * Decimal("0.25")
    made = Request("a/one", a_request().messages, makes_images=True)
    assert prices.ceiling(made, PRICING, sees=False, longest=1).fixed - plain.fixed == Decimal("0.25")


def test_as_many_tokens_fit_as_the_rest_pays_and_no_more_than_were_asked_for() -> None:
    found = prices.Ceiling(Decimal("0.5"), Decimal("0.01"), 100)
    assert found.tokens_within(Decimal("0.75")) == 25
    assert found.tokens_within(Decimal("0.5")) == 0
    assert found.tokens_within(Decimal(9)) == 100
    assert prices.Ceiling(Decimal(1), Decimal(0), 100).tokens_within(Decimal(9)) == 0


def test_a_price_that_is_not_known_beforehand_is_the_dearest_that_is_listed() -> None:
    for unknown in (None, LISTED[2]):
        found = prices.priced(unknown, LISTED)
        assert (found.prompt, found.completion, found.request) == (
            Decimal("0.002"),
            Decimal("0.01"),
            Decimal("0.5"),
        )
    assert prices.priced(LISTED[0], LISTED) == PRICING


@pytest.mark.parametrize("listed", [[], [Model("local/small", "S", "local", pricing=Pricing(FREE, FREE))]])
def test_where_only_what_is_free_is_listed_nothing_else_fits(listed: list[Model]) -> None:
    found = prices.ceiling(a_request(), prices.priced(None, listed), sees=False, longest=1)
    assert found.total > 1_000_000


@pytest.mark.parametrize(
    "model",
    [
        Model("local/small", "Small", "local"),
        Model("a/b:free", "B", "openrouter"),
        Model("openrouter/free", "Any", "openrouter"),
        Model("a/c", "C", "openrouter", pricing=Pricing(Decimal(0), Decimal(0))),
    ],
)
def test_embedded_and_free_models_cost_nothing(model: Model) -> None:
    assert prices.is_free(model)
    assert not prices.is_free(LISTED[0])
    assert not prices.is_free(LISTED[2])
