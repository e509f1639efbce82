"""An answer drawn while it comes: the one function that draws a stream."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from madlen.transcript import Update
from madlen.types import Reply
from madlen.ui import blocks

FRAME_SECONDS = 1 / 30
_SENT_PER_SECOND = 200_000
"""Characters a second that one growing block may cost; a longer block is drawn less often."""
_SILENT_SECONDS = 0.3


class _Painter:
    """Draws growing text: finished blocks as elements of their own, the last one again and again."""

    def __init__(self, container: DeltaGenerator) -> None:
        self._container = container
        self._blocks = blocks.Blocks()
        self._slot = container.empty()
        self._drawn = ""
        self._drawn_at = 0.0

    def feed(self, text: str) -> None:
        for finished in self._blocks.feed(text):
            _growing(self._slot, finished, still=False)
            self._slot = self._container.empty()
            self._drawn = ""
        if time.monotonic() - self._drawn_at >= len(self._blocks.tail) / _SENT_PER_SECOND:
            self.draw_tail()

    def draw_tail(self, *, still: bool = True) -> None:
        tail = self._blocks.tail
        if tail and (tail != self._drawn or not still):
            _growing(self._slot, tail, still=still)
            self._drawn, self._drawn_at = tail, time.monotonic()


def stream(updates: Iterator[Update], waiting: Callable[[float], str]) -> Reply:
    """Draws an answer into the current container until it ends, and gives it back.

    ``waiting`` says, for seconds waited, what is being waited for.
    """
    began = time.monotonic()
    thoughts, body, note = st.container(), st.container(), st.empty()
    thinking: _Painter | None = None
    answer: _Painter | None = None
    for update in updates:
        if update.reasoning:
            thinking = thinking or _Painter(thoughts.expander("Thinking", icon=":material/psychology:"))
            thinking.feed(update.reasoning)
        if update.text:
            if answer is None:
                note.empty()
                answer = _Painter(body)
            answer.feed(update.text)
        if update.ended is not None:
            note.empty()
            for painter in (thinking, answer):
                if painter is not None:
                    painter.draw_tail(still=False)
            return update.ended
        waited = time.monotonic() - began
        if answer is None and waited >= _SILENT_SECONDS:
            note.caption(update.note or waiting(waited))
    raise AssertionError("A followed answer always ends")


def whole(text: str) -> None:
    """Draws a stored answer, cut where it was cut while it came."""
    for block in blocks.split(text):
        st.markdown(block)


def _growing(slot: DeltaGenerator, text: str, *, still: bool) -> None:
    """Draws text that may stop in mid-word: Streamlit can close open markup, by a private name."""
    draw = getattr(slot, "_markdown", None)
    if still and draw is not None:
        draw(text, unterminated_parsing=True)
    else:
        slot.markdown(text)
