"""A point for each model, on a line from one end of what is likely to the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from madlen.ui import palette


def draw(
    values: Sequence[Mapping[str, Any]],
    *,
    point: str,
    ends: tuple[str, str],
    scale: Mapping[str, Any],
    tooltip: Sequence[Mapping[str, Any]],
    key: str,
    alt: str,
) -> None:
    """Draws the plot. Each of ``values`` has a ``model``, its ``colour``, and the fields that are named.

    ``scale`` is what Vega-Lite is told of the axis of the figures.
    """
    x = {"type": "quantitative", **scale}
    y = {"field": "model", "type": "nominal", "sort": None, "title": None, "axis": {"labelLimit": 220}}
    low, high = ends
    line: dict[str, Any] = {"x": {**x, "field": low}, "x2": {"field": high}, "y": y}
    dot: dict[str, Any] = {
        "color": {"field": "colour", "type": "nominal", "scale": None},
        "x": {**x, "field": point},
        "y": y,
        "tooltip": list(tooltip),
    }
    st.vega_lite_chart(
        {
            "data": {"values": list(values)},
            "height": {"step": 30},
            "layer": [
                {"mark": {"type": "rule", "color": palette.QUIET, "strokeWidth": 3}, "encoding": line},
                {"mark": {"type": "point", "filled": True, "size": 90, "opacity": 1}, "encoding": dot},
            ],
        },
        key=key,
        alt=alt,
    )
