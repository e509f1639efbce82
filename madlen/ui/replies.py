"""One card for a reply, the same wherever one is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from madlen import figures, images
from madlen.transcript import Update
from madlen.types import Picture, Reply, Status, Turn
from madlen.ui import streaming, text

ANSWER_ICON = ":material/neurology:"
PROMPT_ICON = ":material/person:"
_THUMBNAIL = 240
_ENDED_EARLY = {
    "length": "The answer reached its token limit.",
    "content_filter": "The provider's content filter ended the answer here.",
}
"""What a finish reason says beside "stop", in the field's words for it."""


@dataclass(frozen=True, slots=True)
class Below:
    """What a page draws under a reply that has ended."""

    offer: Callable[[Reply], None]
    """What can be done about one that is not whole."""
    always: Callable[[Reply], None] | None = None
    """What can be done about any."""


def prompt(turn: Turn) -> None:
    """What was asked, with its images."""
    with st.chat_message("user", avatar=PROMPT_ICON):
        if turn.text:
            st.markdown(text.prompt(turn.text))
        pictures(turn.pictures)


def is_whole(reply: Reply) -> bool:
    """Whether the answer came to the end that its model gave it."""
    said = reply.text or reply.pictures
    return bool(reply.status is Status.COMPLETE and said and reply.finish_reason not in _ENDED_EARLY)


def ended(reply: Reply, name: str, *, below: Below) -> None:
    """The inside of a card of a reply that has ended: who answered, what, and the figures under it."""
    _heading(reply, name)
    if reply.reasoning:
        with st.expander(figures.thinking(reply), icon=streaming.THINKING_ICON):
            streaming.whole(reply.reasoning)
    streaming.whole(reply.text)
    _ending(reply, below)


def _ending(reply: Reply, below: Below) -> None:
    """What stands under an answer: pictures, why it is not whole, its figures, what can be done."""
    pictures(reply.pictures)
    if reply.failure is not None:
        draw = st.warning if reply.status is Status.INTERRUPTED else st.error
        draw(text.label(reply.failure.sentence), icon=":material/error:")
    elif not reply.text and not reply.pictures:
        st.caption("The model sent an empty answer.")
    if ended_early := _ENDED_EARLY.get(reply.finish_reason):
        st.caption(ended_early)
    for note in reply.notes:
        st.caption(text.label(note))
    figure_line = figures.under(reply)
    whole = is_whole(reply)
    with (line := _line()):
        if figure_line:
            st.caption(text.label(figure_line), width="content")
        if not whole:
            below.offer(reply)
    if below.always is not None:
        with line if whole else _line():
            below.always(reply)


def _line() -> DeltaGenerator:
    return st.container(horizontal=True, vertical_alignment="center", gap="xsmall")


class Arriving:
    """The inside of a card of a reply in flight: draws what is told of it into the card.

    With ``stop`` it has a button for that. There is nothing in it before it is needed, for each element is
    one more that a browser draws before the first word.
    """

    def __init__(
        self,
        card: DeltaGenerator,
        reply: Reply,
        name: str,
        *,
        waiting: Callable[[float], str],
        below: Below,
        stop: Callable[[str], None] | None = None,
    ) -> None:
        self._name = name
        self._below = below
        self._card = card
        self._head = card.empty()
        with self._head:
            _heading(reply, name)
        self._answer = streaming.Answer(card if stop is None else card.container(), waiting)
        self._stop = None if stop is None else card.empty()
        if self._stop is not None:
            self._stop.button(
                "Stop", key=f"stop-{reply.id}", icon=":material/stop_circle:", on_click=stop, args=(reply.id,)
            )

    def take(self, update: Update) -> None:
        """Draws what is new."""
        reply = self._answer.take(update)
        if reply is not None:
            self._end(reply)

    def follow(self, updates: Iterator[Update], stop: DeltaGenerator, beside: Callable[[], object]) -> None:
        """Draws the answer to its end, and then empties ``stop``; for a page with one answer.

        ``beside`` draws what may come after the first words.
        """
        for update in streaming.after_the_first(streaming.paced(updates), beside):
            reply = self._answer.take(update)
            if reply is not None:
                streaming.after_the_last()
                self._end(reply)
                stop.empty()

    def _end(self, reply: Reply) -> None:
        with self._head:
            _heading(reply, self._name)
        with self._card if self._stop is None else self._stop.container():
            _ending(reply, self._below)
        # What is read aloud: the end, once, for the words themselves are no live region.
        st.toast(text.label(figures.finished(reply, self._name)), icon=":material/done:")


def _heading(reply: Reply, name: str) -> None:
    """Who was asked, and who really answered where that is known and another."""
    real = reply.model if reply.model != reply.model_id else ""
    served = " · ".join(text.label(part) for part in (real, reply.provider) if part)
    # A badge by its directive: with an element and a container of its own a long chat would open later.
    badge = f" :gray-badge[{served}]" if served else ""
    st.markdown(f":small[**{text.label(name)}**]{badge}")


def pictures(shown: Sequence[Picture]) -> None:
    """Images that were kept, and the addresses of those that were only named."""
    kept = [picture.content for picture in shown if picture.content and not images.is_damaged(picture)]
    if kept:
        with st.container(horizontal=True):
            for number, content in enumerate(kept, 1):
                # Small by its container, for an image with a width of its own keeps it on the full screen.
                with st.container(width=_THUMBNAIL):
                    st.image(content, width="stretch", alt=f"Image {number}")
    for picture in shown:
        if images.is_missing(picture):
            st.caption(":material/broken_image: An image that was here is missing from the database.")
        elif images.is_damaged(picture):
            st.caption(":material/broken_image: An image that was here is damaged in the database.")
        elif picture.url:
            # Shown as an address: a browser that opened it would tell its server who reads this chat.
            st.caption(f"Image: {text.label(picture.url)}")
