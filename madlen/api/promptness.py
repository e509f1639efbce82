"""Small answers leave at once: what Streamlit's server leaves out when it makes its sockets."""

from __future__ import annotations

import signal
import socket

import anyio
import uvicorn


def server() -> uvicorn.Server | None:
    """The uvicorn that serves us, known by its handler of signals, while that is not replaced yet."""
    handlers = (signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT))
    owners = (getattr(handler, "__self__", None) for handler in handlers)
    return next((owner for owner in owners if isinstance(owner, uvicorn.Server)), None)


async def without_delay(serving: uvicorn.Server) -> None:
    """Turns off Nagle's algorithm on the listening sockets, from which connections inherit it.

    It holds small answers back for about 40 ms. asyncio turns it off itself, but only on sockets that were
    made with their protocol named, and Streamlit's are not.
    """
    # uvicorn tells nobody when it listens.
    while not serving.started:  # noqa: ASYNC110
        await anyio.sleep(0.01)
    for one in serving.servers:
        for listening in one.sockets:
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
