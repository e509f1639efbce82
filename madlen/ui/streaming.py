"""An answer drawn while it comes: the one place that draws a stream."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequestType
from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState

from madlen import figures
from madlen.transcript import Update
from madlen.types import Reply
from madlen.ui import blocks, turnstile

THINKING = "Thinking"
THINKING_ICON = ":material/psychology:"
FRAME_SECONDS = 1 / 30
_SENT_PER_SECOND = 200_000
"""Characters a second that one growing block may cost; a longer block is drawn less often."""
_WRAPPING = 130
"""Bytes of a message besides its words, about."""
_LONGEST_WAIT, _LONGEST_WAIT_OF_MANY = 0.1, 0.32
"""Seconds for which words may wait until a paint is worth it: those of a usual answer, and of a fast one."""
_SLOW = 600
"""Characters a second up to which an answer is of the usual speed, and costs little however it is sent."""
_SILENT_SECONDS = 0.3
_SHARE_SECONDS = 0.0025
"""What one page takes of the time between two paints of another; a page's paint costs about a millisecond."""
_LONGEST_PAUSE_SECONDS = 0.22
_FEW_PAGES = 3
"""So many can draw everything at once."""
_AFTER_WORDS_SECONDS, _LONGEST_AFTER_WORDS_SECONDS = 0.3, 3.0
_AFTER_ALL_SECONDS, _LONGEST_AFTER_ALL_SECONDS = 0.05, 0.5
_HEAD_START_SECONDS = 0.004
"""About what the loop takes to send a request when it has Python's lock for itself."""


class _Crowd:
    """How many pages of this process draw an answer just now, and how long each should pause for it.

    A hundred pages that each paint thirty times a second would keep each other waiting for seconds.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._number = 0

    @contextmanager
    def one_more(self) -> Iterator[None]:
        with self._lock:
            self._number += 1
        try:
            yield
        finally:
            with self._lock:
                self._number -= 1

    def pause(self) -> float:
        """Seconds between two paints beyond those of a frame."""
        return min(max(0.0, self._number * _SHARE_SECONDS - FRAME_SECONDS), _LONGEST_PAUSE_SECONDS)

    @property
    def is_large(self) -> bool:
        """Whether what each page draws besides its words keeps the words of others waiting."""
        return self._number > _FEW_PAGES

    def after_the_first(self) -> float:
        """Seconds for which what stands beside an answer leaves the way to the first words of the others."""
        return self._aside(_AFTER_WORDS_SECONDS, _LONGEST_AFTER_WORDS_SECONDS)

    def after_the_last(self) -> float:
        """Seconds for which what stands under an answer leaves the way to its last words, and to others'."""
        return max(FRAME_SECONDS, self._aside(_AFTER_ALL_SECONDS, _LONGEST_AFTER_ALL_SECONDS))

    def _aside(self, each: float, most: float) -> float:
        return min(self._number * each, most) if self.is_large else 0.0


_crowd = _Crowd()


def is_crowded() -> bool:
    """Whether so many pages draw answers that what is no answer should wait."""
    return _crowd.is_large


def head_start() -> None:
    """Lets what was just asked go out before the page is drawn: each would wait for the other's lock."""
    time.sleep(_HEAD_START_SECONDS)


def paced(updates: Iterator[Update]) -> Iterator[Update]:
    """The same updates, further apart while many pages draw at once.

    They end early when somebody clicked beside the answer: Streamlit lets a fragment's own widgets wait
    until what runs has ended, and what runs is this.
    """
    turnstile.leave()
    with _crowd.one_more():
        for update in updates:
            yield update
            if update.ended is None:
                time.sleep(_crowd.pause())
                if _is_awaited():
                    return


def _is_awaited() -> bool:
    """Whether this fragment is to run again once it has ended, which Streamlit says by private names only.

    Others that wait, such as those that run every second, are no reason to end.
    """
    requests = getattr(get_script_run_ctx(suppress_warning=True), "script_requests", None)
    if getattr(requests, "_state", None) != ScriptRequestType.RERUN:
        return False
    waiting = getattr(getattr(requests, "_rerun_data", None), "fragment_id_queue", ())
    return ThreadState.get().fragment_id in waiting


def after_the_first(updates: Iterator[Update], draw: Callable[[], object]) -> Iterator[Update]:
    """The same updates, and ``draw`` once between them: when the first words are painted, or are late.

    Where many pages draw it is later still, or not at all before the end.
    """
    began, worded = time.monotonic(), False
    for update in updates:
        yield update
        worded = worded or bool(update.text or update.reasoning)
        wait = _crowd.after_the_first() + (0 if worded else _SILENT_SECONDS)
        if time.monotonic() - began >= wait:
            break
    for update in islice(updates, 1):
        draw()
        yield update
    yield from updates


def after_the_last() -> None:
    """Waits until what stands under an answer may be drawn, which takes a browser longer than words."""
    time.sleep(_crowd.after_the_last())


