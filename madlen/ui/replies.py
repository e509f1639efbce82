"""One card for a reply, the same wherever one is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from madlen import figures, images
from madlen.transcript import Update
from madlen.types import Picture, Reply, Status, Turn
from madlen.ui import streaming, text

ANSWER_ICON = ":material/neurology:"
PROMPT_ICON = ":material/person:"
Offer = Callable[[Reply], None]
"""Draws what can be done about a reply that is not whole."""
_ENDED_EARLY = {
    "length": "The answer reached its token limit.",
    "content_filter": "The provider's content filter ended the answer here.",
}
"""What a finish reason says beside "stop", in the field's words for it."""


def prompt(turn: Turn) -> None:
    """What was asked, with its images."""
    with st.chat_message("user", avatar=PROMPT_ICON):
        if turn.text:
            st.markdown(text.prompt(turn.text))
        pictures(turn.pictures)


def answer(reply: Reply, name: str, *, offer: Offer) -> None:
    """A reply that has ended: who answered, what, and the figures under it."""
    with st.chat_message("assistant", avatar=ANSWER_ICON):
        ended(reply, name, offer=offer)


def ended(reply: Reply, name: str, *, offer: Offer) -> None:
    """The inside of a card of a reply that has ended."""
    _heading(reply, name)
    if reply.reasoning:
        with st.expander("Thinking", icon=streaming.THINKING_ICON):
            streaming.whole(reply.reasoning)
    streaming.whole(reply.text)
    _ending(reply, offer)


def _ending(reply: Reply, offer: Offer) -> None:
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
    with st.container(horizontal=True, vertical_alignment="center"):
        if figure_line:
            st.caption(text.label(figure_line))
        whole = reply.status is Status.COMPLETE and (reply.text or reply.pictures)
        if not whole or reply.finish_reason in _ENDED_EARLY:
            offer(reply)


class Arriving:
    """The inside of a card of a reply in flight: draws what is told of it.

    With ``stop`` it has a button for that.
    """

    def __init__(
        self,
        reply: Reply,
        name: str,
        *,
        waiting: Callable[[float], str],
        stop: Callable[[str], None] | None,
        offer: Offer,
    ) -> None:
        self._name = name
        self._offer = offer
        self._head, self._answer, self._foot = (
            st.empty(),
            streaming.Answer(st.container(), waiting),
            st.empty(),
        )
        with self._head:
            _heading(reply, name)
        if stop is not None:
            self._foot.button(
                "Stop", key=f"stop-{reply.id}", icon=":material/stop_circle:", on_click=stop, args=(reply.id,)
            )

    def take(self, update: Update) -> bool:
        """Draws what is new, and says whether that was the end."""
        reply = self._answer.take(update)
        if reply is None:
            return False
        with self._head:
            _heading(reply, self._name)
        with self._foot.container():
            _ending(reply, self._offer)
        # What is read aloud: the end, once, for the words themselves are no live region.
        st.toast(text.label(figures.finished(reply, self._name)), icon=":material/done:")
        return True


def _heading(reply: Reply, name: str) -> None:
    """Who was asked, and who really answered where that is known and another."""
    real = reply.model if reply.model != reply.model_id else ""
    served = "".join(f" · {text.label(part)}" for part in (real, reply.provider) if part)
    st.caption(f"**{text.label(name)}**{served}")


def pictures(shown: Sequence[Picture]) -> None:
    """Images that were kept, and the addresses of those that were only named."""
    kept = [picture.content for picture in shown if picture.content and not images.is_damaged(picture)]
    if kept:
        st.image(kept, width=240)
    for picture in shown:
        if images.is_missing(picture):
            st.caption(":material/broken_image: An image that was here is missing from the database.")
        elif images.is_damaged(picture):
            st.caption(":material/broken_image: An image that was here is damaged in the database.")
        elif picture.url:
            # Shown as an address: a browser that opened it would tell its server who reads this chat.
            st.caption(f"Image: {text.label(picture.url)}")
