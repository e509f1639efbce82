"""What answers took over time, and how long models take, as plots."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import streamlit as st

from madlen.ui import intervals, palette
from madlen.usage import Slot, Spread, Taken

_MODELS = 6
"""So many are told apart by colour; what others took stands together."""
_OTHERS = "other models"
MEASURES: Mapping[str, Callable[[Slot], float]] = {
    "Cost": lambda slot: float(slot.cost),
    "Tokens": lambda slot: slot.tokens,
    "Answers": lambda slot: slot.answers,
    "Failures": lambda slot: slot.failures,
}
UNITS = {"Cost": "US dollars", "Tokens": "Tokens", "Answers": "Answers", "Failures": "Failures"}
TIMES: Mapping[str, tuple[Callable[[Taken], Spread], str]] = {
    "First token": (lambda one: one.first_token, "Seconds to the first token"),
    "Tokens/s": (lambda one: one.speed, "Tokens per second"),
    "In all": (lambda one: one.duration, "Seconds in all"),
}


def over_time(
    slots: Sequence[Slot],
    names: Mapping[str, str],
    measure: str,
    *,
    begin: datetime,
    end: datetime,
    hourly: bool,
) -> None:
    """Bars by hour or day between two moments, the models with most of it in their colours."""
    take = MEASURES[measure]
    totals: dict[str, float] = {}
    for slot in slots:
        totals[slot.model_id] = totals.get(slot.model_id, 0) + take(slot)
    if not any(totals.values()):
        st.caption(f"There is nothing to plot: {UNITS[measure].lower()} were none.")
        return
    leading = sorted(totals, key=lambda model_id: (-totals[model_id], model_id))[:_MODELS]
    colours = palette.of_models(leading)
    sums: dict[tuple[str, str], float] = {}
    for slot in slots:
        place = (slot.begin, slot.model_id if slot.model_id in colours else "")
        sums[place] = sums.get(place, 0) + take(slot)
    shown = {model_id: names.get(model_id, model_id) for model_id in leading}
    values = [
        {
            "begin": slot[-2:] if hourly else slot,
            "model": shown.get(model_id, _OTHERS),
            "value": value,
        }
        for (slot, model_id), value in sums.items()
    ]
    days = (begin + timedelta(days=day) for day in range((end - begin).days))
    spans = [f"{hour:02}" for hour in range(24)] if hourly else [f"{day:%Y-%m-%d}" for day in days]
    domain = list(dict.fromkeys(shown.values())) + [_OTHERS] * any(not model for _, model in sums)
    shades = {shown[model_id]: shade for model_id, shade in colours.items()}
    st.vega_lite_chart(
        {
            "data": {"values": values},
            "mark": "bar",
            "height": 320,
            "encoding": {
                "x": {
                    "field": "begin",
                    "type": "ordinal",
                    "scale": {"domain": spans},
                    "title": "Hour of today (UTC)" if hourly else "Day (UTC)",
                    "axis": {
                        "labelAngle": 0,
                        "labelOverlap": True,
                        "labelExpr": "datum.label" if hourly else "slice(datum.label, 5)",
                    },
                },
                "y": {
                    "field": "value",
                    "type": "quantitative",
                    "aggregate": "sum",
                    "title": UNITS[measure],
                },
                "color": {
                    "field": "model",
                    "type": "nominal",
                    "scale": {"domain": domain, "range": [shades.get(one, palette.QUIET) for one in domain]},
                    "legend": {"title": None, "orient": "bottom", "columns": 1, "labelLimit": 260},
                },
                "tooltip": [
                    {"field": "begin", "title": "Hour" if hourly else "Day"},
                    {"field": "model", "title": "Model"},
                    {"field": "value", "aggregate": "sum", "title": UNITS[measure], "format": ",.4~f"},
                ],
            },
        },
        key="usage-over-time",
        alt=f"{UNITS[measure]} over time, by model",
    )


def times(taken: Sequence[Taken], names: Mapping[str, str], which: str) -> None:
    """For each model a point at the middle, and a line to the slow end."""
    pick, title = TIMES[which]
    known = [(one, pick(one)) for one in taken if pick(one).p50 is not None][:12]
    if not known:
        st.caption("No times were measured in this period.")
        return
    colours = palette.of_models(one.key for one, _ in known)
    values = [
        {
            "colour": colours[one.key],
            "model": names.get(one.key, one.key),
            "p50": spread.p50,
            "p95": spread.p95,
        }
        for one, spread in known
    ]
    intervals.draw(
        values,
        point="p50",
        ends=("p50", "p95"),
        scale={"title": title},
        tooltip=[
            {"field": "model", "title": "Model"},
            {"field": "p50", "title": "Middle", "format": ",.2f"},
            {"field": "p95", "title": "95 of 100", "format": ",.2f"},
        ],
        key="usage-times",
        alt=f"{title} of each model, the middle and 95 of 100",
    )
