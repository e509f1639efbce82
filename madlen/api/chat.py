"""``POST /chat/``: a message in, an answer out, whole or as it comes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from functools import partial

import anyio
import anyio.to_thread
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from madlen.api import answers, events, problems
from madlen.api.dependencies import Running
from madlen.api.requests import ChatRequest
from madlen.generation import Generation
from madlen.services.wiring import Services
from madlen.transcript import Update
from madlen.types import Lane, Reply, Status

router = APIRouter(tags=["chat"])

_WHOLE = {Status.COMPLETE, Status.STOPPED}


@router.post("/chat", summary="Send a message and get the answer", response_class=JSONResponse)
async def chat(services: Running, request: Request, wanted: ChatRequest) -> Response:
    """With `session_id` the last message and the answer are kept in that chat; without it nothing is.

    If `messages` holds just the newest message, the chat's own history goes before it; if it holds
    more, what was sent is what counts. `stream: true` answers with server-sent events.
    """
    generation = await anyio.to_thread.run_sync(partial(start, services, wanted))
    if wanted.stream:
        await _opened(request, generation)
        return events.response(chunks(generation, for_openai=problems.is_openai(request.url.path)))
    return JSONResponse(answers.completion(await whole(request, generation)))


def start(services: Services, wanted: ChatRequest) -> Generation:
    """Sets the answer going. Raises ``MadlenError`` for whatever cannot be asked."""
    messages, parameters = wanted.conversation(), wanted.parameters()
    if not wanted.session_id:
        return services.chat.answer(wanted.model, messages, parameters)
    asked = services.chat.ask(
        messages[-1].text,
        [Lane(wanted.model, parameters=parameters)],
        session_id=services.store.session(wanted.session_id).id,
        pictures=messages[-1].pictures,
        history=messages[:-1] or None,
    )
    return asked.generations[0]


async def whole(request: Request, generation: Generation) -> Reply:
    """The reply when it has ended. Raises ``ReplyFailed``. Hanging up stops what nobody keeps."""
    async with _stopped_when_gone(request, generation) as updates:
        async for _ in updates:
            pass
    reply = generation.reply()
    if reply.status not in _WHOLE:
        raise problems.ReplyFailed(reply)
    return reply


async def chunks(generation: Generation, *, for_openai: bool) -> AsyncIterator[events.Event]:
    """OpenAI's chunks, closed by ``[DONE]``; a failure is an ``error`` event."""
    reply = generation.reply()
    yield events.Event(answers.chunk(reply, {"role": "assistant", "content": ""}))
    try:
        async with aclosing(generation.afollow()) as updates:
            async for update in updates:
                if delta := _delta(update):
                    yield events.Event(answers.chunk(generation.head, delta))
                if update.ended is not None:
                    reply = update.ended
    finally:
        if not generation.kept:
            generation.stop()
    if reply.status in _WHOLE:
        yield events.Event(answers.chunk(reply, {}, last=True))
    else:
        problem = problems.of_reply(reply)
        # OpenAI's clients look for an ``error`` member in a nameless event.
        yield events.Event(problems.as_openai(problem)) if for_openai else events.Event(problem, name="error")
    yield events.DONE


def _delta(update: Update) -> answers.Json:
    parts = {"reasoning": update.reasoning, "content": update.text}
    return {name: text for name, text in parts.items() if text}


async def _opened(request: Request, generation: Generation) -> None:
    """Returns when there is something to send. Raises ``ReplyFailed`` where the first thing is an error,
    while its status can still be told."""
    async with _stopped_when_gone(request, generation) as updates:
        async for update in updates:
            if _delta(update):
                return
    if generation.reply().status not in _WHOLE:
        raise problems.ReplyFailed(generation.reply())


@asynccontextmanager
async def _stopped_when_gone(
    request: Request, generation: Generation
) -> AsyncIterator[AsyncIterator[Update]]:
    """Follows an answer; one that nobody keeps is stopped as soon as its caller hangs up."""

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        generation.stop()

    async with anyio.create_task_group() as group, aclosing(generation.afollow()) as updates:
        if not generation.kept:
            group.start_soon(watch)
        yield updates
        group.cancel_scope.cancel()
