"""A run in figures as a table: one row for each lane."""

from __future__ import annotations

from collections.abc import Mapping

from madlen import figures
from madlen.batch.summary import Estimate, LaneSummary

INTERVALS = ("Passed", "Points", "Won")
"""The columns that give an interval with their value."""


def label(one: LaneSummary, names: Mapping[str, str]) -> str:
    """The lane and its model."""
    return f"{one.lane.name} · {names.get(one.lane.model_id, one.lane.model_id)}"


def row(one: LaneSummary, names: Mapping[str, str]) -> dict[str, object]:
    """The figures by the names of their columns; empty where nothing is known."""
    return {
        "Lane": label(one, names),
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


def known(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """The rows without the columns that are empty in all of them."""
    columns = [name for name in rows[0] if any(one[name] not in {"", None} for one in rows)]
    return [{name: one[name] for name in columns} for one in rows]


def _interval(found: Estimate | None, *, percent: bool) -> str:
    if found is None:
        return ""
    form = ".0%" if percent else ".1f"
    if found.low is None or found.high is None:
        return f"{found.value:{form}}"
    return f"{found.value:{form}} ({found.low:{form}}–{found.high:{form}})"
