"""What a long context costs: every model as a point."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from madlen import catalogue
from madlen.types import Model
from madlen.ui import palette

_DOLLARS = (0, 0.01, 0.1, 1, 10, 100, 1000)
_TOKENS = (4_000, 16_000, 64_000, 256_000, 1_000_000, 4_000_000)


def draw(models: Sequence[Model]) -> None:
    """Price against context, free and paid models told apart; nothing where neither is known of any."""
    points = [point for model in models if (point := _point(model))]
    if not points:
        return
    st.header("Price and context")
    kinds = ["free", "paid"]
    st.vega_lite_chart(
        {
            "data": {"values": points},
            "mark": {"type": "point", "filled": True, "opacity": 0.75, "size": 70},
            "height": 340,
            "encoding": {
                "x": {
                    "field": "dollars",
                    "type": "quantitative",
                    # A logarithm has no place for what is free.
                    "scale": {"type": "symlog", "constant": 0.01},
                    "axis": {"values": _DOLLARS, "format": "~r"},
                    "title": "US dollars for a million tokens in and a million out",
                },
                "y": {
                    "field": "tokens",
                    "type": "quantitative",
                    "scale": {"type": "log"},
                    "axis": {"values": _TOKENS, "format": "~s"},
                    "title": "Context (tokens)",
                },
                "color": {
                    "field": "kind",
                    "type": "nominal",
                    "scale": {"domain": kinds, "range": [palette.FREE, palette.PAID]},
                    "legend": {"title": None, "orient": "top"},
                },
                "shape": {
                    "field": "kind",
                    "type": "nominal",
                    "scale": {"domain": kinds, "range": ["circle", "diamond"]},
                },
                "tooltip": [
                    {"field": "model", "title": "Model"},
                    {"field": "dollars", "title": "In and out, $", "format": ",.2f"},
                    {"field": "tokens", "title": "Context", "format": ","},
                ],
            },
        },
        key="models-plot",
        alt="Price of each model against the length of its context",
    )


def _point(model: Model) -> dict[str, object] | None:
    prompt, completion = model.pricing.prompt, model.pricing.completion
    if prompt is None or completion is None or not model.context_length:
        return None
    return {
        "model": model.name,
        "dollars": float((prompt + completion) * 1_000_000),
        "tokens": model.context_length,
        "kind": "free" if catalogue.is_free(model) else "paid",
    }
