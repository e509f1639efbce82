"""A trace as a chart: a bar for each span on one axis, and its moments, such as the first chunk, marked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from madlen.traces.waterfall import Row
from madlen.ui import layout, palette

MOST_ROWS = 200
_CLICKED = "clicked"
_DEEPEST = 8
_ANCHOR, _SPACE = "\u200b", "\u00a0\u00a0\u00a0"
_SHAPES = {
    "first chunk": "diamond",
    "first visible text": "triangle-right",
    "asked again": "cross",
    "stopped": "square",
    "not stored in time": "stroke",
    "defect": "triangle-down",
}
_DIGITS = 4
_WIDE, _NARROW = 220, 120
"""Pixels for the names."""
_EDGE = "#ffffff"
"""Parts a mark from the bar on which it stands."""


def indent(row: Row) -> str:
    """Room for how deep a span stands. Charts would trim it away if it began with a space."""
    return _ANCHOR + _SPACE * min(row.depth, _DEEPEST) if row.depth else ""


def label(row: Row) -> str:
    """A span in its place, as text."""
    failed = f" ({row.span.error})" if row.span.failed else ""
    return indent(row) + " ".join(row.span.name.split()) + failed


def draw(
    rows: Sequence[Row], *, seconds: float, key: str, on_click: Callable[[int], None] | None = None
) -> None:
    """Draws the chart, as long as ``seconds``. ``on_click`` is called with the place of a span."""
    if len(rows) > MOST_ROWS:
        st.caption(f"The first {MOST_ROWS} of {len(rows):,} spans")
    shown = rows[:MOST_ROWS]
    colours = palette.of_models(row.span.model_id for row in shown if row.span.model_id)
    # Each name stands behind a number, for several spans may have the same.
    places = [f"{number:0{_DIGITS}d}{label(row)}" for number, row in enumerate(shown)]
    room = _NARROW if layout.narrow() else _WIDE
    y = {
        "field": "place",
        "type": "nominal",
        "sort": None,
        "title": None,
        "scale": {"domain": places},
        "axis": {
            "labelExpr": f"slice(datum.label, {_DIGITS})",
            # From the left, so that what is part of something stands further in.
            "labelAlign": "left",
            "labelPadding": room,
            "labelLimit": room - 8,
            "labelOverlap": False,
        },
    }
    x = {"type": "quantitative", "title": "Seconds", "scale": {"domain": [0, max(seconds, 0.001)]}}
    bars: dict[str, Any] = {
        "data": {
            "values": [
                _bar(number, places[number], row, colours.get(row.span.model_id, palette.QUIET))
                for number, row in enumerate(shown)
            ]
        },
        # The outline keeps what took next to no time in sight.
        "mark": {"type": "bar", "cornerRadius": 2, "strokeWidth": 2, "height": 14},
        "encoding": {
            "x": {**x, "field": "begun"},
            "x2": {"field": "ended"},
            "y": y,
            "color": {"field": "colour", "type": "nominal", "scale": None},
            "stroke": {"field": "colour", "type": "nominal", "scale": None},
            "tooltip": [
                {"field": "span", "title": "Span"},
                {"field": "from", "title": "From (s)"},
                {"field": "took", "title": "Took (s)"},
                {"field": "error", "title": "Error"},
            ],
        },
    }
    if on_click is not None:
        bars["params"] = [{"name": _CLICKED, "select": {"type": "point", "fields": ["number"]}}]
        bars["mark"]["cursor"] = "pointer"
    marks = [
        {"place": place, "at": at, "mark": name, "when": f"{at:.3f}"}
        for place, row in zip(places, shown, strict=True)
        for name, at in row.marks
    ]
    known = [name for name in _SHAPES if any(mark["mark"] == name for mark in marks)]
    points = {
        "data": {"values": marks},
        "mark": {"type": "point", "filled": True, "size": 110, "opacity": 1, "stroke": _EDGE},
        "encoding": {
            "x": {**x, "field": "at"},
            "y": y,
            "color": {"value": palette.QUIET},
            "shape": {
                "field": "mark",
                "type": "nominal",
                "scale": {"domain": known, "range": [_SHAPES[name] for name in known]},
                "legend": {
                    "title": None,
                    "orient": "bottom",
                    "symbolSize": 110,
                    "columns": 1,
                },
            },
            "tooltip": [{"field": "mark", "title": "Event"}, {"field": "when", "title": "At (s)"}],
        },
    }
    st.vega_lite_chart(
        {"height": {"step": 24}, "layer": [bars, points] if marks else [bars]},
        key=key,
        alt="When each span of the trace began and ended",
        on_select="ignore" if on_click is None else _clicked(key, on_click),
    )


def _bar(number: int, place: str, row: Row, colour: str) -> dict[str, Any]:
    return {
        "number": number,
        "place": place,
        "span": row.span.name,
        "begun": row.begun,
        "ended": row.begun + row.seconds,
        "from": f"{row.begun:.3f}",
        "took": f"{row.seconds:.3f}",
        "error": row.span.error or "none",
        "colour": colour,
    }


def _clicked(key: str, on_click: Callable[[int], None]) -> Callable[[], None]:
    def clicked() -> None:
        picked = st.session_state[key]["selection"].get(_CLICKED, [])
        if picked:
            on_click(int(picked[0]["number"]))

    return clicked
