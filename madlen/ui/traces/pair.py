"""Two traces side by side, on axes of one length."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from madlen import figures, services
from madlen.traces import Span, slowness, waterfall
from madlen.tracing import names as attribute
from madlen.ui import text
from madlen.ui.traces import one, places, reasons
from madlen.ui.traces import waterfall as chart


def draw(first_id: str, second_id: str, names: Mapping[str, str]) -> None:
    """Draws both. Raises ``NotFound`` where one of them is not kept."""
    traces = services.current().traces
    pair = [traces.trace(first_id), traces.trace(second_id)]
    longest = max(map(waterfall.seconds, pair))
    places.back()
    st.title("Two traces")
    left, right = map(_figures, pair)
    table = [{"Figure": name, "A": left[name], "B": right[name]} for name in left]
    st.dataframe(table, hide_index=True, alt="Figures of both traces")
    for place, side, trace in zip(st.columns(2), "AB", pair, strict=True):
        with place:
            st.header(text.label(f"{side}: {one.title(trace, names)}"))
            one.figures_of(trace)
            places.to_trace(trace[0].trace_id, "This one alone", key=f"alone-{side}")
            reasons.draw(slowness.of(trace), names, seconds=longest, key=f"pair-{side}")
            chart.draw(waterfall.rows(trace), seconds=longest, key=f"waterfall-{side}")


def _figures(trace: Sequence[Span]) -> dict[str, str]:
    """What both are compared by, as text."""
    start = min(span.begun for span in trace)
    told: dict[str, str] = {"In all": figures.seconds(waterfall.seconds(trace))}
    for name in (attribute.FIRST_CHUNK, attribute.FIRST_VISIBLE_TEXT):
        first = min((at for span in trace if (at := span.first(name)) is not None), default=None)
        known = "" if first is None else figures.seconds((first - start) / 1e9)
        told[waterfall.MARKS[name].capitalize()] = known
    for title, name in (("Tokens in", attribute.INPUT_TOKENS), ("Tokens out", attribute.OUTPUT_TOKENS)):
        counts = [count for span in trace if (count := span.count(name)) is not None]
        told[title] = f"{sum(counts):,}" if counts else ""
    costs = [span.cost for span in trace if span.cost is not None]
    told["Cost"] = places.dollars(sum(costs) if costs else None)
    told["Spans"] = f"{len(trace):,}"
    told["Errors"] = ", ".join(dict.fromkeys(span.error for span in trace if span.failed))
    return told
