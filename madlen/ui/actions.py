"""What one does about an answer that has ended: a row of icons under it, or a menu where it is an older one.

What needs more than a click opens in a dialog, which is drawn only while one looks at it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from madlen import services
from madlen.chat import PROMPT_CHARACTERS
from madlen.errors import MadlenError
from madlen.remarks import Rating
from madlen.types import Lane, Reply, Turn
from madlen.ui import address, shortcuts, text
from madlen.ui.attempts import attempt

_OTHER, _WORDS, _REFUSED = "other-model", "edit-text", "edit-refused"
_TRACE, _MORE = "Trace: where the time went", "Link, trace, delete…"
_THUMBS: dict[Rating, int] = {"down": 0, "up": 1}


@dataclass(frozen=True, slots=True)
class Acts:
    """What a chat can do about the answers to a turn."""

    again: Callable[[Lane], None]
    others: Callable[[], Sequence[str]]
    """Ids of the models that can be asked instead, the likeliest first."""
    lines: Callable[[], Callable[[str], str]]
    """Gives what a list of models says of one, by its id; asked only where the list is shown."""
    fork: Callable[[str], None]
    """Asks the prompt in other words, in a chat of its own. Raises ``MadlenError``."""
    delete: Callable[[], None]
    newest: bool
    """Whether this is the last turn, to which the key belongs that asks again."""
    folded: bool
    """Whether a menu stands for the icons, of which a page with many answers would be slow to open."""


def draw(turn: Turn, reply: Reply, acts: Acts, *, rating: Rating | None, whole: bool) -> None:
    """Draws the icons. An answer that is not ``whole`` has ways of its own to be asked again."""
    if acts.folded:
        _menu(turn, reply, acts, rating=rating, whole=whole)
        return
    _copy(reply)
    if whole:
        st.button(
            "",
            key=f"regenerate-{reply.id}",
            icon=":material/refresh:",
            help="Answer once more",
            type="tertiary",
            shortcut=shortcuts.AGAIN if acts.newest else None,
            on_click=acts.again,
            args=(_same(reply),),
        )
    _other_model(reply, acts)
    edit(turn, acts)
    thumbs(reply, rating)
    trace(reply)
    more(turn, acts, reply)


def _menu(turn: Turn, reply: Reply, acts: Acts, *, rating: Rating | None, whole: bool) -> None:
    """The same in one element. A thumb that was given stays in sight."""
    if rating is not None:
        thumbs(reply, rating)
    key = f"menu-{reply.id}"
    offered = [
        ("copy", ":material/content_copy: Copy…", bool(reply.text)),
        ("again", ":material/refresh: Answer once more", whole),
        ("other", ":material/swap_horiz: Answer with another model…", True),
        ("edit", ":material/edit: Edit the prompt…", True),
        ("up", ":material/thumb_up: Good answer", rating is None),
        ("down", ":material/thumb_down: Bad answer", rating is None),
        ("trace", f":material/timeline: {_TRACE}", _is_traced(reply)),
        ("more", f":material/more_horiz: {_MORE}", True),
    ]
    labels = {name: label for name, label, possible in offered if possible}
    picked = st.menu_button(
        "",
        list(labels),
        key=key,
        icon=":material/more_horiz:",
        format_func=labels.__getitem__,
        help="What to do with this answer",
        type="tertiary",
        on_click=_picked,
        args=(key, reply, acts),
    )
    opens = {
        "copy": partial(_copying, reply),
        "other": partial(_asking_other, reply, acts),
        "edit": partial(_editing, turn, acts),
        "trace": partial(_go_to_trace, reply),
        "more": partial(_rarely, turn, acts, reply),
    }
    if picked in opens:
        opens[picked]()


def _picked(key: str, reply: Reply, acts: Acts) -> None:
    """What needs no more than the click is done before the page is drawn."""
    picked = st.session_state[key]
    if picked == "again":
        acts.again(_same(reply))
    elif picked in _THUMBS:
        attempt(services.current().editing.rate, reply.id, picked)


def _same(reply: Reply) -> Lane:
    return Lane(reply.model_id, reply.lane, reply.parameters)


def _copy(reply: Reply) -> None:
    if reply.text and _icon("Copy…", ":material/content_copy:", f"copy-{reply.id}"):
        _copying(reply)


@st.dialog("Copy the answer", width="medium")
def _copying(reply: Reply) -> None:
    """The answer as it was written, in a block that has a button to copy it."""
    st.caption("As it was written. The icon in the corner of the box copies it.")
    st.code(reply.text, language=None, wrap_lines=True)


def _other_model(reply: Reply, acts: Acts) -> None:
    if _icon("Answer with another model…", ":material/swap_horiz:", f"other-{reply.id}"):
        _asking_other(reply, acts)


@st.dialog("Answer with another model")
def _asking_other(reply: Reply, acts: Acts) -> None:
    others = [model_id for model_id in acts.others() if model_id != reply.model_id]
    st.selectbox("Model", others, format_func=acts.lines(), key=_OTHER)
    if st.button(
        "Ask it",
        key="other-go",
        icon=":material/swap_horiz:",
        disabled=not others,
        on_click=_ask_other,
        args=(reply, acts),
    ):
        st.rerun()


def _ask_other(reply: Reply, acts: Acts) -> None:
    acts.again(Lane(st.session_state[_OTHER], reply.lane, reply.parameters))


def edit(turn: Turn, acts: Acts) -> None:
    """The prompt to be changed and asked in a chat of its own."""
    if _icon("Edit the prompt…", ":material/edit:", f"edit-{turn.id}"):
        _editing(turn, acts)


@st.dialog("Edit the prompt", width="medium")
def _editing(turn: Turn, acts: Acts) -> None:
    st.text_area("Prompt", turn.text, key=_WORDS, max_chars=PROMPT_CHARACTERS, height=200)
    st.caption("Asked in a new chat that has everything before it. This chat stays as it is.")
    if not st.button(
        "Ask in a new chat",
        key="edit-go",
        icon=":material/fork_right:",
        on_click=_fork,
        args=(acts,),
    ):
        return
    if sentence := st.session_state.pop(_REFUSED, ""):
        st.error(text.label(sentence), icon=":material/error:")
    else:
        st.rerun()


def _fork(acts: Acts) -> None:
    try:
        acts.fork(st.session_state[_WORDS])
    except MadlenError as error:
        st.session_state[_REFUSED] = str(error)


def thumbs(reply: Reply, rating: Rating | None) -> None:
    """A thumb up or down, which is kept."""
    key = f"thumbs-{reply.id}"
    st.feedback(
        "thumbs",
        key=key,
        default=None if rating is None else _THUMBS[rating],
        on_change=_rate,
        args=(key, reply.id),
    )


def trace(reply: Reply) -> None:
    """The way to where an answer's time went, where that is kept."""
    if _is_traced(reply) and _icon(_TRACE, ":material/timeline:", f"trace-{reply.id}"):
        _go_to_trace(reply)


