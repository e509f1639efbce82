"""The race of a turn as a chart: queued, first chunk, first text, done, one row per lane, one axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from madlen import race
from madlen.types import Reply
from madlen.ui import palette

_HEIGHTS: Mapping[race.Phase, int] = {"waiting": 6, "thinking": 6, "writing": 18}


def draw(replies: Sequence[Reply], names: Mapping[str, str], *, key: str) -> None:
    """Draws the race; nothing where nobody has begun to answer."""
    colours = palette.of_models(reply.model_id for reply in replies)
    bars = [bar for row in race.rows(replies) for bar in _bars(row, names, colours[row.model_id])]
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
                "color": {"field": "colour", "type": "nominal", "scale": None},
                "size": {"field": "height", "type": "quantitative", "scale": None},
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
    st.caption("Grey: waiting. Thin: thinking. Thick: writing.")


def _bars(row: race.Row, names: Mapping[str, str], colour: str) -> list[dict[str, str | float]]:
    """The phases of one lane, in the colour of its model once that has begun."""
    return [
        {
            "lane": f"{row.lane} · {names.get(row.model_id, row.model_id)}",
            "colour": palette.QUIET if phase == "waiting" else colour,
            "height": _HEIGHTS[phase],
            "phase": phase,
            "from": begun,
            "to": ended,
        }
        for phase, begun, ended in row.phases
    ]
