"""What comes within a frame of a screen, read from the network at once.

To be woken costs a loop more than the chunk that it is woken for, and no screen shows two chunks sooner
than in its next frame.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import anyio
import httpx

FRAME_SECONDS = 1 / 60
_LONGEST_SECONDS = 1 / 30
"""The frame of a page that draws an answer, as long as many others are read at the same time."""
_SHARE_SECONDS = 1 / 240
_reading = 0
"""How many connections are read just now; all are on one loop."""


def frame_seconds() -> float:
    """How long a connection rests: with each that is read beside it longer, up to a page's own frame."""
    return min(max(FRAME_SECONDS, _reading * _SHARE_SECONDS), _LONGEST_SECONDS)


@asynccontextmanager
async def gathering(response: httpx.Response) -> AsyncGenerator[Callable[[], None]]:
    """Gives what begins it, and ends it with the block.

    Once begun, the response's connection, which is HTTP/1.1 and nobody else's, rests for the remainder of a
    frame before it reads again; a read that filled its buffer is followed by the next at once. Without a
    connection, as from a transport that only plays one, nothing changes.
    """
    # https://www.python-httpx.org/advanced/extensions/#network_stream
    connection = response.extensions.get("network_stream")
    if connection is None:
        yield lambda: None
        return
    global _reading
    plain, again = connection.read, 0.0

    async def read(max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's own
        nonlocal again
        if (rest := again - time.monotonic()) > 0:
            await anyio.sleep(rest)
        content: bytes = await plain(max_bytes, timeout=timeout)
        again = time.monotonic() + frame_seconds() if len(content) < max_bytes else 0.0
        return content

    def begin() -> None:
        connection.read = read

    _reading += 1
    try:
        yield begin
    finally:
        _reading -= 1
        # Its class's is there again.
        vars(connection).pop("read", None)
