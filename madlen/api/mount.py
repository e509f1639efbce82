"""The API beside the pages: what ``app.py`` gives to Streamlit's server."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Receive, Scope, Send
from uvicorn.config import STARTUP_FAILURE

from madlen import api, services
from madlen.api import ahead, promptness
from madlen.api.ending import end_cleanly
from madlen.errors import MadlenError
from madlen.guard import Guard
from madlen.settings import Settings
from madlen.viewport import Viewport

PREFIX = "/api"
_FIRST_PAGE_SECONDS = 5.0


def routes(*, page: Path) -> list[BaseRoute]:
    """Everything under ``/api``, ``/api`` itself, ``/metrics``, where Prometheus looks, and a script.

    ``page`` is the HTML file behind every page. At ``/`` it is given from memory: Streamlit opens it
    anew for each visitor, which takes a sixteenth of the time of a first page.
    """
    return [
        Route("/", _kept(page.read_text("utf-8"), "text/html")),
        Route(PREFIX, _Same("")),
        Route("/metrics", _Same("/metrics")),
        Route(ahead.PATH, _kept(ahead.script(page), "text/javascript")),
        Mount(PREFIX, api.app),
    ]


def middleware(settings: Settings, *, page: Path) -> list[Middleware]:
    """The guard, and who asks how wide windows are. ``page`` is the HTML file behind every page."""
    return [
        Middleware(Viewport),
        Middleware(
            Guard,
            allowed_hosts=settings.allowed_hosts,
            cors_origins=settings.cors_origins,
            page=page.read_text("utf-8"),
        ),
    ]


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[dict[str, Any]]:
    """Makes the services while the first browser loads its scripts, and closes them with the server: what
    is in flight is stored as interrupted."""
    serving = promptness.server()
    end_cleanly()
    async with anyio.create_task_group() as group:
        if serving is not None:
            group.start_soon(promptness.without_delay, serving)
        group.start_soon(_ready_before_it_is_asked)
        yield {}
        group.cancel_scope.cancel()
    await anyio.to_thread.run_sync(services.close)


async def _ready_before_it_is_asked() -> None:
    """Makes the services, and the API once the first page has had its time."""
    try:
        await anyio.to_thread.run_sync(services.current)
    except MadlenError as error:
        print(error, file=sys.stderr, flush=True)
        # At once, for there is nothing yet that would have to end in order. With any other code uvicorn
        # would start a worker again and again.
        os._exit(STARTUP_FAILURE)
    await anyio.sleep(_FIRST_PAGE_SECONDS)
    await anyio.to_thread.run_sync(api.made)
    # What is loaded now stays: a collection need not look through it each time, while every page waits.
    gc.freeze()


def _kept(content: str, media_type: str) -> Callable[[Request], Awaitable[Response]]:
    """Answers with what was made once; a browser asks whether it is still the same."""
    response = Response(content, media_type=media_type, headers={"Cache-Control": "no-cache"})

    async def answer(_request: Request) -> Response:
        return response

    return answer


class _Same:
    """A path of the API at an address that its mount does not match."""

    def __init__(self, path: str) -> None:
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        root_path = scope.get("root_path", "") + PREFIX
        await api.app({**scope, "root_path": root_path, "path": root_path + self._path}, receive, send)
