"""SIGTERM and Ctrl-C: an orderly end with exit code 0, also while answers are followed."""

from __future__ import annotations

import asyncio
import signal
from types import FrameType

import uvicorn

from madlen import services


def end_cleanly() -> None:
    """Puts our handler in the place of uvicorn's; without uvicorn nothing changes. For the server's loop.

    uvicorn waits for open connections before it lets the services end, and connections that follow an
    answer wait for that answer: so the answers are interrupted first. It then would raise the signal
    again, which kills the process. A second Ctrl-C does not wait for anything; SIGTERM after Ctrl-C may
    be the same wish, passed on by whoever started us.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        server = getattr(signal.getsignal(number), "__self__", None)
        if isinstance(server, uvicorn.Server):
            signal.signal(number, _Ending(server, asyncio.get_running_loop()))


class _Ending:
    def __init__(self, server: uvicorn.Server, loop: asyncio.AbstractEventLoop) -> None:
        self._server = server
        self._loop = loop

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        if self._server.should_exit and number == signal.SIGINT:
            self._server.force_exit = True
        self._server.should_exit = True
        # Not here: whatever this thread was at may hold a lock that the answers wait for, and to interrupt
        # them waits for their loop.
        self._loop.call_soon_threadsafe(services.interrupt)
