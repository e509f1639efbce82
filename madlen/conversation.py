"""A conversation as a model is sent it. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from madlen import catalogue, images
from madlen.types import Lane, Message, Model, Request, Turn

GO_ON = (
    "Your answer was cut off. Go on exactly where it stopped, in mid-word if need be; "
    "repeat nothing and say nothing about it."
)
"""What asks a model to continue the words that stand before it."""


def seen_by(
    lane: str, turns: Sequence[Turn], model_id: str = "", chosen: Mapping[str, str] | None = None
) -> list[Message]:
    """What the model in a lane has seen of earlier turns: each prompt, and its own words to it.

    Its own words are those of the lane's reply that was chosen, else of its last one. Where a turn has no
    words of that lane, those of the chosen reply stand in, else of the first good one. ``chosen`` has the
    ids of replies by those of their turns. A model gets its own thinking back, and no other's: providers
    sign it.
    """
    messages: list[Message] = []
    for turn in turns:
        messages.append(Message("user", turn.text, turn.pictures))
        good = [reply for reply in turn.replies if reply.text]
        own = [reply for reply in good if reply.lane == lane]
        picked = (chosen or {}).get(turn.id)
        seen = next((reply for reply in own or good if reply.id == picked), None)
        seen = seen or (own[-1] if own else next(iter(good), None))
        if seen is not None:
            thoughts = seen.reasoning_details if seen.model_id == model_id else ()
            messages.append(Message("assistant", seen.text, reasoning_details=thoughts))
    return messages


def _merged(messages: Sequence[Message]) -> tuple[Message, ...]:
    """Neighbours of one role made one, for many chat templates refuse them.

    They come about when a prompt got no answer.
    """
    merged: list[Message] = []
    for message in messages:
        if merged and merged[-1].role == message.role:
            last = merged.pop()
            text = "\n\n".join(part for part in (last.text, message.text) if part)
            merged.append(Message(message.role, text, (*last.pictures, *message.pictures)))
        else:
            merged.append(message)
    return tuple(merged)


def request(
    lane: Lane, model: Model, messages: Sequence[Message], *, session_id: str
) -> tuple[Request, tuple[str, ...]]:
    """What goes to the provider, and what a reader should know was left out of it."""
    fitting, notes = images.fitting(_merged(messages), sees=catalogue.sees(model))
    if catalogue.is_router(lane.model_id):
        # Who thought it may not be who is asked now.
        fitting = tuple(replace(message, reasoning_details=()) for message in fitting)
    wanted = Request(
        model_id=lane.model_id,
        messages=fitting,
        parameters=lane.parameters,
        session_id=session_id,
        makes_images="image" in model.output_modalities,
        # A list without any is one that was not given.
        supported_parameters=model.supported_parameters or None,
    )
    return wanted, notes
