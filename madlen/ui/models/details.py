"""Everything that is known of one model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import streamlit as st

from madlen import catalogue, figures
from madlen.track_records import TrackRecord
from madlen.types import Choices, Model
from madlen.ui import facts, picker, text
from madlen.ui.models import table

_SOON_DAYS = 30


def draw(
    model: Model, record: TrackRecord | None, choices: Choices, pin: Callable[[str, bool], None]
) -> None:
    """Its description, limits and prices, what one's own use says of it, and what one can do with it."""
    with st.container(border=True):
        st.header(text.label(catalogue.label(model)))
        st.caption(text.label(model.id))
        if model.description:
            st.markdown(text.label(model.description))
        _expiry(model)
        facts.draw(_limits(model))
        if model.supported_parameters:
            names = ", ".join(sorted(model.supported_parameters))
            st.caption(f"Parameters it takes: {text.label(names)}")
        if record is not None:
            st.caption(text.label(use(record)))
        with st.container(horizontal=True, vertical_alignment="center"):
            # Also picked here, for a page that was looked at before knows its own model.
            if st.button("Chat with it", icon=":material/forum:", key="models-chat"):
                picker.choose("model-new", model.id)
                st.switch_page("pages/chat.py", query_params={"model": model.id})
            pinned = model.id in choices.pinned
            st.button(
                "Unpin" if pinned else "Pin",
                icon=":material/keep_off:" if pinned else ":material/keep:",
                key="models-pin",
                on_click=pin,
                args=(model.id, not pinned),
            )


def use(record: TrackRecord) -> str:
    """What one's own use says, in a line."""
    first, speed = record.first_token, record.tokens_per_second
    parts = [
        f"Here: {figures.counted(record.answers, 'answer')}",
        "" if first is None else f"{figures.seconds(first)} to first token",
        "" if speed is None else f"{speed:,.0f} tokens/s",
        f"{figures.counted(record.failures, 'failure')}" if record.failures else "",
        f"{record.won:,} won, {record.lost:,} lost" if record.won or record.lost else "",
    ]
    return " · ".join(part for part in parts if part)


def _limits(model: Model) -> Iterator[tuple[str, str]]:
    prices, day = model.pricing, table.released(model)
    no_price = "varies" if prices.varies else "unknown"
    yield "Context", _tokens(model.context_length)
    yield "Longest answer", _tokens(model.max_completion_tokens)
    yield "Price per million tokens in", figures.per_million(prices.prompt) or no_price
    yield "Price per million tokens out", figures.per_million(prices.completion) or no_price
    yield "Price per request", figures.money(prices.request) if prices.request else ""
    yield "Dearest other fee, as for an image", figures.money(prices.other) if prices.other else ""
    yield "Takes", ", ".join(sorted(model.input_modalities))
    yield "Gives", ", ".join(sorted(model.output_modalities))
    yield "Released", day.isoformat() if day else ""
    yield "Provider", table.provider(model)


def _expiry(model: Model) -> None:
    if model.expires is None:
        return
    days = (model.expires - datetime.now(UTC).date()).days
    said = f"It is served until {model.expires.isoformat()}."
    if days <= _SOON_DAYS:
        st.warning(said, icon=":material/event_busy:")
    else:
        st.caption(said)


def _tokens(number: int | None) -> str:
    return f"{number:,} tokens" if number else ""
