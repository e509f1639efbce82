"""Usage: what answers took, by model, day and chat, and what today still allows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import streamlit as st

from madlen import figures, services, usage
from madlen.ui import attempts, sidebar
from madlen.ui.usage import charts, tables, today
from madlen.usage import By, Period, Taken

madlen = services.current()

_PERIODS: dict[Period, str] = {"today": "Today", "7d": "7 days", "30d": "30 days", "all": "All"}
_GROUPINGS: dict[By, str] = {"model": "Model", "day": "Day", "session": "Chat"}
_MOST_SHOWN = 200
_FEWEST_DAYS = 14
"""A plot of all there is shows at least so many."""


def main() -> None:
    st.set_page_config(layout="wide")
    sidebar.draw(None, here=None)
    st.title("Usage")
    names = {model.id: model.name for model in madlen.chat.models().models}
    now = datetime.now(UTC)
    hours = usage.free_by_hour(madlen.store.usage_over_time("hour", usage.since("today", now)))
    today.draw(madlen.quota(), sum(hours.values()))
    period: Period = st.segmented_control(
        "Period", _PERIODS, default="7d", key="usage-period", format_func=_PERIODS.__getitem__, required=True
    )
    since = usage.since(period, now)
    with st.spinner("Adding up", show_time=True):
        by_model = madlen.store.usage("model", since)
    if by_model:
        _totals(by_model)
        _over_time(period, since, now, names)
        _times(by_model, names)
        _table(period, since, by_model, names)
    else:
        st.info("Nothing was answered in this time. What answers take is added up here once there are some.")
    today.by_hour(hours)
    _embedded(by_model)


def _totals(by_model: list[Taken]) -> None:
    whole = usage.total(by_model)
    share = f"{whole.failures / whole.answers:.0%} failed" if whole.failures else "none failed"
    with st.container(horizontal=True):
        st.metric("Answers", f"{whole.answers:,}", share, delta_color="off", delta_arrow="off")
        st.metric("Tokens in", f"{whole.prompt_tokens:,}")
        st.metric("Tokens out", f"{whole.completion_tokens:,}")
        st.metric("Cost", figures.money(whole.cost))


def _over_time(period: Period, since: datetime | None, now: datetime, names: dict[str, str]) -> None:
    st.header("Over time")
    measure = st.segmented_control(
        "Measure", charts.MEASURES, default="Answers", key="usage-measure", required=True
    )
    hourly = period == "today"
    slots = madlen.store.usage_over_time("hour" if hourly else "day", since)
    end = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    first = datetime.fromisoformat(slots[0].begin[:10]).replace(tzinfo=UTC)
    begin = since or min(first, end - timedelta(days=_FEWEST_DAYS))
    charts.over_time(slots, names, measure, begin=begin, end=end, hourly=hourly)


def _times(by_model: list[Taken], names: dict[str, str]) -> None:
    st.header("How long it takes")
    which = st.segmented_control("Time", charts.TIMES, default="First token", key="usage-time", required=True)
    charts.times(by_model, names, which)
    st.caption(
        "The point is the middle of them (p50); the line goes to where 95 of 100 are no slower (p95)."
        f" Times are of the newest {usage.NEWEST} answers of each model, day or chat."
    )


def _table(period: Period, since: datetime | None, by_model: list[Taken], names: dict[str, str]) -> None:
    st.header("In figures")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by: By = st.segmented_control(
            "By",
            _GROUPINGS,
            default="model",
            key="usage-by",
            format_func=_GROUPINGS.__getitem__,
            required=True,
        )
        found = by_model if by == "model" else madlen.store.usage(by, since)
        st.download_button(
            "CSV",
            lambda: tables.csv(found, by, names),
            f"usage-by-{by}-{period}.csv",
            "text/csv",
            key="usage-csv",
            icon=":material/download:",
            on_click="ignore",
        )
    tables.table(found[:_MOST_SHOWN], by, names)
    if len(found) > _MOST_SHOWN:
        st.caption(f"The first {_MOST_SHOWN} of {len(found):,}; the file has all of these.")


def _embedded(by_model: list[Taken]) -> None:
    own = usage.total(usage.embedded(by_model))
    if own.answers:
        st.caption(
            f"Of all of this, {figures.counted(own.answers, 'answer')} with {own.tokens:,} tokens came from"
            " the model inside Madlen, for nothing."
        )


attempts.draw(main)
