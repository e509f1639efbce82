"""What happens to an answer when its caller hangs up: only a real connection can show it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest
import uvicorn

from madlen.api.application import create
from madlen.api.entry import Entry
from madlen.services.wiring import Services
from madlen.types import Status
from tests.conftest import StartMadlen
from tests.parrot import DONE, Gate, Parrot

HELLO: dict[str, Any] = {"model": "parrot/polly", "messages": [{"role": "user", "content": "Hello"}]}


@contextmanager
def served(madlen: Services) -> Iterator[str]:
    config = uvicorn.Config(Entry(create(madlen)), port=0, log_level="critical", ws="none", lifespan="off")
    server = uvicorn.Server(config)
    socket = config.bind_socket()
    # From here on clients may connect, and wait until the thread is up.
    socket.listen()
    thread = threading.Thread(target=server.run, args=([socket],))
    thread.start()
    try:
        yield f"http://127.0.0.1:{socket.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        socket.close()


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def parrot(gate: Gate) -> Parrot:
    return Parrot(["Hello ", gate, "there", DONE])


@pytest.fixture
def madlen(start_madlen: StartMadlen, parrot: Parrot) -> Services:
    return start_madlen(parrot)


def stream_ended(parrot: Parrot) -> Callable[[], bool]:
    return lambda: parrot.closed_streams == 1


def becomes_true(condition: Callable[[], bool]) -> bool:
    """Whether it does within five seconds."""
    pause = threading.Event()
    return any(condition() or pause.wait(0.01) for _ in range(500)) and condition()


def test_hanging_up_on_a_stream_that_nobody_keeps_stops_the_model(madlen: Services, parrot: Parrot) -> None:
    with served(madlen) as url:
        with httpx2.stream("POST", f"{url}/chat/", json={**HELLO, "stream": True}) as response:
            next(response.iter_lines())
        assert becomes_true(stream_ended(parrot))


def test_hanging_up_on_a_whole_answer_that_nobody_keeps_stops_the_model(
    madlen: Services, parrot: Parrot, gate: Gate
) -> None:
    with served(madlen) as url:
        with pytest.raises(httpx2.ReadTimeout):
            httpx2.post(f"{url}/chat/", json=HELLO, timeout=httpx2.Timeout(5, read=0.3))
        assert gate.reached.wait(10)
        assert becomes_true(stream_ended(parrot))


def test_hanging_up_before_the_first_word_of_a_stream_stops_the_model(start_madlen: StartMadlen) -> None:
    parrot = Parrot([Gate(), "Hello", DONE])
    with served(start_madlen(parrot)) as url:
        with pytest.raises(httpx2.ReadTimeout):
            httpx2.post(f"{url}/chat/", json={**HELLO, "stream": True}, timeout=httpx2.Timeout(5, read=0.3))
        assert becomes_true(stream_ended(parrot))


@pytest.mark.parametrize("stream", [False, True])
def test_a_kept_answer_runs_on_when_its_caller_hangs_up(madlen: Services, gate: Gate, stream: bool) -> None:
    session = madlen.chat.create_session("parrot/polly")
    body = {**HELLO, "stream": stream, "session_id": session.id}
    with served(madlen) as url:
        timeout = httpx2.Timeout(5, read=0.3)
        with (
            pytest.raises(httpx2.ReadTimeout),
            httpx2.stream("POST", f"{url}/chat/", json=body, timeout=timeout) as response,
        ):
            list(response.iter_lines())
        assert gate.reached.wait(10)
        gate.open()
        [turn] = madlen.store.turns(session.id)
        *_, last = madlen.hub.follow(turn.replies[0].id, every=0)
        assert last.ended is not None
        assert (last.ended.text, last.ended.status) == ("Hello there", Status.COMPLETE)


def test_an_answer_is_followed_live_over_http(madlen: Services, gate: Gate) -> None:
    session = madlen.chat.create_session("parrot/polly")
    with served(madlen) as url:
        kept = {**HELLO, "stream": True, "session_id": session.id}
        with httpx2.stream("POST", f"{url}/chat/", json=kept) as asking:
            next(asking.iter_lines())
            [turn] = madlen.store.turns(session.id)
            with httpx2.stream("GET", f"{url}/messages/{turn.replies[0].id}/stream") as following:
                lines = following.iter_lines()
                assert next(lines) == "event: delta"
                gate.open()
                rest = "\n".join(lines)
    assert '"text": "there"' in rest
    assert "event: reply" in rest
