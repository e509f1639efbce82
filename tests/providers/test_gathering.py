"""That chunks which come close together are read together, and nothing else is made to wait."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import ExitStack
from itertools import pairwise

import anyio
import httpx
import pytest
from anyio.abc import ByteStream

from madlen.providers.chunks import events
from madlen.providers.gathering import FRAME_SECONDS, PAGES_FRAME_SECONDS, Gathering, frame_seconds
from madlen.types import Done, Text

BUFFER = 65536
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"


class Connection:
    """Gives one content after the other, and notes when each was asked for."""

    def __init__(self, contents: Sequence[bytes]) -> None:
        self._contents = iter(contents)
        self.asked: list[float] = []

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        assert (max_bytes, timeout) == (BUFFER, 5)
        self.asked.append(time.monotonic())
        return next(self._contents)


def played(connection: Connection, play: Callable[[Callable[[], None]], Awaitable[None]]) -> None:
    async def main() -> None:
        with Gathering(httpx.Response(200, extensions={"network_stream": connection})) as gathering:
            await play(gathering.begin)

    anyio.run(main)


def test_once_begun_a_connection_rests_for_a_frame_after_each_read() -> None:
    connection = Connection([b"chunk"] * 4)

    async def play(begin: Callable[[], None]) -> None:
        begin()
        for _ in range(4):
            assert await connection.read(BUFFER, timeout=5) == b"chunk"

    played(connection, play)
    assert all(after - before >= FRAME_SECONDS for before, after in pairwise(connection.asked))


def rest_beside(others: int) -> float:
    """How long a connection rests while so many others are read."""

    with ExitStack() as stack:
        for _ in range(others + 1):
            response = httpx.Response(200, extensions={"network_stream": Connection([])})
            stack.enter_context(Gathering(response))
        return frame_seconds()


def test_one_or_two_connections_rest_for_a_frame_each_and_a_few_for_that_of_a_page() -> None:
    assert [rest_beside(others) for others in (0, 1)] == [FRAME_SECONDS, FRAME_SECONDS]
    assert FRAME_SECONDS < rest_beside(5) < PAGES_FRAME_SECONDS
    assert [rest_beside(others) for others in (7, 15)] == [PAGES_FRAME_SECONDS, PAGES_FRAME_SECONDS]
    assert frame_seconds() == FRAME_SECONDS


def test_many_connections_rest_longer_with_each_up_to_a_fifth_of_a_second() -> None:
    assert PAGES_FRAME_SECONDS < rest_beside(24) < rest_beside(49) < 0.2
    assert [rest_beside(others) for others in (99, 999)] == [0.2, 0.2]


@pytest.mark.parametrize(("begins", "content"), [(False, b"chunk"), (True, bytes(BUFFER))])
def test_what_has_not_begun_or_fills_its_buffer_never_rests(
    monkeypatch: pytest.MonkeyPatch, begins: bool, content: bytes
) -> None:
    connection = Connection([content] * 9)
    rests: list[float] = []

    async def rest(seconds: float) -> None:
        rests.append(seconds)

    async def play(begin: Callable[[], None]) -> None:
        if begins:
            begin()
        for _ in range(9):
            await connection.read(BUFFER, timeout=5)

    monkeypatch.setattr("madlen.providers.gathering.anyio.sleep", rest)
    played(connection, play)
    assert len(connection.asked) == 9
    assert rests == []


def test_a_connection_is_what_it_was_when_the_answer_has_ended() -> None:
    connection = Connection([])

    async def play(begin: Callable[[], None]) -> None:
        begin()
        assert "read" in vars(connection)

    played(connection, play)
    assert "read" not in vars(connection)


def test_an_answer_without_a_connection_is_read_as_it_comes() -> None:
    async def coming() -> AsyncIterator[bytes]:
        yield b'data: {"choices": [{"delta": {"content": "Sail"}, "finish_reason": "stop"}]}\n\n'

    async def main() -> list[object]:
        response = httpx.Response(200, headers={"content-type": "text/event-stream"}, content=coming())
        return [event async for event in events(response, model_id="parrot/polly")]

    assert [type(event) for event in anyio.run(main)] == [Text, Done]


def test_a_hundred_chunks_of_a_real_connection_are_read_a_few_at_a_time() -> None:
    """Each is sent when the one before has long arrived, so that only a rest can bring them together."""
    reads: list[int] = []

    async def answer(stream: ByteStream) -> None:
        async with stream:
            await stream.receive()
            await stream.send(HEAD)
            for number in range(100):
                chunk = f'data: {{"choices": [{{"delta": {{"content": "w{number} "}}}}]}}\n\n'
                await stream.send(chunk.encode())
                await anyio.sleep(0.002)
            await stream.send(b"data: [DONE]\n\n")

    async def main() -> str:
        listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
        port = listener.extra(anyio.abc.SocketAttribute.local_port)  # noqa: S610 - no Django here
        async with anyio.create_task_group() as group, httpx.AsyncClient() as client:
            group.start_soon(listener.serve, answer)
            async with client.stream("GET", f"http://127.0.0.1:{port}/") as response:
                connection = response.extensions["network_stream"]
                plain = connection.read

                async def counted(max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
                    content: bytes = await plain(max_bytes, timeout)
                    reads.append(len(content))
                    return content

                connection.read = counted
                found = [event async for event in events(response, model_id="parrot/polly")]
            group.cancel_scope.cancel()
        await listener.aclose()
        return "".join(event.text for event in found if isinstance(event, Text))

    assert anyio.run(main) == "".join(f"w{number} " for number in range(100))
    assert len(reads) < 60
