"""The most that an answer can cost, before it is asked for. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from madlen import catalogue, estimates
from madlen.types import Model, Pricing, Request

_TOKENS_AT_WORST = 2
"""So many times the estimate of a prompt's tokens, which is made for plain English."""
_MANY = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The most an answer can cost, in US dollars, and what of it goes with its length."""

    fixed: Decimal
    per_token: Decimal
    tokens: int

    @property
    def total(self) -> Decimal:
        return self.fixed + self.per_token * self.tokens

    def tokens_within(self, dollars: Decimal) -> int:
        """How long an answer may be that costs no more than so much."""
        left = dollars - self.fixed
        return 0 if left <= 0 or not self.per_token else min(self.tokens, int(left / self.per_token))


def is_free(model: Model) -> bool:
    """Whether asking it costs nothing whatever happens: embedded here, or free at OpenRouter."""
    return model.source == "local" or catalogue.is_free(model) or catalogue.counts_against_quota(model)


def ceiling(request: Request, pricing: Pricing, *, sees: bool, longest: int) -> Ceiling:
    """Twice the estimated tokens of the prompt, the whole length that the answer may have, and every fee.

    ``longest`` is the answer's where the request does not say. The dearest of other fees, such as that of
    an image, counts for each image that is sent or may be made.
    """
    prompt = _TOKENS_AT_WORST * estimates.prompt_tokens(request.messages, sees=sees)
    images = sum(len(message.pictures) for message in request.messages) + request.makes_images
    fixed = prompt * (pricing.prompt or Decimal(0)) + (pricing.request or 0) + images * pricing.other
    return Ceiling(fixed, pricing.completion or Decimal(0), request.parameters.max_tokens or longest)


def priced(model: Model | None, listed: Iterable[Model]) -> Pricing:
    """A model's prices; where they are not known beforehand, the dearest of each kind that are listed.

    That is what a router may choose at worst. Where only what is free is listed, any answer may cost a
    million dollars, so that none fits a budget.
    """
    if model is not None and model.pricing.prompt is not None and model.pricing.completion is not None:
        return model.pricing
    known = [one.pricing for one in listed]
    return Pricing(
        prompt=max((one.prompt for one in known if one.prompt), default=_MANY),
        completion=max((one.completion for one in known if one.completion), default=_MANY),
        request=max((one.request for one in known if one.request), default=Decimal(0)),
        other=model.pricing.other if model else Decimal(0),
    )
