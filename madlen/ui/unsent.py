"""A prompt that was written and is not sent: it would not go as wanted, or it was refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import streamlit as st

from madlen import catalogue, estimates, images, text_files
from madlen.errors import MadlenError, OverBudget, Unacceptable
from madlen.estimates import Estimate
from madlen.providers.directory import Listing
from madlen.text_files import TextFile
from madlen.types import Choices, Lane, Message, Model, Picture
from madlen.ui import picker, replies, sampling, text

LONG_CHARACTERS = 2_000
"""From so many on it is said how long a prompt is."""
_HELD, _REFUSED, _KEPT = "held", "refused", "enclosed"
_TOO_EARLY = (
    "The answer is still being written, so nothing was sent: wait for its end or stop it, "
    "and then send your prompt from the box."
)


@dataclass(frozen=True, slots=True)
class Unsent:
    """A prompt with its images and text files, made ready."""

    prompt: str
    pictures: tuple[Picture, ...] = ()
    files: tuple[TextFile, ...] = ()

    @property
    def words(self) -> str:
        """The prompt with its files in it, as a model is sent it."""
        return text_files.within(self.prompt, self.files)

    def tokens(self, model: Model) -> int:
        """About what it adds to a conversation."""
        asked = Message("user", self.words, self.pictures)
        return estimates.prompt_tokens([asked], sees=catalogue.sees(model))


@dataclass(frozen=True, slots=True)
class Before:
    """What a prompt is measured against: the chat as it stands, and the models to choose from."""

    lane: Lane
    model: Model | None
    measure: Callable[[Lane], Estimate | None]
    """Of the conversation as it is at this moment, with an empty prompt; ``None`` for an unlisted model."""
    estimate: Estimate | None
    """The same, as it was when the page was drawn."""
    listing: Listing
    choices: Choices
    key: str
    """Of the picker."""

    def too_long(self, unsent: Unsent) -> int:
        """How many tokens it would be in all, where those do not fit; else none."""
        if self.model is None or self.estimate is None or self.model.context_length is None:
            return 0
        tokens = self.estimate.prompt_tokens + unsent.tokens(self.model)
        return tokens if tokens > self.model.context_length else 0

    def now(self) -> Before:
        """The same at this moment: since the page was drawn an answer may have come, or the lane changed."""
        lane = sampling.at_once(self.lane, key=self.key, picker=self.key)
        model = catalogue.find(self.listing.models, lane.model_id)
        return replace(self, lane=lane, model=model, estimate=self.measure(lane))

    def blind(self, unsent: Unsent) -> bool:
        return bool(unsent.pictures) and self.model is not None and not catalogue.sees(self.model)


Send = Callable[[Unsent, Lane], None]


def written(value: str, uploads: Sequence[tuple[str, bytes]]) -> tuple[Unsent, MadlenError | None]:
    """What came from the box, with what was kept for it, and why a file of it cannot be taken."""
    kept: Unsent = st.session_state.pop(_KEPT, Unsent(""))
    pictures, files = list(kept.pictures), list(kept.files)
    failure = None
    for name, content in uploads:
        try:
            if name.rpartition(".")[2].lower() in images.SUFFIXES:
                pictures.append(images.prepared(content))
            else:
                files.append(text_files.read(name, content))
        except MadlenError as error:
            failure = failure or error
    try:
        text_files.check_number(len(files))
    except MadlenError as error:
        failure = failure or error
    return Unsent(value, tuple(pictures), tuple(files)), failure


def refuse(unsent: Unsent, error: MadlenError) -> None:
    """Keeps a prompt that could not be sent, with the reason."""
    st.session_state[_REFUSED] = (unsent, error)


def refuse_for_now(unsent: Unsent) -> None:
    """Keeps a prompt that was sent while what it would follow is still being written."""
    refuse(unsent, Unacceptable(_TOO_EARLY))


def back_into_the_box(over: Callable[[OverBudget], None] | None = None) -> None:
    """Says why the last prompt could not be sent, and puts it back to be mended.

    ``over`` draws what can be done about one that the day's budget does not allow.
    A box takes no files back, so those of the prompt stand above it and go with the next one.
    """
    unsent, error = st.session_state.pop(_REFUSED, (Unsent(""), None))
    if error is not None:
        _mend(unsent)
        length = f" {measure(unsent.words)}" if len(unsent.words) >= LONG_CHARACTERS else ""
        st.error(f"{text.label(str(error))}{length}", icon=":material/error:")
        if over is not None and isinstance(error, OverBudget):
            over(error)
    kept: Unsent | None = st.session_state.get(_KEPT)
    if kept is not None:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.caption(f":material/attach_file: With your next prompt: {_enclosures(kept)}")
            replies.pictures(kept.pictures)
            st.button(
                "Remove",
                key="remove-enclosures",
                icon=":material/close:",
                type="tertiary",
                on_click=st.session_state.pop,
                args=(_KEPT, None),
            )


def measure(words: str) -> str:
    """How long a text is, in characters and about in tokens."""
    tokens = estimates.prompt_tokens([Message("user", words)])
    return f"{len(words):,} characters, about {tokens:,} tokens."


def hold(unsent: Unsent) -> None:
    """Keeps a prompt until the reader has decided what becomes of it."""
    st.session_state[_HELD] = unsent


def draw(before: Before, name: str, *, send: Send, anew: Send) -> None:
    """The held prompt, why it is held, and what can be done. ``anew`` sends it into a new chat."""
    held: Unsent | None = st.session_state.get(_HELD)
    if held is None:
        return
    with st.container(border=True):
        blind, tokens = before.blind(held), before.too_long(held)
        if blind:
            st.warning(
                f"{text.label(name)} cannot see images, so nothing was sent yet.",
                icon=":material/visibility_off:",
            )
        elif tokens:
            room = before.model.context_length if before.model else 0
            st.warning(
                f"With this prompt the chat has about {tokens:,} tokens, and {text.label(name)} takes "
                f"{room:,}, so nothing was sent yet.",
                icon=":material/straighten:",
            )
        _shown(held)
        with st.container(horizontal=True):
            if blind:
                _seeing(held, before, send)
            elif tokens:
                _shorter(held, before, tokens, send, anew)
            else:
                label = f"Send to {text.label(name)}"
                _offer(label, held, before.lane, send, key="send-held", icon="send", before=before)
            st.button("Edit", key="edit-held", icon=":material/edit:", on_click=_edit, args=(held,))
            st.button("Discard", key="discard", type="tertiary", on_click=_discard)


def _shown(held: Unsent) -> None:
    if held.prompt:
        most = held.prompt[:LONG_CHARACTERS]
        st.markdown(text.prompt(most))
        if len(held.prompt) > len(most):
            st.caption(f"… {measure(held.words)}")
    replies.pictures(held.pictures)
    if held.files:
        st.caption(f":material/attach_file: {_enclosures(replace(held, pictures=()))}")


def _seeing(held: Unsent, before: Before, send: Send) -> None:
    seeing = catalogue.one_that_sees(before.listing.models, before.choices)
    if seeing is not None:
        lane = replace(before.lane, model_id=seeing.id)
        label = f"Ask {text.label(seeing.name)}"
        _offer(label, held, lane, send, key="ask-seeing", icon="visibility", before=before)
    if held.words:
        words, label = replace(held, pictures=()), "Send without the image"
        _offer(label, words, before.lane, send, key="send-blind", icon="hide_image", before=before)


def _shorter(held: Unsent, before: Before, tokens: int, send: Send, anew: Send) -> None:
    roomy = catalogue.one_with_room(
        before.listing.models, before.choices, tokens=tokens, sees=bool(held.pictures)
    )
    if roomy is not None:
        lane = replace(before.lane, model_id=roomy.id)
        label = f"Ask {text.label(roomy.name)}, {roomy.context_length:,} tokens"
        _offer(label, held, lane, send, key="ask-roomy", icon="swap_horiz", before=before)
    lane = before.lane
    _offer("New chat with it", held, lane, anew, key="send-anew", icon="edit_square", before=before)
    _offer("Send anyway", held, lane, send, key="send-long", icon="send", before=before)


def _offer(
    label: str,
    held: Unsent,
    lane: Lane,
    send: Send,
    *,
    key: str,
    icon: str,
    before: Before,
) -> None:
    st.button(
        label,
        key=key,
        icon=f":material/{icon}:",
        on_click=_sent,
        args=(held, lane, before.key, send),
    )


def _enclosures(unsent: Unsent) -> str:
    pictures = len(unsent.pictures)
    images_said = [f"{pictures} image{'s' if pictures > 1 else ''}"] if pictures else []
    return ", ".join([*images_said, *(text.label(file.name) for file in unsent.files)])


def _sent(held: Unsent, lane: Lane, key: str, send: Send) -> None:
    picker.choose(key, lane.model_id)
    _discard()
    send(held, lane)


def _edit(held: Unsent) -> None:
    _discard()
    _mend(held)


def _mend(unsent: Unsent) -> None:
    """The words go back into the box, the rest beside it."""
    st.session_state["prompt"] = unsent.prompt
    if unsent.pictures or unsent.files:
        st.session_state[_KEPT] = replace(unsent, prompt="")


def _discard() -> None:
    st.session_state.pop(_HELD, None)
