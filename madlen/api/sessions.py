"""``/sessions/``: the chats, and one chat with everything in it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from madlen.api import answers
from madlen.api.dependencies import Running
from madlen.api.requests import Words

router = APIRouter(tags=["sessions"])


class NewSession(BaseModel):
    model_id: Words = Field(min_length=1, max_length=300)
    title: Words = Field("", max_length=1000)


class NewTitle(BaseModel):
    title: Words = Field(min_length=1, max_length=1000)


@router.get("/sessions", summary="All chats, newest first")
def sessions(
    services: Running,
    q: str = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0, le=2**53)] = 0,
) -> list[dict[str, Any]]:
    """`q` finds chats by the words in their titles and messages."""
    found = services.store.sessions(words=q, limit=limit, offset=offset)
    return [answers.session(session) for session in found]


@router.post("/sessions", status_code=201, summary="Begin a chat")
def create(services: Running, wanted: NewSession) -> dict[str, Any]:
    return answers.session(services.chat.create_session(wanted.model_id, wanted.title))


@router.get("/sessions/{session_id}", summary="A chat with its messages")
def session(services: Running, session_id: str) -> dict[str, Any]:
    """Every reply of every turn, in order; how each came about is in `extra_metadata`."""
    found = services.store.session(session_id)
    turns = services.store.turns(session_id)
    messages = [message for turn in turns for message in answers.turn(turn)]
    return {**answers.session(found), "messages": messages}


@router.patch("/sessions/{session_id}", summary="Rename a chat")
def rename(services: Running, session_id: str, wanted: NewTitle) -> dict[str, Any]:
    return answers.session(services.chat.rename_session(session_id, wanted.title))


@router.delete("/sessions/{session_id}", status_code=204, summary="Delete a chat")
def delete(services: Running, session_id: str) -> None:
    """Its messages go with it; an answer in flight is stopped."""
    services.chat.delete_session(session_id)
