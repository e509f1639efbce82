"""``/messages/{id}``: a reply in flight, to be followed and stopped."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, Header
from starlette.responses import Response

from madlen.api import answers, events, problems
from madlen.api.dependencies import Running
from madlen.errors import MadlenError
from madlen.services.wiring import Services

router = APIRouter(tags=["messages"])

_LONGEST_ID = 40


@router.post("/messages/{message_id}/stop", summary="Stop an answer")
async def stop(services: Running, message_id: str) -> dict[str, Any]:
    """The message as it stands then; one that has ended is left as it is."""
    return answers.reply(await services.hub.astop(message_id))


@router.get("/messages/{message_id}/stream", summary="Follow an answer")
async def stream(
    services: Running,
    message_id: str,
    last_event_id: Annotated[str, Header()] = "",
) -> Response:
    """`delta {text, reasoning}` from the beginning and then live, closed by `reply` with the message.

    `Last-Event-ID` goes on after the event of that id.
    """
    await anyio.to_thread.run_sync(services.store.reply, message_id)
    return events.response(_deltas(services, message_id, _position(last_event_id)))


async def _deltas(services: Services, message_id: str, seen: tuple[int, int]) -> AsyncIterator[events.Event]:
    text_at = reasoning_at = 0
    try:
        async with aclosing(services.hub.afollow(message_id)) as updates:
            async for update in updates:
                delta = {
                    "text": update.text[max(0, seen[0] - text_at) :],
                    "reasoning": update.reasoning[max(0, seen[1] - reasoning_at) :],
                }
                text_at += len(update.text)
                reasoning_at += len(update.reasoning)
                if any(delta.values()):
                    yield events.Event(delta, name="delta", id=f"{text_at}-{reasoning_at}")
                if update.ended is not None:
                    yield events.Event(answers.reply(update.ended), name="reply")
    except MadlenError as error:
        yield events.Event(problems.of_error(error), name="error")


def _position(last_event_id: str) -> tuple[int, int]:
    """Characters of text and reasoning that the caller has; from the beginning for any other id."""
    text, _, reasoning = last_event_id.partition("-")
    known = len(last_event_id) <= _LONGEST_ID and text.isdecimal() and reasoning.isdecimal()
    return (int(text), int(reasoning)) if known else (0, 0)
