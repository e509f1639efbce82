"""A comparison: its lanes, what a vote may name, and the chat that goes on with one lane."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from datetime import datetime

from madlen import beginnings
from madlen.errors import MadlenError, NotFound, Unacceptable
from madlen.types import CHAT_LANE, Event, Lane, Model, Reply, Request, Session, Status, Turn, Usage
from madlen.votes import Vote

MOST_LANES = 12


def lanes_of(turn: Turn) -> tuple[Lane, ...]:
    """The lanes that gave a turn its replies, each as it was asked last."""
    last = {reply.lane: reply for reply in turn.replies}
    return tuple(Lane(one.model_id, one.lane, one.parameters, one.system) for one in last.values())


def is_one(lanes: Sequence[Lane]) -> bool:
    """Whether these lanes compare, or are the one lane of a chat."""
    return [lane.name for lane in lanes] != [CHAT_LANE]


def check_lanes(lanes: Sequence[Lane]) -> None:
    """Raises ``Unacceptable`` for none, for too many, and for two of one name."""
    if not 1 <= len(lanes) <= MOST_LANES:
        raise Unacceptable(f"A prompt goes to 1 to {MOST_LANES} lanes, not to {len(lanes)}.")
    names = [lane.name for lane in lanes]
    if not all(name.strip() for name in names):
        raise Unacceptable("Every lane needs a name.")
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise Unacceptable(f"Two lanes have the name {twice[:100]!r}; give each a name of its own.")


class Refusing:
    """Keeps the ``Provider`` protocol for a lane that cannot be asked: its answer fails with the reason."""

    source = "none"

    def __init__(self, reason: MadlenError) -> None:
        self._reason = reason

    async def models(self) -> list[Model]:
        return []

    async def prepare(self, model_id: str) -> None:  # noqa: ARG002
        raise self._reason

    async def stream(self, request: Request) -> AsyncGenerator[Event]:  # noqa: ARG002
        raise self._reason
        yield

    def after_stop(self, served_by: str) -> str:  # noqa: ARG002
        return ""

    async def receipt(self, generation_id: str) -> Usage | None:  # noqa: ARG002
        return None

    async def close(self) -> None: ...


def voted_on(vote: Vote, turns: Sequence[Turn]) -> list[Reply]:
    """The replies that a vote names, the best first. Raises ``NotFound`` and ``Unacceptable``."""
    turn = next((turn for turn in turns if turn.id == vote.turn_id), None)
    if turn is None:
        raise NotFound("There is no such prompt; it may have been deleted.")
    named = [reply_id for group in vote.order for reply_id in group]
    replies = {reply.id: reply for reply in turn.replies}
    if not named or not all(vote.order):
        raise Unacceptable("A vote names at least one answer, and one in each of its groups.")
    if len(set(named)) < len(named):
        raise Unacceptable("A vote names each answer once.")
    if not replies.keys() >= set(named):
        raise Unacceptable("A vote orders answers to one prompt, and this prompt does not have all of them.")
    return [replies[reply_id] for reply_id in named]


def as_chat(
    session: Session, turns: Sequence[Turn], lane_name: str, *, now: datetime
) -> tuple[Session, list[Turn]]:
    """A chat of its own with the last reply of one lane to each prompt, which goes on as that lane asked.

    Raises ``Unacceptable`` for a lane without a reply, or with one that is still being written.
    """
    replies = [reply for turn in turns for reply in turn.replies if reply.lane == lane_name]
    if not replies:
        raise Unacceptable(f"No answer stands in lane {lane_name[:100]!r}.")
    if any(reply.status is Status.STREAMING for reply in replies):
        raise Unacceptable("This answer is still being written; wait for its end or stop it first.")
    asked = replies[-1]
    begun = beginnings.session(asked.model_id, session.title, now)
    chat = replace(begun, system=asked.system, parameters=asked.parameters)
    copies = []
    for turn in turns:
        turn_id = beginnings.fresh_id()
        last = [reply for reply in turn.replies if reply.lane == lane_name][-1:]
        own = tuple(
            replace(reply, id=beginnings.fresh_id(), session_id=chat.id, turn_id=turn_id, lane=CHAT_LANE)
            for reply in last
        )
        copies.append(replace(turn, id=turn_id, session_id=chat.id, replies=own, blind=False))
    return chat, copies
