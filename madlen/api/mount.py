"""The API beside the pages: what ``app.py`` gives to Streamlit's server."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import anyio.to_thread
import uvicorn
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Receive, Scope, Send

from madlen import api, services
from madlen.guard import Guard
from madlen.settings import Settings

PREFIX = "/api"


def routes() -> list[BaseRoute]:
    """Everything under ``/api``, and ``/api`` itself."""
    return [Route(PREFIX, _Bare()), Mount(PREFIX, api.app)]


def middleware(settings: Settings, *, page: Path) -> list[Middleware]:
    """The guard. ``page`` is the HTML file that Streamlit serves for every page."""
    return [
        Middleware(
            Guard,
            allowed_hosts=settings.allowed_hosts,
            cors_origins=settings.cors_origins,
            page=page.read_text("utf-8"),
        )
    ]


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[dict[str, Any]]:
    """Closes the services with the server: what is in flight is stored as interrupted."""
    _end_cleanly()
    yield {}
    await anyio.to_thread.run_sync(services.close)


def _end_cleanly() -> None:
    """Makes SIGTERM an orderly end with exit code 0.

    uvicorn shuts down in order too, but then raises the signal again, which kills the process.
    """
    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    if isinstance(server, uvicorn.Server):

        def end(_signal: int, _frame: FrameType | None) -> None:
            server.should_exit = True

        signal.signal(signal.SIGTERM, end)


class _Bare:
    """``/api`` without its slash, which a mount does not match."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        root_path = scope.get("root_path", "") + PREFIX
        await api.app({**scope, "root_path": root_path}, receive, send)
