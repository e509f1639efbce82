"""The REST API: the verbs of the pages, for programs. ``app`` is its ASGI entry.

It is mounted at ``/api`` beside the pages and runs alone with ``uvicorn madlen.api:app``. Alone it
opens the services at start-up and closes them at the end; a setting or database that cannot work
ends the process with its sentence.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import anyio.to_thread
from starlette.types import ASGIApp, Receive, Scope, Send

from madlen import services
from madlen.api.ending import end_cleanly
from madlen.errors import MadlenError
from madlen.guard import Guard

if TYPE_CHECKING:
    from madlen.services.wiring import Services

_making = threading.Lock()
_made: tuple[Services, ASGIApp] | None = None


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    else:
        application = await anyio.to_thread.run_sync(made)
        await application(scope, receive, send)


def made() -> ASGIApp:
    """The application of the current services, made when it is first wanted, which takes a moment."""
    global _made
    with _making:
        running = services.current()
        if _made is None or _made[0] is not running:
            # FastAPI is a third of all that is imported, and the first page needs none of it.
            from madlen.api.application import create  # noqa: PLC0415
            from madlen.api.entry import Entry  # noqa: PLC0415

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
        await anyio.to_thread.run_sync(services.current)
    except MadlenError as error:
        await send({"type": "lifespan.startup.failed", "message": str(error)})
        return
    end_cleanly()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await anyio.to_thread.run_sync(services.close)
    await send({"type": "lifespan.shutdown.complete"})
