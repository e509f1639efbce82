"""How wide a visitor's window is, as far as the browser says.

Chromium says it in a client hint when asked for one (https://wicg.github.io/responsive-image-client-hints/).
A websocket's handshake carries no hints, so the width goes into a cookie, which it does carry. Of the other
browsers it is known whether they run on a phone.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

NARROW = 700
"""CSS pixels below which two answers cannot stand side by side."""
COOKIE = "viewport"
_HINT = "Sec-CH-Viewport-Width"
_MOST = 5
"""Digits of a width."""


class Viewport:
    """ASGI middleware that asks for the width and leaves it in the cookie."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = Headers(scope=scope)
        told = asked.get(_HINT, "")
        known = cookie_parser(asked.get("cookie", "")).get(COOKIE)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.append("Accept-CH", _HINT)
                if _is_width(told) and told != known:
                    headers.append("Set-Cookie", f"{COOKIE}={told}; Path=/; SameSite=Lax; HttpOnly")
            await send(message)

        await self._app(scope, receive, sending)


def narrow(cookies: Mapping[str, str], headers: Mapping[str, str]) -> bool:
    """Whether the window is narrow, by what came with the page's websocket."""
    width = cookies.get(COOKIE, "")
    return int(width) < NARROW if _is_width(width) else "Mobi" in headers.get("User-Agent", "")


def _is_width(written: str) -> bool:
    return written.isascii() and written.isdecimal() and len(written) <= _MOST
