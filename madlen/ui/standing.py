"""The leaderboard as a table, intervals, a matrix of wins and a plot of what strength costs."""

from __future__ import annotations

import csv as csv_format
import io
import json as json_format
from collections.abc import Mapping, Sequence

import streamlit as st

from madlen import ratings
from madlen.ui import intervals as plots
from madlen.ui import palette

_FORMULA = ("=", "+", "-", "@", "\t")
_CLICKED = "clicked"
_COLOUR = {"field": "colour", "type": "nominal", "scale": None}
_SETS = ["no other beats it in all three", "beaten in all three"]


def table(board: ratings.Standings, names: Mapping[str, str]) -> None:
    """One row per model. An order that the votes do not settle is said not to be settled."""
    number = "1 vote" if board.votes == 1 else f"{board.votes:,} votes"
    st.caption(
        f"{number} between models. Bradley-Terry strength with 95 % bootstrap intervals; 1,000 is the mean."
    )
    st.dataframe(_rows(board, names), hide_index=True)


def _rows(board: ratings.Standings, names: Mapping[str, str]) -> list[dict[str, object]]:
    return [
        {
            "Rank": row.rank,
            "Model": names.get(row.model_id, row.model_id),
            "Strength": round(row.score),
            "From": round(row.low),
            "To": round(row.high),
            "Votes": row.votes,
            "Won": row.record.wins,
            "Lost": row.record.losses,
            "Tied": row.record.ties,
            "Before the next": _settled(row) if following else "",
        }
        for row, following in zip(board.rows, [*board.rows[1:], None], strict=True)
    ]


def _settled(row: ratings.Standing) -> str:
    if row.settled:
        return "settled"
    if row.votes_to_settle is None:
        return "not settled"
    return f"not settled: about {row.votes_to_settle:,} more votes"


def intervals(board: ratings.Standings, names: Mapping[str, str]) -> None:
    """Strength with its interval, one line per model."""
    st.header("Strength")
    colours = palette.of_models(row.model_id for row in board.rows)
    rows = [
        {
            "colour": colours[row.model_id],
            "model": names.get(row.model_id, row.model_id),
            "score": row.score,
            "low": row.low,
            "high": row.high,
        }
        for row in board.rows
    ]
    plots.draw(
        rows,
        point="score",
        ends=("low", "high"),
        scale={"scale": {"zero": False}, "title": "Strength (points)"},
        tooltip=[{"field": name} for name in ("model", "score", "low", "high")],
        key="intervals",
        alt="Strength of each model with its interval",
    )


def matrix(records: Mapping[tuple[str, str], ratings.Record], names: Mapping[str, str]) -> None:
    """How often the model of a row won against that of a column, as a heat map."""
    st.header("Who beats whom")
    cells = [
        {
            "row": names.get(one, one),
            "column": names.get(other, other),
            "rate": record.win_rate,
            "said": f"{record.wins} won, {record.losses} lost, {record.ties} tied",
        }
        for (one, other), record in records.items()
        if record.win_rate is not None
    ]
    st.vega_lite_chart(
        {
            "data": {"values": cells},
            "mark": "rect",
            "height": {"step": 34},
            "encoding": {
                "y": {"field": "row", "type": "nominal", "title": None, "axis": {"labelLimit": 220}},
                "x": {"field": "column", "type": "nominal", "title": None, "axis": {"labelLimit": 160}},
                "color": {
                    "field": "rate",
                    "type": "quantitative",
                    "scale": {"scheme": "blueorange", "domain": [0, 1]},
                    "legend": {"title": "Share won", "format": ".0%"},
                },
                "tooltip": [{"field": "row"}, {"field": "column"}, {"field": "said"}],
            },
        },
        key="matrix",
        alt="How often the model of a row won against that of a column",
    )


def values(points: Sequence[ratings.Point], names: Mapping[str, str]) -> str:
    """Strength against cost, latency as size, those that no other beats in everything marked.

    Gives the id of the model whose point was clicked, empty for none.
    """
    best = ratings.pareto(points)
    colours = palette.of_models(point.model_id for point in points)
    rows = [
        {
            "colour": colours[point.model_id],
            "id": point.model_id,
            "model": names.get(point.model_id, point.model_id),
            "strength": point.strength,
            "cost": float(point.cost * 1000),
            "latency": point.latency,
            "set": _SETS[point.model_id not in best],
        }
        for point in points
        if point.cost is not None and point.latency is not None
    ]
    if not rows:
        return ""
    st.header("What strength costs")
    st.caption("A click on a point lists the answers behind it.")
    event = st.vega_lite_chart(
        {
            "data": {"values": rows},
            "params": [{"name": _CLICKED, "select": {"type": "point", "fields": ["id"]}}],
            "mark": {"type": "point", "filled": True, "opacity": 0.85, "cursor": "pointer"},
            "height": 320,
            "encoding": {
                "x": {"field": "cost", "type": "quantitative", "title": "US dollars per 1,000 answers"},
                "y": {
                    "field": "strength",
                    "type": "quantitative",
                    "scale": {"zero": False},
                    "title": "Strength (points)",
                },
                "size": {"field": "latency", "type": "quantitative", "title": "Median seconds"},
                "color": _COLOUR,
                "shape": {
                    "field": "set",
                    "type": "nominal",
                    "scale": {"domain": _SETS, "range": ["diamond", "circle"]},
                    "legend": {"title": None, "labelLimit": 220},
                },
                "tooltip": [{"field": name} for name in ("model", "strength", "cost", "latency")],
            },
        },
        key="values",
        on_select="rerun",
        alt="Strength of each model against the cost of its answers",
    )
    picked = event["selection"].get(_CLICKED, [])
    return str(picked[0]["id"]) if picked else ""


def csv(board: ratings.Standings, names: Mapping[str, str]) -> str:
    """The table as CSV."""
    rows = _rows(board, names)
    written = io.StringIO()
    writer = csv_format.DictWriter(written, rows[0])
    writer.writeheader()
    # A name that begins so would be a formula to a spreadsheet.
    writer.writerows(
        {column: f"'{cell}" if str(cell)[:1] in _FORMULA else cell for column, cell in row.items()}
        for row in rows
    )
    return written.getvalue()


def json(board: ratings.Standings, names: Mapping[str, str]) -> str:
    """The table as JSON."""
    return json_format.dumps(_rows(board, names), ensure_ascii=False, indent=2)
