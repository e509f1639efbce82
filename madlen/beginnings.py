"""What begins: ids that nobody can guess, a session titled after its prompt, a reply without a word."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime

from madlen.types import Lane, Reply, Session, Status, Turn

TITLE_CHARACTERS = 80


def fresh_id() -> str:
    return uuid.uuid4().hex


def session(model_id: str, words: str, now: datetime) -> Session:
    return Session(fresh_id(), title(words) or "New chat", model_id, now, now)


def reply(lane: Lane, *, session_id: str, turn_id: str, now: datetime) -> Reply:
    return Reply(
        id=fresh_id(),
        session_id=session_id,
        turn_id=turn_id,
        model_id=lane.model_id,
        lane=lane.name,
        status=Status.STREAMING,
        created_at=now,
        parameters=lane.parameters,
        system=lane.system,
    )


def arriving(turns: Iterable[Turn]) -> bool:
    """Whether a reply to one of them has begun and is still being written."""
    return any(reply.status is Status.STREAMING for turn in turns for reply in turn.replies)


def title(text: str) -> str:
    """The first line that says something, cut at a word."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    line = " ".join(line.split())
    if len(line) <= TITLE_CHARACTERS:
        return line
    return line[:TITLE_CHARACTERS].rsplit(" ", 1)[0].rstrip() + "…"