def paced_all(updates: Iterator[Mapping[str, Update]]) -> Iterator[Mapping[str, Update]]:
    """``paced`` for the updates of several answers at once."""
    turnstile.leave()
    with _crowd.one_more():
        for update in updates:
            yield update
            time.sleep(_crowd.pause())


def due(new: int, block: int, seconds: float) -> bool:
    """Whether to paint a growing block anew, of whose characters so many came since the last paint.

    Each paint sends the whole block. One of which two thirds are new keeps what is sent in all within
    three times the text; less is painted when it has waited long enough.
    """
    if 3 * new >= 2 * (block + _WRAPPING):
        return True
    wait = _LONGEST_WAIT if new <= _SLOW * seconds else _LONGEST_WAIT_OF_MANY
    return seconds >= max(wait, block / _SENT_PER_SECOND)


class _Painter:
    """Draws growing text: finished blocks as elements of their own, the last one again and again.

    The first stands in ``place`` if one is given, all others behind what is in the container.
    """

    def __init__(self, container: DeltaGenerator, place: DeltaGenerator | None = None) -> None:
        self._container = container
        self._blocks = blocks.Blocks(blocks.LEAST)
        self._finished: list[tuple[DeltaGenerator, str]] = []
        self._place = container if place is None else place
        """Where the last block is drawn: behind all others, and then in its own place again."""
        self._drawn = ""
        self._drawn_at = 0.0

    def feed(self, text: str) -> None:
        for finished in self._blocks.feed(text):
            self._finished.append((self._place.markdown(finished), finished))
            self._place, self._drawn = self._container, ""
        tail, now = self._blocks.tail, time.monotonic()
        if tail != self._drawn and due(len(tail) - len(self._drawn), len(tail), now - self._drawn_at):
            self._place = _growing(self._place, tail)
            self._drawn, self._drawn_at = tail, now

    def finish(self) -> None:
        """Draws the last block as it stays, and those anew that use what was only defined later."""
        drawn = [*self._finished, (self._place, "")]
        text = "".join(block for _, block in self._finished) + self._blocks.tail
        for (place, before), block in zip(drawn, blocks.whole(text), strict=False):
            if block != before:
                place.markdown(block)


class Answer:
    """An answer as it is drawn into a container, from what is told of it.

    ``waiting`` says, for seconds waited, what is being waited for.
    """

    def __init__(self, container: DeltaGenerator, waiting: Callable[[float], str]) -> None:
        self._began = time.monotonic()
        self._waiting = waiting
        self._container = container
        self._place: DeltaGenerator | None = container.empty()
        """Where it is said what is being waited for, until what comes takes the place."""
        self._told = ""
        self._thoughts = container
        self._thinking: _Painter | None = None
        self._words: _Painter | None = None
        self._whole = False

    def take(self, update: Update) -> Reply | None:
        """Draws what is new; the whole reply once it has ended."""
        if update.reasoning and self._thinking is None:
            self._thoughts = self._next()
            self._thinking = _Painter(self._thoughts.expander(THINKING, icon=THINKING_ICON))
        if update.text and self._words is None:
            self._words = _Painter(self._container, self._next())
        if not self._whole:
            self._whole = update.whole or update.ended is not None
            for painter, new in ((self._thinking, update.reasoning), (self._words, update.text)):
                if painter is not None:
                    # Also without a word more, for those that wait to be painted.
                    painter.feed(new)
                    if self._whole:
                        painter.finish()
        if update.ended is not None:
            self._tell("")
            if self._thinking is not None and (label := figures.thinking(update.ended)) != THINKING:
                # In the same place, what is inside stays.
                self._thoughts.expander(label, icon=THINKING_ICON)
            return update.ended
        waited = time.monotonic() - self._began
        if update.note:
            self._tell(update.note)
        elif self._words is None and waited >= _SILENT_SECONDS:
            self._tell(self._waiting(waited))
        return None

    def _next(self) -> DeltaGenerator:
        """The place for what begins, in which nothing is told any more."""
        place, self._place, self._told = self._place, None, ""
        return self._container.empty() if place is None else place

    def _tell(self, note: str) -> None:
        """Says what is being waited for; nothing where that is nothing."""
        if note == self._told:
            return
        self._told = note
        if self._place is None:
            self._place = self._container.empty()
        if note:
            self._place.caption(note)
        else:
            self._place.empty()


def whole(text: str) -> None:
    """Draws a stored answer, cut where it was cut while it came."""
    for block in blocks.whole(text):
        st.markdown(block)


def _growing(place: DeltaGenerator, text: str) -> DeltaGenerator:
    """Draws text that may stop in mid-word: Streamlit can close open markup, by a private name.

    Gives the place to draw it again.
    """
    draw = getattr(place, "_markdown", None)
    if draw is None:
        return place.markdown(text)
    drawn: DeltaGenerator = draw(text, unterminated_parsing=True)
    return drawn
