"""What answers took as a table, and as a file."""

from __future__ import annotations

import csv as csv_format
import io
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from madlen.usage import By, Taken

_HEADS: Mapping[By, str] = {"model": "Model", "day": "Day (UTC)", "session": "Chat"}
_GONE = "deleted, or kept in no chat"
_FORMULA = ("=", "+", "-", "@", "\t")
_NUMBERS = {
    "Cost": st.column_config.NumberColumn(format="$%.6f"),
    "First token p50": st.column_config.NumberColumn(format="%.2f s"),
    "First token p95": st.column_config.NumberColumn(format="%.2f s"),
    "In all p50": st.column_config.NumberColumn(format="%.1f s"),
    "In all p95": st.column_config.NumberColumn(format="%.1f s"),
    "Tokens/s p50": st.column_config.NumberColumn(format="%.0f"),
    "Tokens/s p95": st.column_config.NumberColumn(format="%.0f"),
}


def table(taken: Sequence[Taken], by: By, names: Mapping[str, str]) -> None:
    st.dataframe(rows(taken, by, names), hide_index=True, column_config=_NUMBERS, key=f"usage-by-{by}")


def rows(taken: Sequence[Taken], by: By, names: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {
            _HEADS[by]: _name(one, by, names),
            "Answers": one.answers,
            "Failed": one.failures,
            "Stopped": one.stopped,
            "Tokens in": one.prompt_tokens,
            "Tokens out": one.completion_tokens,
            "Thinking": one.reasoning_tokens,
            "Cost": float(one.cost),
            "First token p50": one.first_token.p50,
            "First token p95": one.first_token.p95,
            "Tokens/s p50": one.speed.p50,
            "Tokens/s p95": one.speed.p95,
            "In all p50": one.duration.p50,
            "In all p95": one.duration.p95,
        }
        for one in taken
    ]


def csv(taken: Sequence[Taken], by: By, names: Mapping[str, str]) -> str:
    """The table as CSV, with the ids beside the names and costs to the last digit."""
    written = io.StringIO()
    found = [
        {"id": one.key, **row, "Cost": f"{one.cost:f}"}
        for one, row in zip(taken, rows(taken, by, names), strict=True)
    ]
    writer = csv_format.DictWriter(written, found[0])
    writer.writeheader()
    # A name that begins so would be a formula to a spreadsheet.
    writer.writerows(
        {
            column: f"'{cell}" if isinstance(cell, str) and cell[:1] in _FORMULA else cell
            for column, cell in row.items()
        }
        for row in found
    )
    return written.getvalue()


def _name(one: Taken, by: By, names: Mapping[str, str]) -> str:
    if by == "model":
        return names.get(one.key, one.key) or "unknown"
    if by == "session":
        return one.title or _GONE
    return one.key
