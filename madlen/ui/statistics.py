"""What was asked and what it took, as plots by day and by model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import streamlit as st

from madlen import history, services
from madlen.history import Use
from madlen.ui import palette

_MODELS = 6
"""So many are told apart by colour; what others took stands together."""
_OTHERS = "other models"
_PERIODS = {30: "30 days", 90: "90 days", 365: "A year"}
_MEASURES: dict[str, Callable[[Use], float]] = {
    "Answers": lambda use: use.answers,
    "Tokens": lambda use: use.prompt_tokens + use.completion_tokens,
    "US dollars": lambda use: use.cost,
}


def draw(names: Mapping[str, str]) -> None:
    """An expander with the statistics, drawn only while it is looked at."""
    place = st.expander("Statistics", icon=":material/bar_chart:", key="statistics", on_change="rerun")
    if not place.open:
        return
    with place:
        with st.container(horizontal=True):
            days = st.segmented_control(
                "Period",
                _PERIODS,
                default=30,
                key="statistics-days",
                format_func=_PERIODS.__getitem__,
                required=True,
            )
            measure = st.segmented_control(
                "Measure", _MEASURES, default="Answers", key="statistics-measure", required=True
            )
        uses = services.current().store.uses(datetime.now(UTC) - timedelta(days=days or 30))
        if not uses:
            st.caption("Nothing was answered in this time.")
            return
        answers, tokens, cost = (sum(take(use) for use in uses) for take in _MEASURES.values())
        st.caption(
            f"{answers:,.0f} answers, {tokens:,.0f} tokens, {cost:,.4f} US dollars as far as costs are known."
            " Days are in UTC."
        )
        _plots(uses, names, measure or "Answers")


def _plots(uses: Sequence[Use], names: Mapping[str, str], measure: str) -> None:
    take = _MEASURES[measure]
    rows: dict[tuple[str, str], float] = {}
    leading = history.leading(uses, _MODELS)
    colours = palette.of_models(use.model_id for use in leading if use.model_id)
    shades = {names.get(model_id, model_id): shade for model_id, shade in colours.items()}
    for use in leading:
        model = names.get(use.model_id, use.model_id) or _OTHERS
        rows[use.day.isoformat(), model] = rows.get((use.day.isoformat(), model), 0) + take(use)
    values = [{"day": day, "model": model, "value": value} for (day, model), value in rows.items()]
    totals: dict[str, float] = {}
    for (_, model), value in rows.items():
        totals[model] = totals.get(model, 0) + value
    ranked = sorted(totals, key=lambda model: (model == _OTHERS, -totals[model], model))
    colour = {
        "field": "model",
        "type": "nominal",
        "scale": {"domain": ranked, "range": [shades.get(one, palette.QUIET) for one in ranked]},
        "legend": {"title": None, "orient": "bottom", "columns": 2, "labelLimit": 260},
    }
    amount = {"type": "quantitative", "aggregate": "sum", "field": "value", "title": measure}
    tips = [
        {"field": "model", "title": "Model"},
        {"field": "value", "aggregate": "sum", "title": measure, "format": ",.4~f"},
    ]
    st.vega_lite_chart(
        {
            "data": {"values": values},
            "mark": "bar",
            "height": 360,
            "encoding": {
                "x": {
                    "field": "day",
                    "type": "ordinal",
                    "timeUnit": "utcyearmonthdate",
                    "title": "Day (UTC)",
                },
                "y": amount,
                "color": colour,
                "tooltip": [{"field": "day", "title": "Day"}, *tips],
            },
        },
        key="statistics-by-day",
        alt=f"{measure} on each day, by model",
    )
    st.vega_lite_chart(
        {
            "data": {"values": values},
            "mark": "bar",
            "height": {"step": 26},
            "encoding": {
                "y": {
                    "field": "model",
                    "type": "nominal",
                    "sort": ranked,
                    "title": None,
                    "axis": {"labelLimit": 220},
                },
                "x": amount,
                "color": {**colour, "legend": None},
                "tooltip": tips,
            },
        },
        key="statistics-by-model",
        alt=f"{measure} of each model",
    )
