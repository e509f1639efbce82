"""What comes within a frame of a fast screen, read from the network at once.

To be woken costs a loop more than the chunk that it is woken for, and no screen shows two chunks sooner
than in its next frame.
"""

from __future__ import annotations

import time
from typing import Any, Self

import anyio
import httpx

FRAME_SECONDS = 1 / 120
PAGES_FRAME_SECONDS = 1 / 30
"""So often is a page painted that draws one answer."""
_SHARE_SECONDS = 1 / 240
"""What each that is read adds to the rest of all, up to the frame of a page."""
_SHARE_OF_MANY_SECONDS, _LONGEST_SECONDS = 1 / 500, 1 / 5
"""The same of many: their pages are painted less often, and to read costs more than the chunk."""
_reading = 0
"""How many connections are read just now; all are on one loop."""


def frame_seconds() -> float:
    """How long a connection rests: the longer the more are read beside it."""
    few = min(_reading * _SHARE_SECONDS, PAGES_FRAME_SECONDS)
    many = min(_reading * _SHARE_OF_MANY_SECONDS, _LONGEST_SECONDS)
    return max(FRAME_SECONDS, few, many)


class Gathering:
    """Has a response's connection gather within the block, from when it is begun.

    Then the connection, which is HTTP/1.1 and nobody else's, rests for the remainder of a frame before it
    reads again; a read that filled its buffer is followed by the next at once. Without a connection, as from
    a transport that only plays one, nothing changes.
    """

    __slots__ = ("_again", "_connection", "_plain")

    def __init__(self, response: httpx.Response) -> None:
        # https://www.python-httpx.org/advanced/extensions/#network_stream
        self._connection: Any = response.extensions.get("network_stream")
        self._plain: Any = None
        self._again = 0.0

    def __enter__(self) -> Self:
        global _reading
        _reading += self._connection is not None
        return self

    def begin(self) -> None:
        if self._connection is not None and self._plain is None:
            self._plain = self._connection.read
            self._connection.read = self._read

    def __exit__(self, *_error: object) -> None:
        global _reading
        _reading -= self._connection is not None
        if self._plain is not None:
            # Its class's is there again.
            del self._connection.read

    async def _read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's own
        if (rest := self._again - time.monotonic()) > 0:
            await anyio.sleep(rest)
        content: bytes = await self._plain(max_bytes, timeout=timeout)
        self._again = time.monotonic() + frame_seconds() if len(content) < max_bytes else 0.0
        return content
