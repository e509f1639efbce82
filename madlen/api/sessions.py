"""``/sessions/``: the chats, and one chat with everything in it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field

from madlen.api import answers
from madlen.api.dependencies import Running
from madlen.api.requests import Words
from madlen.errors import Unacceptable
from madlen.history import Wanted

router = APIRouter(tags=["sessions"])


class NewSession(BaseModel):
    model_id: Words = Field(min_length=1, max_length=300)
    title: Words = Field("", max_length=1000)


class Change(BaseModel):
    """What is left out stays as it is."""

    title: Words | None = Field(None, min_length=1, max_length=1000)
    pinned: bool | None = None
    archived: bool | None = None


class Filters(BaseModel):
    """Which chats are listed."""

    q: str = Field("", description="Words in the title or in one message; the last may be a beginning")
    model: str = Field("", description="The id of a model that answered in it")
    since: AwareDatetime | None = Field(None, description="Last used at this time or later")
    until: AwareDatetime | None = Field(None, description="Last used before this time")
    has_image: bool = False
    has_error: bool = False
    pinned: bool | None = None
    archived: bool = Field(False, description="Those that are archived, in place of all others")
    limit: int = Field(100, ge=1, le=1000)
    offset: int = Field(0, ge=0, le=2**53)


@router.get("/sessions", summary="All chats, newest first")
def sessions(services: Running, filters: Annotated[Filters, Query()]) -> list[dict[str, Any]]:
    """Chats found by the words in them come with `found`, the message around the first of the words."""
    wanted = Wanted(
        model_id=filters.model,
        since=filters.since,
        until=filters.until,
        has_image=filters.has_image,
        has_error=filters.has_error,
        pinned=filters.pinned,
        archived=filters.archived,
    )
    found = services.store.sessions(
        words=filters.q, wanted=wanted, limit=filters.limit, offset=filters.offset
    )
    return [answers.entry(one) for one in found]


@router.post("/sessions", status_code=201, summary="Begin a chat")
def create(services: Running, wanted: NewSession) -> dict[str, Any]:
    made = services.chat.create_session(wanted.model_id, wanted.title)
    return answers.entry(services.store.entry(made.id))


@router.get("/sessions/{session_id}", summary="A chat with its messages")
def session(services: Running, session_id: str) -> dict[str, Any]:
    """Every reply of every turn, in order; how each came about is in `extra_metadata`."""
    found = services.store.entry(session_id)
    turns = services.store.turns(session_id)
    messages = [message for turn in turns for message in answers.turn(turn)]
    return {**answers.entry(found), "messages": messages}


@router.patch("/sessions/{session_id}", summary="Rename, pin or archive a chat")
def change(services: Running, session_id: str, wanted: Change) -> dict[str, Any]:
    """What is left out stays as it is."""
    if not wanted.model_dump(exclude_none=True):
        raise Unacceptable("There is nothing to change: send a title, pinned or archived.")
    if wanted.title is not None:
        services.chat.rename_session(session_id, wanted.title)
    return answers.entry(services.shelf.mark(session_id, pinned=wanted.pinned, archived=wanted.archived))


@router.delete("/sessions/{session_id}", status_code=204, summary="Delete a chat")
def delete(services: Running, session_id: str) -> None:
    """Its messages go with it, at once and for good; an answer in flight is stopped."""
    services.chat.delete_session(session_id)
