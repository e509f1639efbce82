"""One connection for many prompts, and what becomes of a prompt when it ends as it is used again."""

from __future__ import annotations

import http.client
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedIOBase

import anyio
import pytest

from madlen.errors import Interrupted
from madlen.types import Done, Event, Message, Request, Retrying, Text
from tests.providers.test_openrouter import client

HELLO = Request("acme/chat", (Message("user", "Hello"),))
SAID = b'{"choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": "stop"}]}'
STREAM = b"data: %b\n\ndata: [DONE]\n\n" % SAID
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: %d\r\n\r\n"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    b"%x\r\n%b\r\n" % (len(STREAM), STREAM)
)
"""All but the end of a body that does not say how long it is."""

Answering = Callable[[BufferedIOBase, int], bool]
"""Answers a request; is told which one of its connection it is, and says whether there may be another."""


@contextmanager
def listening(answering: Answering) -> Iterator[tuple[str, list[int]]]:
    """Where to ask, and of each request so far which one of its connection it was."""
    asked: list[int] = []

    class Connection(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            again, number = True, 0
            while again and self.rfile.readline():
                headers = http.client.parse_headers(self.rfile)
                self.rfile.read(int(headers["content-length"]))
                number += 1
                asked.append(number)
                again = answering(self.wfile, number)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Connection) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        serving.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/api/v1", asked
        finally:
            server.shutdown()
            serving.join()


def answers(base_url: str, prompts: int = 1) -> list[list[Event]]:
    """The events of so many prompts, one after the other with one client."""

    async def main() -> list[list[Event]]:
        async with client(base_url) as openrouter:
            return [[event async for event in openrouter.stream(HELLO)] for _ in range(prompts)]

    return anyio.run(main)


def text(found: list[Event]) -> str:
    return "".join(event.text for event in found if isinstance(event, Text))


def once(connection: BufferedIOBase, number: int) -> bool:
    """One answer for each connection, which is kept until it is asked for another."""
    if number == 1:
        connection.write(HEAD % len(STREAM) + STREAM)
    return number == 1


def always(connection: BufferedIOBase, _number: int) -> bool:
    """The end of the body comes by itself."""
    connection.write(CHUNKED)
    connection.write(b"0\r\n\r\n")
    return True


def endless(connection: BufferedIOBase, _number: int) -> bool:
    """After its last event nothing comes any more, not even the end."""
    connection.write(CHUNKED)
    return True


def short(connection: BufferedIOBase, _number: int) -> bool:
    """After its last event the body is less long than was said."""
    connection.write(HEAD % (len(STREAM) + 1) + STREAM)
    return False


def never(_connection: BufferedIOBase, _number: int) -> bool:
    return False


def half(connection: BufferedIOBase, _number: int) -> bool:
    connection.write(HEAD % len(STREAM) + STREAM[:-20])
    return False


@pytest.mark.parametrize(
    ("answering", "kept"), [(always, [1, 2, 3]), (endless, [1, 1, 1]), (short, [1, 1, 1])]
)
def test_prompts_share_a_connection_where_an_answer_ends_and_are_answered_where_it_does_not(
    answering: Answering, kept: list[int]
) -> None:
    with listening(answering) as (base_url, asked):
        assert [text(found) for found in answers(base_url, prompts=3)] == ["Hi"] * 3
    assert asked == kept


def test_a_prompt_is_sent_again_where_a_kept_connection_ends_as_it_is_sent() -> None:
    with listening(once) as (base_url, asked):
        first, second = answers(base_url, prompts=2)
    assert (text(first), text(second)) == ("Hi", "Hi")
    assert [event.kind for event in second if isinstance(event, Retrying)] == ["interrupted"]
    assert isinstance(second[-1], Done)
    assert asked == [1, 2, 1]


@pytest.mark.parametrize(("answering", "times"), [(never, 2), (half, 1)])
def test_who_hangs_up_before_the_answer_begins_is_asked_twice_and_in_the_middle_once(
    answering: Answering, times: int
) -> None:
    with (
        listening(answering) as (base_url, asked),
        pytest.raises(Interrupted, match="connection broke before the answer of acme/chat"),
    ):
        answers(base_url)
    assert asked == [1] * times
