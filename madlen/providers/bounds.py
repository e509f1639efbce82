"""A response cut off where it grows past all reason, before it is in memory."""

from __future__ import annotations

import zlib
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from functools import partial

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
    """The same answer, to be read as a whole; a body past a limit raises what ``Bounds`` raises."""
    content_type = response.headers.get("content-type", "")
    return httpx.Response(
        response.status_code,
        headers={"Content-Type": content_type},
        content=_read(response, Bounds(response, line_bytes=line_bytes, body_bytes=body_bytes)),
    )


async def _read(response: httpx.Response, bounds: Bounds) -> AsyncGenerator[bytes]:
    async for raw in response.aiter_raw():
        for piece in bounds.take(raw):
            yield piece


class Bounds:
    """The limits of one response's body. Raises ``UpstreamError`` where it is packed in an unknown way."""

    __slots__ = ("_body", "_body_bytes", "_line", "_line_bytes", "_unpacked")

    def __init__(
        self, response: httpx.Response, *, line_bytes: int = LINE_BYTES, body_bytes: int = BODY_BYTES
    ) -> None:
        self._unpacked = _unpacking(response.headers.get("content-encoding", "").strip().lower())
        self._line_bytes, self._body_bytes = line_bytes, body_bytes
        self._line = self._body = 0

    def take(self, raw: bytes) -> Iterator[bytes]:
        """The pieces of what came off the wire. Raises ``UpstreamError`` where the body grows past a limit.

        One that came compressed, though nobody asked for that, is unpacked piece by piece.
        """
        for piece in self._unpacked(raw):
            self._body += len(piece)
            end = max(piece.rfind(b"\n"), piece.rfind(b"\r"))
            self._line = self._line + len(piece) if end < 0 else len(piece) - end - 1
            if self._line > self._line_bytes or self._body > self._body_bytes:
                raise UpstreamError(
                    "The provider sent more than an answer can be, so it was cut off. "
                    "Try again or choose another model."
                )
            yield piece


def _unpacking(encoding: str) -> Callable[[bytes], Iterable[bytes]]:
    if encoding in _PLAIN:
        return lambda raw: (raw,)
    if encoding in _ZIPPED:
        # Of zlib's window sizes, 47 also takes a gzip header.
        return partial(_unpacked, zlib.decompressobj(47))
    raise UpstreamError("The provider packed its answer in a way that nobody asked for; try again.")


def _unpacked(unpacking: zlib._Decompress, raw: bytes) -> Iterator[bytes]:
    try:
        while raw:
            yield unpacking.decompress(raw, _UNPACKED_BYTES)
            raw = unpacking.unconsumed_tail
    except zlib.error as error:
        raise UpstreamError("The provider's answer was packed but cannot be unpacked; try again.") from error
