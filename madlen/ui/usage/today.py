"""What today still allows: the budget, and the free requests hour by hour."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from madlen import figures, services
from madlen.budget import Budget
from madlen.types import Quota
from madlen.ui import palette, text


def budget(known: Budget | None) -> None:
    """A meter of what is left of the day's budget, and a line; nothing where there is none."""
    if known is None:
        return
    account = known.account()
    left = account.left(known.limit)
    st.progress(float(left / known.limit) if known.limit else 0.0, width=80)
    reserved = f", {figures.money(account.reserved)} set aside" if account.reserved else ""
    st.caption(
        text.label(
            f"{figures.money(left)} of {figures.money(known.limit)} budget left today"
            f" ({figures.money(account.spent)} spent{reserved})"
        )
    )


def draw(quota: Quota | None, asked: int) -> None:
    """What of today's budget and of OpenRouter's free requests is left; ``asked`` of them from here."""
    known = services.current().budget
    with st.container(horizontal=True, vertical_alignment="center"):
        budget(known)
    if known is None:
        st.caption("No budget is set; DAILY_BUDGET_USD makes one that no answer exceeds.")
    here = f"{figures.counted(asked, 'free request')} of today came from here"
    if quota is not None and quota.free_used is not None and quota.free_limit is not None:
        here = f"{quota.free_used:,} of {quota.free_limit:,} free requests are used, OpenRouter says; {here}"
    st.caption(f"{text.label(here)}. Days begin at 00:00 UTC.")


def by_hour(hours: Mapping[int, int]) -> None:
    """When today's free requests were made; nothing where there were none."""
    if not hours:
        return
    st.header("Free requests of today")
    rows, so_far = [], 0
    for hour in range(24):
        so_far += hours.get(hour, 0)
        rows.append({"hour": hour, "asked": hours.get(hour, 0), "so_far": so_far})
    x = {
        "field": "hour",
        "type": "quantitative",
        "scale": {"domain": [0, 24]},
        "axis": {"tickCount": 8},
        "title": "Hour of the day (UTC)",
    }
    tips = [
        {"field": "hour", "title": "Hour"},
        {"field": "asked", "title": "Free requests"},
        {"field": "so_far", "title": "So far"},
    ]
    st.vega_lite_chart(
        {
            "data": {"values": rows},
            "height": 160,
            "layer": [
                {
                    "mark": {"type": "bar", "color": palette.FREE, "width": {"band": 0.9}},
                    "transform": [{"calculate": "datum.hour + 1", "as": "end"}],
                    "encoding": {
                        "x": {**x, "bin": "binned"},
                        "x2": {"field": "end"},
                        "y": {"field": "asked", "type": "quantitative", "title": "Free requests"},
                        "tooltip": tips,
                    },
                },
                {
                    "mark": {"type": "line", "color": palette.QUIET, "interpolate": "step-after"},
                    "encoding": {
                        "x": x,
                        "y": {"field": "so_far", "type": "quantitative"},
                        "tooltip": tips,
                    },
                },
            ],
        },
        key="usage-hours",
        alt="Free requests in each hour of today, and how many there were by then",
    )
