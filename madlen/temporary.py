"""A chat of which no word is stored, until its reader wants it kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from madlen import beginnings
from madlen.errors import Unacceptable
from madlen.types import Lane, Reply, Session, Turn


def turn(prompt: Turn, reply: Reply, lane: Lane) -> Turn:
    """A prompt with one more reply, as the lane was asked for it."""
    own = replace(reply, turn_id=prompt.id, lane=lane.name, parameters=lane.parameters, system=lane.system)
    return replace(prompt, replies=(*prompt.replies, own))


def as_chat(turns: Sequence[Turn], lane: Lane, now: datetime) -> tuple[Session, list[Turn]]:
    """A session with these turns, which goes on as the lane asks.

    Raises ``Unacceptable`` where there are none, or a reply is still being written.
    """
    if not turns:
        raise Unacceptable("There is nothing to keep yet.")
    if beginnings.arriving(turns):
        raise Unacceptable("The answer is still being written; wait for its end or stop it first.")
    first = turns[0]
    begun = beginnings.session(lane.model_id, first.text.strip() or "Image", now)
    session = replace(begun, system=lane.system, parameters=lane.parameters)
    kept = [
        replace(
            each,
            session_id=session.id,
            replies=tuple(replace(one, session_id=session.id, turn_id=each.id) for one in each.replies),
        )
        for each in turns
    ]
    return session, kept
