"""A run in figures: a table, and plots of how good, how fast and how sure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from madlen.batch import overview
from madlen.batch.summary import Estimate, LaneSummary, Spread
from madlen.ui import palette

_COLOUR = {"field": "colour", "type": "nominal", "scale": None}
_LANE = {"field": "lane", "type": "nominal", "sort": None, "title": None, "axis": {"labelLimit": 130}}


_Named = Mapping[str, str]


def draw(lanes: Sequence[LaneSummary], names: Mapping[str, str]) -> None:
    """Draws the table of the lanes, and a plot of each figure that is known."""
    st.dataframe(
        overview.known([overview.row(one, names) for one in lanes]),
        hide_index=True,
        column_config={column: st.column_config.TextColumn(width=130) for column in overview.INTERVALS},
        alt="Figures of each lane",
    )
    st.caption(
        "Dots are means with their 95 % intervals as bars, or the middle answer (p50) with a bar up to what "
        "19 of 20 stay under (p95). A tie counts as half a win."
    )
    colours = palette.of_models(one.lane.model_id for one in lanes)
    named = [
        ({"lane": overview.label(one, names), "colour": colours[one.lane.model_id]}, one) for one in lanes
    ]
    left, right = st.columns(2)
    with left:
        _estimates(
            "Answers that pass every check",
            [(lane, one.passed) for lane, one in named],
            axis="Share of answers",
            domain=(0, 1),
            form=".0%",
            key="plot-passed",
        )
        _estimates(
            "What judges give",
            [(lane, one.score) for lane, one in named],
            axis="Points, 1 to 5",
            domain=(1, 5),
            form=".1f",
            key="plot-score",
        )
        _estimates(
            "Won before judges",
            [(lane, one.wins) for lane, one in named],
            axis="Share of comparisons",
            domain=(0, 1),
            form=".0%",
            key="plot-wins",
        )
    with right:
        _spreads("Time of an answer", [(lane, one.latency) for lane, one in named], key="plot-total")
        _spreads(
            "Time to first token",
            [(lane, one.first_token) for lane, one in named],
            key="plot-first",
        )


def _estimates(
    title: str,
    found: Sequence[tuple[_Named, Estimate | None]],
    *,
    axis: str,
    domain: tuple[int, int],
    form: str,
    key: str,
) -> None:
    rows = [
        {**lane, "value": one.value, "low": one.low, "high": one.high, "number": one.number}
        for lane, one in found
        if one is not None
    ]
    if not rows:
        return
    x = {"type": "quantitative", "scale": {"domain": domain}, "title": axis, "axis": {"format": form}}
    _chart(
        title,
        rows,
        [
            {
                "transform": [{"filter": "datum.low != null"}],
                "mark": {"type": "rule", "color": palette.QUIET, "strokeWidth": 3},
                "encoding": {"x": {**x, "field": "low"}, "x2": {"field": "high"}, "y": _LANE},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 90, "opacity": 1},
                "encoding": {
                    "color": _COLOUR,
                    "x": {**x, "field": "value"},
                    "y": _LANE,
                    "tooltip": [{"field": name} for name in ("lane", "value", "low", "high", "number")],
                },
            },
        ],
        key=key,
    )


def _spreads(title: str, found: Sequence[tuple[_Named, Spread | None]], *, key: str) -> None:
    rows = [{**lane, "p50": one.p50, "p95": one.p95} for lane, one in found if one is not None]
    if not rows:
        return
    x = {"type": "quantitative", "scale": {"zero": True}, "title": "Seconds"}
    _chart(
        title,
        rows,
        [
            {
                "mark": {"type": "rule", "color": palette.QUIET, "strokeWidth": 3},
                "encoding": {"x": {**x, "field": "p50"}, "x2": {"field": "p95"}, "y": _LANE},
            },
            {
                "mark": {"type": "tick", "color": palette.QUIET, "thickness": 3, "size": 16},
                "encoding": {"x": {**x, "field": "p95"}, "y": _LANE},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 90, "opacity": 1},
                "encoding": {
                    "color": _COLOUR,
                    "x": {**x, "field": "p50"},
                    "y": _LANE,
                    "tooltip": [{"field": name} for name in ("lane", "p50", "p95")],
                },
            },
        ],
        key=key,
    )


def _chart(
    title: str, rows: Sequence[Mapping[str, object]], layers: Sequence[Mapping[str, object]], *, key: str
) -> None:
    st.markdown(f"**{title}**")
    spec = {"data": {"values": list(rows)}, "height": {"step": 34}, "layer": list(layers)}
    st.vega_lite_chart(spec, key=key, alt=title)
