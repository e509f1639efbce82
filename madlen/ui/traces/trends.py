"""How long answers took and how many failed, by model over time, as plots."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from madlen.traces import Answer, trends
from madlen.ui import palette

_MEASURES = ["p50", "p95"]
_LENGTHS = {60: "minute", 300: "5 minutes", 900: "quarter of an hour", 3600: "hour", 14_400: "4 hours"}
_LONGER = {86_400: "day", 604_800: "week"}


def draw(answers: Sequence[Answer], names: Mapping[str, str]) -> None:
    """Draws both plots; nothing where nothing was answered."""
    asked = Counter(answer.model_id for answer in answers)
    most = {model_id for model_id, _ in asked.most_common(len(palette.MODELS))}
    points = trends.points([answer for answer in answers if answer.model_id in most])
    if not points:
        return
    colours = palette.of_models(point.model_id for point in points)
    shades = {names.get(model_id, model_id): shade for model_id, shade in colours.items()}
    rows = [
        {
            "at": point.begun.isoformat(),
            "model": names.get(point.model_id, point.model_id),
            "answers": point.answers,
            "failures": point.failures,
            "rate": point.error_rate,
            "p50": point.p50,
            "p95": point.p95,
        }
        for point in points
    ]
    length = {**_LENGTHS, **_LONGER}[points[0].seconds]
    st.caption(
        f"Each point stands for one {length}. Dots are p50, the middle answer, and diamonds p95, what 19 of "
        "20 stay under; a failure has no time."
        + (f" Of {len(asked)} models the {len(most)} that were asked most." if len(asked) > len(most) else "")
    )
    left, right = st.columns(2)
    with left:
        _plot("Time of an answer", _times(rows, shades), alt="p50 and p95 of answers over time, by model")
    with right:
        _plot("Share that failed", _failures(rows, shades), alt="Share of answers that failed, by model")


def _plot(title: str, spec: dict[str, Any], *, alt: str) -> None:
    st.subheader(title)
    st.vega_lite_chart(spec, key=f"trend-{title}", alt=alt)


def _times(rows: Sequence[Mapping[str, Any]], shades: Mapping[str, str]) -> dict[str, Any]:
    values = [
        {**row, "measure": measure, "seconds": row[measure]}
        for row in rows
        for measure in _MEASURES
        if row[measure] is not None
    ]
    y = {"field": "seconds", "type": "quantitative", "title": "Seconds", "scale": {"zero": True}}
    tips = [
        {"field": "measure", "title": "Measure"},
        {"field": "seconds", "title": "Seconds", "format": ".2f"},
    ]
    return _plotted(values, shades, y, tips, by_measure=True)


def _failures(rows: Sequence[Mapping[str, Any]], shades: Mapping[str, str]) -> dict[str, Any]:
    y = {
        "field": "rate",
        "type": "quantitative",
        "title": "Share of answers",
        "axis": {"format": ".0%"},
        "scale": {"domain": [0, 1]},
    }
    return _plotted(rows, shades, y, [{"field": "failures", "title": "Failed"}], by_measure=False)


def _plotted(
    values: Sequence[Mapping[str, Any]],
    shades: Mapping[str, str],
    y: dict[str, Any],
    tips: list[dict[str, Any]],
    *,
    by_measure: bool,
) -> dict[str, Any]:
    """Lines with points; with ``by_measure`` p50 and p95 are told apart by dashes and shapes."""
    measure = {"field": "measure", "type": "nominal"}
    dashes = {**measure, "scale": {"domain": _MEASURES, "range": [[1, 0], [4, 4]]}, "legend": None}
    shapes = {**measure, "scale": {"domain": _MEASURES, "range": ["circle", "diamond"]}, "legend": None}
    return {
        "data": {"values": list(values)},
        # The legend takes its room from the plot.
        "height": 260 + 30 * len(shades),
        "encoding": {
            "x": {"field": "at", "type": "temporal", "title": "When it was asked"},
            "y": y,
            "color": {
                "field": "model",
                "type": "nominal",
                "scale": {"domain": list(shades), "range": list(shades.values())},
                "legend": {"title": None, "orient": "bottom", "columns": 1, "labelLimit": 300},
            },
        },
        "layer": [
            {"mark": "line", "encoding": {"strokeDash": dashes} if by_measure else {}},
            {
                "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1},
                "encoding": {
                    "tooltip": [
                        {"field": "model", "title": "Model"},
                        {"field": "at", "type": "temporal", "title": "From", "format": "%d %b %H:%M"},
                        {"field": "answers", "title": "Answers"},
                        *tips,
                    ],
                    **({"shape": shapes} if by_measure else {}),
                },
            },
        ],
    }
