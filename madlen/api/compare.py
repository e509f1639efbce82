"""``POST /compare/``: one prompt, an answer from each lane, whole or as they come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack, aclosing

import anyio.to_thread
from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from madlen import tracing
from madlen.api import answers, events, problems
from madlen.api.dependencies import Running
from madlen.api.requests import CompareRequest
from madlen.chat import Asked
from madlen.services.wiring import Services
from madlen.types import Reply, Status

router = APIRouter(tags=["compare"])

_WHOLE = {Status.COMPLETE, Status.STOPPED}


@router.post("/compare", summary="Ask several models the same", response_class=JSONResponse)
async def compare(services: Running, wanted: CompareRequest) -> Response:
    """2 to 12 lanes, each a model with its own parameters; a lane's failure is that lane's `error`.

    The answers are kept in a chat, in the one of `session_id` where that is given; there each lane
    goes on with its own answers. `stream: true` answers with server-sent events as lanes make them:
    `delta {lane, text}`, a `reply` for each lane as it ends, and `done` when all have.
    """
    asked = await anyio.to_thread.run_sync(_ask, services, wanted)
    head = {
        "session_id": asked.session_id,
        "turn_id": asked.turn.id,
        "trace_id": tracing.current_trace_id() or None,
    }
    if wanted.stream:
        return events.response(_events(asked, head))
    for generation in asked.generations:
        async with aclosing(generation.afollow()) as updates:
            async for _ in updates:
                pass
    replies = [reply(generation.reply()) for generation in asked.generations]
    return JSONResponse({**head, "replies": replies})


def _ask(services: Services, wanted: CompareRequest) -> Asked:
    return services.chat.ask(
        wanted.prompt,
        wanted.named_lanes(),
        session_id=services.store.session(wanted.session_id).id if wanted.session_id else "",
        pictures=wanted.pictures(),
    )


async def _events(asked: Asked, head: answers.Json) -> AsyncIterator[events.Event]:
    """What each lane says, in the order in which it comes; no lane waits for another."""
    loop, news = asyncio.get_running_loop(), asyncio.Event()

    def wake() -> None:
        loop.call_soon_threadsafe(news.set)

    with ExitStack() as stack:
        tails = {one.head.lane: stack.enter_context(one.tail(wake)) for one in asked.generations}
        while tails:
            news.clear()
            for lane, tail in tuple(tails.items()):
                update = tail()
                if update.text:
                    yield events.Event({"lane": lane, "text": update.text}, name="delta")
                if update.ended is not None:
                    del tails[lane]
                    yield events.Event(reply(update.ended), name="reply")
            if tails:
                await news.wait()
    yield events.Event(head, name="done")


def reply(value: Reply) -> answers.Json:
    """What a lane answered, or the `error` that it ended in."""
    return {
        "message_id": value.id,
        "lane": value.lane,
        "model": value.model or value.model_id,
        "provider": value.provider,
        "status": value.status.value,
        "content": value.text,
        "usage": answers.usage(value.usage),
        "timing": answers.timing(value.timing),
        "error": None if value.status in _WHOLE else problems.of_reply(value),
    }
