"""Ways of asking kept by name: saved, taken up, overwritten, deleted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import streamlit as st

from madlen import presets, services
from madlen.types import Lane
from madlen.ui import bookmarks, text
from madlen.ui.attempts import attempt
from madlen.ui.bookmarks import Bookmark, Words

_WORDS = Words(
    title="Presets",
    empty="Keep this model with its system prompt and settings, and take it up in any chat.",
    example="Strict reviewer",
    save="Save as preset",
)


def draw(lane: Lane, *, key: str, use: Callable[[Lane], None]) -> None:
    """Draws the presets behind a button. ``lane`` is how the chat asks now; ``use`` has it ask otherwise."""
    own, store = f"{key}-presets", services.current().store

    def bookmarked() -> list[Bookmark]:
        return [
            Bookmark(
                one.name,
                text.label(one.name),
                partial(_use, one.lane, own, use),
                told=text.label(_line(one.lane)),
            )
            for one in store.presets()
        ]

    keep = partial(attempt, partial(_keep, lane))
    bookmarks.draw(_WORDS, bookmarked, key=own, keep=keep, delete=partial(attempt, store.delete_preset))


def _line(lane: Lane) -> str:
    """What a preset asks, and the beginning of what it tells its model."""
    return " · ".join(part for part in (lane.model_id, lane.system[:200]) if part)


def _use(lane: Lane, own: str, use: Callable[[Lane], None]) -> None:
    st.session_state[own] = False
    use(lane)


def _keep(lane: Lane, name: str) -> None:
    services.current().store.keep_preset(presets.made(name, lane, datetime.now(UTC)))
