"""SIGTERM and Ctrl-C: an orderly end with exit code 0, also while answers are followed."""

from __future__ import annotations

import signal
from types import FrameType

import uvicorn

from madlen.services import Services


def end_cleanly(services: Services) -> None:
    """Puts our handler in the place of uvicorn's; without uvicorn nothing changes.

    uvicorn waits for open connections before it lets the services end, and connections that follow an
    answer wait for that answer: so the answers are interrupted first. It then would raise the signal
    again, which kills the process. A second signal does not wait for anything.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        server = getattr(signal.getsignal(number), "__self__", None)
        if isinstance(server, uvicorn.Server):
            signal.signal(number, _Ending(services, server))


class _Ending:
    def __init__(self, services: Services, server: uvicorn.Server) -> None:
        self._services = services
        self._server = server

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        self._server.force_exit = self._server.should_exit
        self._server.should_exit = True
        self._services.hub.interrupt()
