"""Changes of a conversation: fork it, delete a prompt, choose and rate answers."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from madlen.api import answers
from madlen.api.dependencies import Running
from madlen.api.requests import Words
from madlen.remarks import Rating
from madlen.types import Lane

router = APIRouter(tags=["messages"])


class NewFork(BaseModel):
    turn_id: Words = Field(max_length=100, description="Id of the prompt that is asked anew")
    content: Words | None = Field(None, description="What to ask in its place; the same without it")
    model: Words | None = Field(None, min_length=1, max_length=300, description="Without it as the chat asks")


class NewChoice(BaseModel):
    message_id: Words = Field(max_length=100, description="Id of one of the turn's replies")


class NewRating(BaseModel):
    rating: Rating | None = Field(description="`null` takes it back")


@router.post("/sessions/{session_id}/fork", status_code=201, summary="Ask an earlier prompt anew")
def fork(services: Running, session_id: str, wanted: NewFork) -> dict[str, Any]:
    """A new chat with the messages before the prompt; the one it is forked from stays as it is.

    `messages` has the prompt and the answers to it, which are in flight.
    """
    lanes: tuple[Lane, ...] = ()
    if wanted.model is not None:
        session = services.store.session(session_id)
        lanes = (Lane(wanted.model, parameters=session.parameters, system=session.system),)
    asked = services.editing.fork(session_id, wanted.turn_id, wanted.content, lanes=lanes)
    return {
        **answers.session(services.store.session(asked.session_id)),
        "messages": answers.turn(asked.turn),
    }


@router.delete("/sessions/{session_id}/turns/{turn_id}", status_code=204, summary="Delete a prompt")
def delete(services: Running, session_id: str, turn_id: str) -> None:
    """Its answers go with it; one in flight is stopped."""
    services.editing.delete_turn(session_id, turn_id)


@router.put("/turns/{turn_id}/chosen", status_code=204, summary="Go on with one of several answers")
def choose(services: Running, turn_id: str, wanted: NewChoice) -> None:
    """Until the prompt gets one more answer."""
    services.editing.choose(turn_id, wanted.message_id)


@router.put("/messages/{message_id}/rating", status_code=204, summary="Rate an answer")
def rate(services: Running, message_id: str, wanted: NewRating) -> None:
    """`up` or `down`, in place of an earlier rating. The leaderboard's votes are apart from it."""
    services.editing.rate(message_id, wanted.rating)
