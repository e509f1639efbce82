"""That a signal ends answers whatever the thread that it comes to is at."""

from __future__ import annotations

import signal

import anyio
import pytest
import uvicorn
from starlette.applications import Starlette

from madlen import services
from madlen.api.ending import end_cleanly
from madlen.types import Lane, Status
from tests.conftest import StartMadlen
from tests.parrot import Gate, Parrot

pytestmark = pytest.mark.timeout(60)


def test_a_signal_while_a_follower_holds_the_transcript_does_not_wait_for_itself(
    start_madlen: StartMadlen,
) -> None:
    gate = Gate()
    madlen = start_madlen(Parrot(["Once ", gate, "upon"]))
    [generation] = madlen.chat.ask("Sail", [Lane("parrot/polly")]).generations
    assert gate.reached.wait(10)

    async def play() -> None:
        config = uvicorn.Config(Starlette(), log_level="warning", lifespan="off", port=0)
        server = uvicorn.Server(config)
        before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
        for number in before:
            signal.signal(number, server.handle_exit)
        try:
            end_cleanly()
            with generation._transcript._lock:
                # The answer's thread waits for the lock, as it would for a chunk that comes just then.
                madlen.portal.start_task_soon(_write, generation._transcript)
                signal.raise_signal(signal.SIGTERM)
            assert server.should_exit
            assert not server.force_exit
            with anyio.fail_after(20):
                while generation.reply().status is Status.STREAMING:  # noqa: ASYNC110
                    await anyio.sleep(0.01)
            signal.raise_signal(signal.SIGTERM)
            assert not server.force_exit
            signal.raise_signal(signal.SIGINT)
            assert server.force_exit
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    with services.using(madlen):
        anyio.run(play)
    assert generation.reply().status is Status.INTERRUPTED


def _write(transcript: object) -> None:
    transcript.write(text="there was ")  # type: ignore[attr-defined]
