"""A response cut off where it grows past all reason, before it is in memory."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Iterator

import httpx

from madlen.errors import UpstreamError

LINE_BYTES = 32_000_000
"""A generated image comes as one line of several megabytes."""
BODY_BYTES = 64_000_000
_UNPACKED_BYTES = 256_000
"""So much of a compressed body is unpacked at once: 64 kB off the wire may be 64 MB of zeros."""
_PLAIN, _ZIPPED = {"", "identity"}, {"gzip", "x-gzip", "deflate"}


def bounded(
    response: httpx.Response, *, line_bytes: int = LINE_BYTES, body_bytes: int = BODY_BYTES
) -> httpx.Response:
    """The same answer, which raises ``UpstreamError`` when it is read past a limit.

    A body that came compressed, though nobody asked for that, is unpacked piece by piece.
    """
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
        async for piece in self._pieces():
            body += len(piece)
            end = max(piece.rfind(b"\n"), piece.rfind(b"\r"))
            line = line + len(piece) if end < 0 else len(piece) - end - 1
            if line > self._line_bytes or body > self._body_bytes:
                raise UpstreamError(
                    "The provider sent more than an answer can be, so it was cut off. "
                    "Try again or choose another model."
                )
            yield piece

    async def _pieces(self) -> AsyncIterator[bytes]:
        encoding = self._response.headers.get("content-encoding", "").strip().lower()
        if encoding not in _PLAIN | _ZIPPED:
            raise UpstreamError("The provider packed its answer in a way that nobody asked for; try again.")
        # Of zlib's window sizes, 47 also takes a gzip header.
        unpacking = zlib.decompressobj(47) if encoding in _ZIPPED else None
        async for raw in self._response.aiter_raw():
            if unpacking is None:
                yield raw
                continue
            for piece in _unpacked(unpacking, raw):
                yield piece


def _unpacked(unpacking: zlib._Decompress, raw: bytes) -> Iterator[bytes]:
    try:
        while raw:
            yield unpacking.decompress(raw, _UNPACKED_BYTES)
            raw = unpacking.unconsumed_tail
    except zlib.error as error:
        raise UpstreamError("The provider's answer was packed but cannot be unpacked; try again.") from error
