"""What a model says that was given no script."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.pretend_openrouter.answers import Answer, Asked, Json
from tests.pretend_openrouter.listings import concrete
from tests.pretend_openrouter.payloads import (
    COMMENT,
    DONE,
    chunk,
    completion,
    dated,
    full_usage,
    named,
    said,
    usage,
)
from tests.pretend_openrouter.routing import refused

_TOKENS_OF_AN_IMAGE = 258


def ordinary(asked: Asked) -> Answer:
    """ "Hello there" from the model that really answers, or the refusal that the request earns."""
    return refused(asked) or hello(asked)


def hello(asked: Asked) -> Answer:
    """A good answer, streamed or whole as asked for; images count as tokens."""
    asked = resolved(asked)
    prompt = 9 + _TOKENS_OF_AN_IMAGE * len(asked.received.images)
    if not asked.streams:
        return Answer(body=completion(asked, {"content": "Hello there"}, usage=full_usage(prompt)))
    pieces = said(asked.model, "Hello", " there", **named(asked))
    if asked.received.images:
        pieces[-2] = final(asked, usage=usage(prompt))
    return Answer(pieces=pieces)


def resolved(asked: Asked) -> Asked:
    return replace(asked, model=concrete(asked.model))


def piece(asked: Asked, delta: Json, **more: Any) -> bytes:
    """A chunk of this answer."""
    return chunk(dated(asked.model), delta, **{**named(asked), **more})


def text(asked: Asked, words: str, **more: Any) -> bytes:
    return piece(asked, {"content": words}, **more)


def opening(asked: Asked) -> bytes:
    return COMMENT + piece(asked, {"role": "assistant", "content": ""})


def final(
    asked: Asked, finish_reason: str | None = "stop", native: str | None = "STOP", **more: Any
) -> bytes:
    """The chunk that repeats the finish reason and has the usage."""
    return piece(
        asked, {"content": ""}, finish_reason=finish_reason, native=native, **{"usage": usage(), **more}
    )


def told(
    asked: Asked,
    *deltas: Json,
    message: Json,
    finish_reason: str | None = "stop",
    native: str | None = "STOP",
) -> Answer:
    """The deltas where a stream is asked for, else the message."""
    if not asked.streams:
        return Answer(body=completion(asked, message, finish_reason, native))
    return Answer(
        pieces=[
            opening(asked),
            *(piece(asked, delta) for delta in deltas),
            piece(asked, {"content": ""}, finish_reason=finish_reason, native=native),
            final(asked, finish_reason, native),
            DONE,
        ]
    )
