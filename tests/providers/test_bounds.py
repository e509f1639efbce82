from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Callable, Sequence

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


def read(pieces: Pieces, *, line: int = 10, body: int = 100, packed: str = "") -> bytes:
    response = httpx.Response(200, stream=pieces, headers={"Content-Encoding": packed} if packed else {})

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


@pytest.mark.parametrize(("packed", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_an_answer_that_came_compressed_is_read_whole(packed: str, pack: Callable[[bytes], bytes]) -> None:
    body = b"a line of words\n" * 50_000
    raw = pack(body)
    pieces = Pieces([raw[at : at + 100] for at in range(0, len(raw), 100)])
    assert read(pieces, line=1_000_000, body=1_000_000, packed=packed) == body


def test_a_compressed_body_is_cut_off_before_its_zeros_are_in_memory() -> None:
    bomb = gzip.compress(bytes(100_000_000), compresslevel=1)
    tracemalloc.start()
    try:
        with pytest.raises(UpstreamError, match="more than an answer can be"):
            read(Pieces([bomb]), line=1_000_000, body=2_000_000, packed="gzip")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 5_000_000


def test_a_body_that_says_it_is_compressed_and_is_not_is_told() -> None:
    with pytest.raises(UpstreamError, match="cannot be unpacked"):
        read(Pieces([b"plain words"]), packed="gzip")


def test_a_packing_that_nobody_asked_for_is_told() -> None:
    with pytest.raises(UpstreamError, match="nobody asked for"):
        read(Pieces([b"words"]), packed="br")
