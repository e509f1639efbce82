"""The grammar of ``chat.completion.chunk`` streams, shared by OpenRouter and llama.cpp.

The two agree on OpenAI's shape and both stray from it: ``choices`` may be missing or empty, the
finish reason may come twice or not at all, usage may come with a choice or without, an error may
come in any chunk, and a server asked to stream may answer with one JSON body.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator
from contextlib import suppress
from typing import Any

import anyio
import httpx

from madlen import lenient
from madlen.errors import Interrupted, UpstreamError
from madlen.providers.bounds import Bounds, bounded
from madlen.providers.causes import Refusal
from madlen.providers.characters import Characters
from madlen.providers.gathering import Gathering
from madlen.providers.refusals import refusal
from madlen.providers.sse import ServerSentEvents
from madlen.providers.thoughts import Thoughts
from madlen.types import Done, Event, Image, Message, Reasoning, Request, Spent, Started, Text, Usage

_END = "[DONE]"
_END_SECONDS = 0.05
_NOBODY = Started()
_WORDS = (Text, Reasoning)


async def events(
    response: httpx.Response, *, model_id: str, known: Started = _NOBODY
) -> AsyncGenerator[Event]:
    """The events of a response with status 200. Raises ``UpstreamError`` as soon as the stream tells.

    ``known`` is who answers as far as the headers say.
    """
    if known != _NOBODY:
        yield known
    grammar = Grammar(model_id, known)
    if "text/event-stream" in response.headers.get("content-type", ""):
        reading, bounds = ServerSentEvents(), Bounds(response)
        # Not ``aiter_raw``, for it is one generator more and unpacks no more either.
        pieces: AsyncIterator[bytes] = aiter(response.stream)  # type: ignore[arg-type]
        with Gathering(response) as gathering:
            async for raw in pieces:
                for event in _heard(grammar, reading, bounds.take(raw)):
                    yield event
                    if isinstance(event, _WORDS):
                        # The first words are not waited for.
                        gathering.begin()
                if grammar.over:
                    break
        if grammar.over:
            await _run_out(pieces)
    else:
        answer = decoded(await bounded(response).aread())
        if not isinstance(answer, dict):
            raise refusal(502, answer, model_id=model_id)
        if not _has_choice(answer) and not answer.get("error"):
            raise UpstreamError(
                f"The provider of {model_id} sent no answer. Try again or choose another model.",
                retryable=True,
            )
        for event in grammar.take(answer):
            yield event
    for event in grammar.rest():
        yield event
    yield grammar.done()


async def _run_out(pieces: AsyncIterator[bytes]) -> None:
    """Reads a body to its end, which comes with the last event or just after it.

    Only then can its connection take the next request, which saves that one the way to a new one.
    """
    with suppress(httpx.HTTPError), anyio.move_on_after(_END_SECONDS):
        async for _ in pieces:
            pass


def _heard(grammar: Grammar, reading: ServerSentEvents, pieces: Iterable[bytes]) -> Iterator[Event]:
    for piece in pieces:
        for data in reading.take(piece):
            yield from grammar.hear(data)
        if grammar.over:
            return


def _has_choice(answer: dict[str, Any]) -> bool:
    choices = answer.get("choices")
    return isinstance(choices, list) and any(isinstance(choice, dict) for choice in choices)


class Grammar:
    """What a stream has said so far. ``hear`` each event until it is ``over``, then ``rest`` and ``done``."""

    def __init__(self, model_id: str, known: Started = _NOBODY) -> None:
        self._model_id = model_id
        self._started = known
        self._named: tuple[Any, Any, Any] = (None, None, None)
        self._finish_reason = ""
        self._usage = Usage()
        self._reasoning = Characters()
        self._text = Characters()
        self._thoughts = Thoughts()
        self._error: Refusal | None = None
        self._ended = False

    @property
    def over(self) -> bool:
        """Whether nothing more of the answer comes: its end was marked, or a chunk carried an error."""
        return self._ended or self._error is not None

    def hear(self, data: str) -> list[Event]:
        """What the data of an event says; nothing once the answer is over."""
        if self.over:
            return []
        if data.strip() != _END:
            return self.take(decoded(data))
        self._ended = True
        # The mark makes an answer whole that came without a finish reason.
        self._finish_reason = self._finish_reason or "stop"
        return []

    def take(self, chunk: Any) -> list[Event]:
        """The events in a chunk, also in one with an error; what is no JSON object is passed over."""
        if not isinstance(chunk, dict):
            return []
        choices = chunk.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        choice = choice if isinstance(choice, dict) else {}
        for holder in (chunk, choice):
            if holder.get("error"):
                self._error = refusal(200, holder, model_id=self._model_id)
                break
        if isinstance(chunk.get("usage"), dict):
            self._usage = usage(chunk["usage"])
        self._finish_reason = lenient.text(choice.get("finish_reason")) or self._finish_reason
        content = lenient.mapping(choice.get("delta") or choice.get("message"))
        self._thoughts.take(content.get("reasoning_details"))
        return self._who(chunk) + self._words(content)

    def rest(self) -> list[Event]:
        """What is told last: a half of a character whose other never came, and the bill of a failure."""
        failed = self._error is not None or self._finish_reason in {"", "error"}
        spent = [Spent(self._usage)] if failed and self._usage != Usage() else []
        return [*_said(self._reasoning.rest(), self._text.rest()), *spent]

    def done(self) -> Done:
        """Raises the error of a chunk, or ``Interrupted`` when nothing said that the answer had ended."""
        if self._error is not None:
            raise self._error
        if not self._finish_reason:
            raise Interrupted(
                f"The answer of {self._model_id} was cut off before its end. Continue it or try again."
            )
        if self._finish_reason == "error":
            raise UpstreamError(
                f"The provider of {self._model_id} broke off with an error. "
                "Try again or choose another model."
            )
        return Done(self._finish_reason, self._usage, self._thoughts.whole())

    def _who(self, chunk: dict[str, Any]) -> list[Event]:
        # Nearly every chunk says the same as the one before.
        named = (chunk.get("model"), chunk.get("provider"), chunk.get("id"))
        if named == self._named:
            return []
        self._named = named
        known = self._started
        started = Started(
            model=lenient.text(named[0]) or known.model,
            provider=lenient.text(named[1]) or known.provider,
            generation_id=lenient.text(named[2]) or known.generation_id,
        )
        self._started = started
        return [started] if started != known else []

    def _words(self, content: dict[str, Any]) -> list[Event]:
        said = _said(
            self._reasoning.take(content.get("reasoning") or content.get("reasoning_content")),
            self._text.take(content.get("content")),
        )
        return said + _images(content["images"]) if "images" in content else said


def _said(reasoning: str, text: str) -> list[Event]:
    said: list[Event] = []
    if reasoning:
        said.append(Reasoning(reasoning))
    if text:
        said.append(Text(text))
    return said


def _images(made: Any) -> list[Event]:
    found: list[Event] = []
    for image in made if isinstance(made, list) else ():
        address = lenient.mapping(lenient.mapping(image).get("image_url"))
        if url := lenient.text(address.get("url")):
            found.append(Image(url))
    return found


def body(request: Request, *, default_max_tokens: int) -> dict[str, Any]:
    """The JSON body that asks for a stream, without what the model does not support.

    A token limit is always sent: without one OpenRouter reserves credit for the model's longest answer.
    """
    parameters, supported = request.parameters, request.supported_parameters
    effort = parameters.reasoning_effort
    wished = {
        "temperature": parameters.temperature,
        "top_p": parameters.top_p,
        "seed": parameters.seed,
        "stop": list(parameters.stop) or None,
        "reasoning": {"effort": effort} if effort else None,
    }
    limit = "max_tokens"
    if supported is not None and limit not in supported and "max_completion_tokens" in supported:
        limit = "max_completion_tokens"
    return {
        "model": request.model_id,
        "messages": [_message(message) for message in request.messages],
        "stream": True,
        "stream_options": {"include_usage": True},
        limit: parameters.max_tokens or default_max_tokens,
        **({"modalities": ["image", "text"]} if request.makes_images else {}),
        **{
            name: value
            for name, value in wished.items()
            if value is not None and (supported is None or name in supported)
        },
    }


def usage(counts: dict[str, Any]) -> Usage:
    """Token counts and cost; what is absent or of another type is not known."""
    prompt = lenient.mapping(counts.get("prompt_tokens_details"))
    completion = lenient.mapping(counts.get("completion_tokens_details"))
    return Usage(
        prompt_tokens=lenient.count(counts.get("prompt_tokens")),
        completion_tokens=lenient.count(counts.get("completion_tokens")),
        total_tokens=lenient.count(counts.get("total_tokens")),
        reasoning_tokens=lenient.count(completion.get("reasoning_tokens")),
        cached_tokens=lenient.count(prompt.get("cached_tokens")),
        cache_write_tokens=lenient.count(prompt.get("cache_write_tokens")),
        cost=lenient.amount(counts.get("cost")),
    )


def _message(message: Message) -> dict[str, Any]:
    if not message.pictures:
        thoughts = list(message.reasoning_details)
        back = {"reasoning_details": thoughts} if thoughts else {}
        return {"role": message.role, "content": message.text, **back}
    # Text before images, as OpenRouter's guide on images asks.
    parts: list[dict[str, Any]] = [{"type": "text", "text": message.text}] if message.text else []
    parts += [{"type": "image_url", "image_url": {"url": picture.address}} for picture in message.pictures]
    return {"role": message.role, "content": parts}


def decoded(content: str | bytes) -> Any:
    """A body or event as JSON, or as text where it is none, such as a proxy's page."""
    text = content.decode("utf-8-sig", "replace") if isinstance(content, bytes) else content
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
