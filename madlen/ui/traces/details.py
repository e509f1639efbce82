"""The spans of a trace as a table, and one of them with everything that it says."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta

import streamlit as st

from madlen.traces import spans
from madlen.traces.reading import moment
from madlen.traces.spans import SECOND, Attributes
from madlen.traces.waterfall import Row
from madlen.ui.traces import places, waterfall

_KEY = "trace-span"


def pick(number: int) -> None:
    """Shows a span by its place; for the chart."""
    st.session_state[_KEY] = number


def draw(rows: Sequence[Row]) -> None:
    """Draws the table, and under it the span that is picked: at first the one around an answer."""
    st.subheader("Spans")
    st.dataframe([_row(row) for row in rows], hide_index=True, alt="The spans of the trace")
    if st.session_state.get(_KEY, 0) >= len(rows):
        del st.session_state[_KEY]
    first = next((number for number, row in enumerate(rows) if row.span.is_answer), 0)
    number = st.selectbox(
        "Span",
        range(len(rows)),
        index=first,
        format_func=lambda number: waterfall.label(rows[number]).removeprefix(waterfall.indent(rows[number])),
        key=_KEY,
        help="A click on a bar of the chart picks it too.",
    )
    _one(rows[number])


def _one(row: Row) -> None:
    span = row.span
    places.line(
        f"{span.kind.lower()} span {span.span_id}",
        f"from {row.begun:.3f} s on",
        f"{row.seconds:.3f} s",
        span.error,
        span.said,
        "the span that it is part of is not here" if row.is_orphan else "",
    )
    left, right = st.columns(2)
    with left:
        st.caption("Attributes")
        _table(span.attributes, alt="Attributes of the span")
    with right:
        st.caption("Events")
        if span.moments:
            st.dataframe(
                [
                    {
                        "At (s)": f"{row.begun + (event.at - span.begun) / SECOND:.3f}",
                        "Event": event.name,
                        "Says": ", ".join(
                            f"{name}={_text(value)}" for name, value in event.attributes.items()
                        ),
                    }
                    for event in span.moments
                ],
                hide_index=True,
                alt="Events of the span",
            )
        else:
            st.caption("None.")
    raw = st.expander("As JSON", icon=":material/data_object:", key="trace-raw", on_change="rerun")
    if raw.open:
        begun = moment(span.begun)
        known = {
            "name": span.name,
            "trace_id": span.trace_id,
            "span_id": span.span_id,
            "parent_id": span.parent_id,
            "begun": begun.isoformat(),
            "ended": (begun + timedelta(seconds=span.seconds)).isoformat(),
            **json.loads(spans.written(span)),
        }
        raw.code(json.dumps(known, ensure_ascii=False, indent=2), language="json")


def _row(row: Row) -> dict[str, object]:
    return {
        "Span": waterfall.label(row),
        "From (s)": round(row.begun, 3),
        "Took (s)": round(row.seconds, 3),
        "Kind": row.span.kind.lower(),
        "Error": row.span.error,
        "Events": len(row.span.moments),
    }


def _table(attributes: Attributes, *, alt: str) -> None:
    if not attributes:
        st.caption("None.")
        return
    rows: list[Mapping[str, str]] = [
        {"Name": name, "Value": _text(value)} for name, value in sorted(attributes.items())
    ]
    st.dataframe(rows, hide_index=True, alt=alt)


def _said(attributes: Attributes) -> str:
    return ", ".join(f"{name}={_text(value)}" for name, value in attributes.items())


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