def _is_traced(reply: Reply) -> bool:
    return bool(reply.trace_id) and services.current().traces.are_kept


def _go_to_trace(reply: Reply) -> None:
    st.switch_page("pages/traces.py", query_params={"trace": reply.trace_id})


def more(turn: Turn, acts: Acts, reply: Reply | None) -> None:
    """What is needed rarely: the way back here, the trace, and to delete the turn."""
    if _icon(_MORE, ":material/more_horiz:", f"more-{turn.id}"):
        _rarely(turn, acts, reply)


@st.dialog("This prompt and answer")
def _rarely(turn: Turn, acts: Acts, reply: Reply | None) -> None:
    message = reply or turn
    st.caption("Link to this message")
    st.code(
        f"{address.origin()}/?session={turn.session_id}&message={message.id}", language=None, wrap_lines=True
    )
    if reply is not None and reply.trace_id:
        st.caption("Trace of this answer")
        st.code(reply.trace_id, language=None, wrap_lines=True)
    st.caption("A prompt that is deleted takes its answers with it. It cannot be brought back.")
    if st.button("Delete", key="delete-go", icon=":material/delete:", on_click=acts.delete):
        st.rerun()


def _icon(told: str, icon: str, key: str) -> bool:
    return st.button("", key=key, icon=icon, help=told, type="tertiary")


def _rate(key: str, reply_id: str) -> None:
    known: dict[int, Rating] = {value: rating for rating, value in _THUMBS.items()}
    attempt(services.current().editing.rate, reply_id, known.get(st.session_state[key]))
