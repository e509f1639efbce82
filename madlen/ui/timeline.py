"""The race of a turn as a chart: queued, first chunk, first text, done, one row per lane, one axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from madlen import race
from madlen.types import Reply
from madlen.ui import palette

_PHASES = ["waiting", "thinking", "writing"]
_COLOURS = [palette.QUIET, palette.WARM, palette.ACCENT]


def draw(replies: Sequence[Reply], names: Mapping[str, str], *, key: str) -> None:
    """Draws the race; nothing where nobody has begun to answer."""
    bars = [bar for row in race.rows(replies) for bar in _bars(row, names)]
    if not bars:
        return
    st.vega_lite_chart(
        {
            "data": {"values": bars},
            "mark": {"type": "bar", "cornerRadius": 2},
            "height": {"step": 26},
            "encoding": {
                "x": {"field": "from", "type": "quantitative", "title": "Seconds since the prompt was sent"},
                "x2": {"field": "to"},
                "y": {"field": "lane", "type": "nominal", "title": None, "sort": None},
                "color": {
                    "field": "phase",
                    "type": "nominal",
                    "scale": {"domain": _PHASES, "range": _COLOURS},
                    "legend": {"title": None, "orient": "top"},
                },
                "tooltip": [
                    {"field": "lane", "title": "Lane"},
                    {"field": "phase", "title": "Phase"},
                    {"field": "from", "title": "From (s)", "format": ".2f"},
                    {"field": "to", "title": "To (s)", "format": ".2f"},
                ],
            },
        },
        key=key,
        alt="When each lane was asked, began, wrote and ended",
    )


def _bars(row: race.Row, names: Mapping[str, str]) -> list[dict[str, str | float]]:
    """The phases of one lane; a model that does not think aloud has none of thinking."""
    ends = [row.queued, row.first_chunk, row.first_text, row.done]
    bars: list[dict[str, str | float]] = []
    begun = row.queued
    for phase, end in zip(_PHASES, ends[1:], strict=True):
        if end is not None and end > begun:
            lane = f"{row.lane} · {names.get(row.model_id, row.model_id)}"
            bars.append({"lane": lane, "phase": phase, "from": begun, "to": end})
            begun = end
    return bars
