from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import anyio
import httpx
import pytest

from madlen.errors import UpstreamError
from madlen.providers.bounds import bounded


class Pieces(httpx.AsyncByteStream):
    def __init__(self, pieces: Sequence[bytes]) -> None:
        self._pieces = pieces
        self.read = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            self.read += 1
            yield piece


def read(pieces: Pieces, *, line: int = 10, body: int = 100) -> bytes:
    response = httpx.Response(200, stream=pieces)

    async def main() -> bytes:
        return await bounded(response, line_bytes=line, body_bytes=body).aread()

    return anyio.run(main)


def test_an_answer_within_its_bounds_is_read_as_it_is() -> None:
    pieces = [b"0123456789", b"\n01234", b"56789\r", b"0123456789"]
    assert read(Pieces(pieces)) == b"".join(pieces)


@pytest.mark.parametrize(
    "pieces", [[b"0123456789", b"0"], [b"ab\n0123456789", b"0"], [b"ab\r0123", b"4567890"]]
)
def test_a_line_without_end_is_cut_off(pieces: list[bytes]) -> None:
    with pytest.raises(UpstreamError, match="more than an answer can be"):
        read(Pieces(pieces))


def test_a_body_without_end_is_cut_off_before_it_is_in_memory() -> None:
    pieces = Pieces([b"line\n"] * 1000)
    with pytest.raises(UpstreamError, match="more than an answer can be"):
        read(pieces)
    assert pieces.read == 21
