"""What a request passes before the application, its tracing and its routes see it."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from madlen.api import problems
from madlen.errors import TooLarge
from madlen.files.imports import FILE_BYTES

BODY_BYTES = 64_000_000
_LARGER = dict.fromkeys(("/sessions/import", "/runs/import", "/runs/rerun"), FILE_BYTES)
"""Paths that take more than others."""


class Entry:
    """Answers every path with and without its trailing slash, without a redirect, and refuses a body
    that says it is too large. One that does not say so is cut off by the application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            root_path = scope.get("root_path", "")
            inner = scope["path"].removeprefix(root_path).rstrip("/") or "/"
            most = _LARGER.get(inner, BODY_BYTES)
            length = Headers(scope=scope).get("content-length", "")
            if length.isdecimal() and int(length) > most:
                error = TooLarge(f"The request is over {most // 1_000_000} MB; send less at once.")
                await problems.response(problems.of_error(error), scope["path"])(scope, receive, send)
                return
            scope = {**scope, "path": root_path + inner}
        await self._app(scope, receive, send)
