"""A response cut off where it grows past all reason, before it is in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx

from madlen.errors import UpstreamError

LINE_BYTES = 32_000_000
"""A generated image comes as one line of several megabytes."""
BODY_BYTES = 64_000_000


def bounded(
    response: httpx.Response, *, line_bytes: int = LINE_BYTES, body_bytes: int = BODY_BYTES
) -> httpx.Response:
    """The same answer, which raises ``UpstreamError`` when it is read past a limit."""
    content_type = response.headers.get("content-type", "")
    return httpx.Response(
        response.status_code,
        headers={"Content-Type": content_type},
        stream=_Bounded(response, line_bytes, body_bytes),
    )


class _Bounded(httpx.AsyncByteStream):
    def __init__(self, response: httpx.Response, line_bytes: int, body_bytes: int) -> None:
        self._response = response
        self._line_bytes = line_bytes
        self._body_bytes = body_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        line = body = 0
        async for piece in self._response.aiter_bytes():
            body += len(piece)
            end = max(piece.rfind(b"\n"), piece.rfind(b"\r"))
            line = line + len(piece) if end < 0 else len(piece) - end - 1
            if line > self._line_bytes or body > self._body_bytes:
                raise UpstreamError(
                    "The provider sent more than an answer can be, so it was cut off. "
                    "Try again or choose another model."
                )
            yield piece
