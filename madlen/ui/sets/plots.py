"""A run in figures: a table, and plots of how good, how fast and how sure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from madlen import figures
from madlen.batch.summary import Estimate, LaneSummary, Spread

# Seen well enough on light and on dark.
_ACCENT, _QUIET = "#17927a", "#8f9691"
_INTERVALS = ("Passed", "Points", "Won")
_LANE = {"field": "lane", "type": "nominal", "sort": None, "title": None, "axis": {"labelLimit": 130}}


def draw(lanes: Sequence[LaneSummary], names: Mapping[str, str]) -> None:
    """Draws the table of the lanes, and a plot of each figure that is known."""
    rows = [_row(one, names) for one in lanes]
    known = [column for column in rows[0] if any(row[column] not in {"", None} for row in rows)]
    st.dataframe(
        [{column: row[column] for column in known} for row in rows],
        hide_index=True,
        column_config={column: st.column_config.TextColumn(width=130) for column in _INTERVALS},
        alt="Figures of each lane",
    )
    st.caption(
        "Dots are means with their 95 % intervals as bars, or the middle answer (p50) with a bar up to what "
        "19 of 20 stay under (p95). A tie counts as half a win."
    )
    labels = {one.lane.name: _label(one, names) for one in lanes}
    left, right = st.columns(2)
    with left:
        _estimates(
            "Answers that pass every check",
            [(labels[one.lane.name], one.passed) for one in lanes],
            axis="Share of answers",
            domain=(0, 1),
            form=".0%",
            key="plot-passed",
        )
        _estimates(
            "What judges give",
            [(labels[one.lane.name], one.score) for one in lanes],
            axis="Points, 1 to 5",
            domain=(1, 5),
            form=".1f",
            key="plot-score",
        )
        _estimates(
            "Won before judges",
            [(labels[one.lane.name], one.wins) for one in lanes],
            axis="Share of comparisons",
            domain=(0, 1),
            form=".0%",
            key="plot-wins",
        )
    with right:
        _spreads(
            "Time of an answer", [(labels[one.lane.name], one.latency) for one in lanes], key="plot-total"
        )
        _spreads(
            "Time to first token",
            [(labels[one.lane.name], one.first_token) for one in lanes],
            key="plot-first",
        )


def _label(one: LaneSummary, names: Mapping[str, str]) -> str:
    return f"{one.lane.name} · {names.get(one.lane.model_id, one.lane.model_id)}"


def _row(one: LaneSummary, names: Mapping[str, str]) -> dict[str, object]:
    return {
        "Lane": _label(one, names),
        "Answers": one.answers,
        "Failures": one.failures,
        "Passed": _interval(one.passed, percent=True),
        "Points": _interval(one.score, percent=False),
        "Won": _interval(one.wins, percent=True),
        "p50": "" if one.latency is None else figures.seconds(one.latency.p50),
        "p95": "" if one.latency is None else figures.seconds(one.latency.p95),
        "First token p50": "" if one.first_token is None else figures.seconds(one.first_token.p50),
        "Tokens in": one.tokens_in,
        "Tokens out": one.tokens_out,
        "Cost": "" if one.cost is None else figures.money(one.cost),
    }


def _interval(found: Estimate | None, *, percent: bool) -> str:
    if found is None:
        return ""
    form = ".0%" if percent else ".1f"
    if found.low is None or found.high is None:
        return f"{found.value:{form}}"
    return f"{found.value:{form}} ({found.low:{form}}–{found.high:{form}})"


def _estimates(
    title: str,
    found: Sequence[tuple[str, Estimate | None]],
    *,
    axis: str,
    domain: tuple[int, int],
    form: str,
    key: str,
) -> None:
    rows = [
        {"lane": lane, "value": one.value, "low": one.low, "high": one.high, "number": one.number}
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
                "mark": {"type": "rule", "color": _QUIET, "strokeWidth": 3},
                "encoding": {"x": {**x, "field": "low"}, "x2": {"field": "high"}, "y": _LANE},
            },
            {
                "mark": {"type": "point", "filled": True, "color": _ACCENT, "size": 90, "opacity": 1},
                "encoding": {
                    "x": {**x, "field": "value"},
                    "y": _LANE,
                    "tooltip": [{"field": name} for name in ("lane", "value", "low", "high", "number")],
                },
            },
        ],
        key=key,
    )


def _spreads(title: str, found: Sequence[tuple[str, Spread | None]], *, key: str) -> None:
    rows = [{"lane": lane, "p50": one.p50, "p95": one.p95} for lane, one in found if one is not None]
    if not rows:
        return
    x = {"type": "quantitative", "scale": {"zero": True}, "title": "Seconds"}
    _chart(
        title,
        rows,
        [
            {
                "mark": {"type": "rule", "color": _QUIET, "strokeWidth": 3},
                "encoding": {"x": {**x, "field": "p50"}, "x2": {"field": "p95"}, "y": _LANE},
            },
            {
                "mark": {"type": "tick", "color": _QUIET, "thickness": 3, "size": 16},
                "encoding": {"x": {**x, "field": "p95"}, "y": _LANE},
            },
            {
                "mark": {"type": "point", "filled": True, "color": _ACCENT, "size": 90, "opacity": 1},
                "encoding": {
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
