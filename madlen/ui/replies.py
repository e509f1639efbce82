"""One card for a reply, the same wherever one is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from madlen.types import Picture, Reply, Status, Turn
from madlen.ui import figures, streaming, text

ANSWER_ICON = ":material/neurology:"
PROMPT_ICON = ":material/person:"
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


def answer(reply: Reply, name: str, *, offer: Callable[[Reply], None]) -> None:
    """A reply that has ended: who answered, what, and the figures under it."""
    with st.chat_message("assistant", avatar=ANSWER_ICON):
        _heading(reply, name)
        if reply.reasoning:
            with st.expander("Thinking", icon=streaming.THINKING_ICON):
                streaming.whole(reply.reasoning)
        streaming.whole(reply.text)
        _ending(reply, offer)


def _ending(reply: Reply, offer: Callable[[Reply], None]) -> None:
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


def arriving(
    reply: Reply,
    name: str,
    draw: Callable[[], Reply],
    *,
    stop: Callable[[], None],
    offer: Callable[[Reply], None],
) -> None:
    """A reply in flight: draws it until it ends, with a button that stops it."""
    with st.chat_message("assistant", avatar=ANSWER_ICON):
        head, body, foot = st.empty(), st.container(), st.empty()
        with head:
            _heading(reply, name)
        foot.button("Stop", key=f"stop-{reply.id}", icon=":material/stop_circle:", on_click=stop)
        with body:
            ended = draw()
        with head:
            _heading(ended, name)
        with foot.container():
            _ending(ended, offer)
    # What is read aloud: the end, once, for the words themselves are no live region.
    st.toast(text.label(figures.finished(ended, name)), icon=":material/done:")


def _heading(reply: Reply, name: str) -> None:
    """Who was asked, and who really answered where that is known and another."""
    real = reply.model if reply.model != reply.model_id else ""
    served = "".join(f" · {text.label(part)}" for part in (real, reply.provider) if part)
    st.caption(f"**{text.label(name)}**{served}")


def pictures(shown: Sequence[Picture]) -> None:
    """Images that were kept, and the addresses of those that were only named."""
    kept = [picture.content for picture in shown if picture.content]
    if kept:
        st.image(kept, width=240)
    for picture in shown:
        if picture.url:
            # Shown as an address: a browser that opened it would tell its server who reads this chat.
            st.caption(f"Image: {text.label(picture.url)}")
