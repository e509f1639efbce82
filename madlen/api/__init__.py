"""The REST API: the verbs of the pages, for programs. ``app`` is its ASGI entry.

It is mounted at ``/api`` beside the pages and runs alone with ``uvicorn madlen.api:app``. Alone it
opens the services at start-up and closes them at the end; a setting or database that cannot work
ends the process with its sentence.
"""

from __future__ import annotations

import anyio.to_thread
from starlette.types import ASGIApp, Receive, Scope, Send

from madlen import services
from madlen.api.application import create
from madlen.api.ending import end_cleanly
from madlen.api.entry import Entry
from madlen.errors import MadlenError
from madlen.guard import Guard

_made: tuple[services.Services, ASGIApp] | None = None


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    else:
        running = await anyio.to_thread.run_sync(services.current)
        await _application(running)(scope, receive, send)


def _application(running: services.Services) -> ASGIApp:
    """One application for as long as the services stay the same."""
    global _made
    if _made is None or _made[0] is not running:
        settings = running.settings
        guarded = Guard(
            Entry(create(running)),
            allowed_hosts=settings.allowed_hosts,
            cors_origins=settings.cors_origins,
        )
        _made = (running, guarded)
    return _made[1]


async def _lifespan(receive: Receive, send: Send) -> None:
    await receive()
    try:
        end_cleanly(await anyio.to_thread.run_sync(services.current))
    except MadlenError as error:
        await send({"type": "lifespan.startup.failed", "message": str(error)})
        return
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await anyio.to_thread.run_sync(services.close)
    await send({"type": "lifespan.shutdown.complete"})
