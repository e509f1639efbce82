"""``/models/``: what can be asked, free models first and foremost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from fastapi import APIRouter

from madlen import catalogue
from madlen.api.dependencies import Running
from madlen.errors import UpstreamError
from madlen.types import Model

router = APIRouter(tags=["models"])


@router.get("/models", summary="The models on offer")
def models(services: Running, free: bool = True, vision: bool = False, q: str = "") -> list[dict[str, Any]]:
    """Free models unless `free=false`; `vision=true` for those that see; `q` searches id and name."""
    listing = services.chat.models()
    if not listing.models and listing.notes:
        raise UpstreamError(listing.notes[0])
    found = catalogue.matching(listing.models, free=free, vision=vision, words=q)
    return [_entry(model) for model in found]


def _entry(model: Model) -> dict[str, Any]:
    return {
        "id": model.id,
        "name": catalogue.label(model),
        "description": model.description,
        "context_length": model.context_length,
        "max_completion_tokens": model.max_completion_tokens,
        "supports_vision": catalogue.sees(model),
        "pricing": {
            "prompt": _plain(model.pricing.prompt),
            "completion": _plain(model.pricing.completion),
        },
        "price_varies": model.pricing.varies,
        "free": catalogue.is_free(model),
        "counts_against_quota": catalogue.counts_against_quota(model),
        "provider": model.source,
        "supported_parameters": sorted(model.supported_parameters),
        "created": model.created,
    }


def _plain(price: Decimal | None) -> str | None:
    """US dollars per token without an exponent; null where it is not known."""
    return None if price is None else format(price, "f")
