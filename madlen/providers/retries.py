"""Asking again, where nothing was said yet and it can help.

The rules are those of OpenRouter's error documentation: busy, down or timed out, and never after the
first word; and a connection that ends as it is asked. A library for retries would not do: the caller must
see each wait and be able to end it.
"""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

import anyio

from madlen.errors import UpstreamError
from madlen.types import Event, Image, Reasoning, Retrying, Text

TRIES = 3
LONGEST_SECONDS = 30.0
"""A wait longer than this is for a person to decide on."""
_FIRST_SECONDS = 0.5

Jitter = Callable[[], float]


async def retried(
    attempt: Callable[[], AsyncGenerator[Event]],
    *,
    jitter: Jitter = random.random,
) -> AsyncGenerator[Event]:
    """The events of the first attempt that says something, with a ``Retrying`` before each wait.

    ``jitter`` gives a number from 0 to 1. Raises what the last attempt raised.
    """
    for number in range(TRIES):
        said = False
        try:
            async with aclosing(attempt()) as events:
                async for event in events:
                    said = said or isinstance(event, Text | Reasoning | Image)
                    yield event
                return
        except UpstreamError as error:
            seconds = pause(number, error.retry_after, jitter())
            last = number >= (1 if error.retry_once else TRIES - 1)
            if said or not error.retryable or last or seconds > LONGEST_SECONDS:
                raise
            kind = error.kind
        yield Retrying(kind, seconds)
        await anyio.sleep(seconds)


def pause(number: int, retry_after: float | None, jitter: float) -> float:
    """Seconds before the next try: what the other side named, else doubling; a little more, so that
    many callers do not come back at once."""
    least = _FIRST_SECONDS * 2**number if retry_after is None else retry_after
    return least * (1 + jitter / 4)
