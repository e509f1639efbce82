"""The catalogue as a table, of which rows can be chosen."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import streamlit as st

from madlen import catalogue
from madlen.track_records import TrackRecord
from madlen.types import Choices, Model

CHOSEN = "models-chosen"
"""Ids of the rows that are chosen, in ``st.session_state``; filters may hide some of them."""
_ANEW = "models-anew"
_USE = ("Answers", "First token", "Tokens/s", "Failures", "Won", "Lost")


def draw(models: Sequence[Model], choices: Choices, records: Mapping[str, TrackRecord]) -> None:
    """One row per model; figures of one's own use are there once there are any."""
    ids = [model.id for model in models]
    chosen = st.session_state[CHOSEN]
    # Rows are known by their places, so other rows make another table.
    key = f"models-{st.session_state.get(_ANEW, 0)}-{hashlib.sha256('|'.join(ids).encode()).hexdigest()[:16]}"
    st.dataframe(
        [_row(model, choices, records.get(model.id)) for model in models],
        hide_index=True,
        column_config=_columns(),
        column_order=[name for name in _columns() if records or name not in _USE],
        key=key,
        on_select=lambda: _choose(key, ids),
        selection_mode="multi-row",
        selection_default={"selection": {"rows": [ids.index(one) for one in chosen if one in ids]}},
        placeholder="",
        alt="Models with their abilities, limits and prices",
    )


def provider(model: Model) -> str:
    """Who makes the model, as its id says."""
    return "this machine" if model.source == "local" else model.id.partition("/")[0].removeprefix("~")


def released(model: Model) -> date | None:
    """The day on which it was listed first; ``None`` where that is not known or no date."""
    try:
        return datetime.fromtimestamp(model.created, UTC).date() if model.created else None
    except (OverflowError, OSError, ValueError):
        return None


def choose_none() -> None:
    """Lets the choice go; for callbacks."""
    st.session_state[CHOSEN] = []
    st.session_state[_ANEW] = st.session_state.get(_ANEW, 0) + 1


def _choose(key: str, ids: Sequence[str]) -> None:
    """Keeps what is chosen; what a filter hides stays as it is."""
    hidden = [one for one in st.session_state[CHOSEN] if one not in ids]
    # A table that has just been narrowed may tell of a row that it no longer has.
    shown = [ids[row] for row in st.session_state[key]["selection"]["rows"] if row < len(ids)]
    st.session_state[CHOSEN] = [*hidden, *shown]


def _row(model: Model, choices: Choices, record: TrackRecord | None) -> dict[str, object]:
    use = (
        {}
        if record is None
        else {
            "Answers": record.answers,
            "First token": record.first_token,
            "Tokens/s": record.tokens_per_second,
            "Failures": record.failures,
            "Won": record.won,
            "Lost": record.lost,
        }
    )
    return {
        "Model": catalogue.label(model),
        "Pinned": model.id in choices.pinned,
        "Free": catalogue.is_free(model),
        "Sees": catalogue.sees(model),
        "Reasons": "reasoning" in model.supported_parameters,
        "Tools": "tools" in model.supported_parameters,
        "Context": model.context_length,
        "In": _per_million(model.pricing.prompt),
        "Out": _per_million(model.pricing.completion),
        "Released": released(model),
        "Provider": provider(model),
        **dict.fromkeys(_USE),
        **use,
        "Id": model.id,
    }


def _per_million(price: Decimal | None) -> float | None:
    return None if price is None else float(price * 1_000_000)


def _columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "Model": column.TextColumn(pinned=True, width="medium"),
        "Pinned": column.CheckboxColumn(help="Pinned models stand at the top, also where one is picked"),
        "Free": column.CheckboxColumn(help="Answers cost nothing"),
        "Sees": column.CheckboxColumn(help="Takes images"),
        "Reasons": column.CheckboxColumn(help="Can think before it answers"),
        "Tools": column.CheckboxColumn(help="Can call tools"),
        "Context": column.NumberColumn(help="Tokens of prompt and answer together", format="localized"),
        "In": column.NumberColumn("In, $/M", help="US dollars per million tokens in", format="%.3g"),
        "Out": column.NumberColumn("Out, $/M", help="US dollars per million tokens out", format="%.3g"),
        "Released": column.DateColumn(format="YYYY-MM-DD"),
        "Provider": column.TextColumn(),
        "Answers": column.NumberColumn(help="That it gave here", format="localized"),
        "First token": column.NumberColumn(
            help="Median seconds to the first token of its newest 200 answers here", format="%.2f s"
        ),
        "Tokens/s": column.NumberColumn(
            help="Median tokens per second of its newest 200 answers here", format="%.0f"
        ),
        "Failures": column.NumberColumn(help="Among its newest 200 answers here"),
        "Won": column.NumberColumn(help="Votes in which its answer was the better one"),
        "Lost": column.NumberColumn(help="Votes in which its answer was the worse one"),
        "Id": column.TextColumn(),
    }
