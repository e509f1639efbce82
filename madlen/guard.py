"""What stands before pages and API alike: who may call, and what a page may load.

Streamlit shows remote images in every label it draws, and its websocket and custom routes check
neither host nor origin. So requests for another host name or from another site's page are refused,
and a content security policy lets a page load from its own server only.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_ANY = "*"
_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_HOST = re.compile(r"(\[[^\[\]]*\]|[^:\[\]]*)(?::[0-9]*)?")
_DOCUMENTATION = ("/docs", "/redoc")


class Guard:
    """ASGI middleware. ``page`` is the HTML whose inline scripts the policy lets run."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        allowed_hosts: Sequence[str],
        cors_origins: Sequence[str] = (),
        page: str = "",
    ) -> None:
        self._app = app
        self._hosts = {host.lower() for host in allowed_hosts}
        self._origins = set(cors_origins)
        self._policy = policy(_INLINE_SCRIPT.findall(page))
        # FastAPI's documentation pages set themselves up in an inline script.
        self._documentation_policy = policy((), inline=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is None:
            await self._app(scope, receive, self._with_policy(scope, send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": "forbidden"})
        else:
            problem = {
                "type": "urn:madlen:error:forbidden",
                "title": "Forbidden",
                "status": 403,
                "detail": refusal,
            }
            await JSONResponse(problem, 403, media_type="application/problem+json")(scope, receive, send)

    def _refusal(self, scope: Scope) -> str | None:
        """Why the request is refused, as a sentence; ``None`` when it is not."""
        headers = Headers(scope=scope)
        host, origin = headers.get("host", ""), headers.get("origin")
        if _ANY not in self._hosts and _host_name(host) not in self._hosts:
            return (
                "This host name is not one that Madlen answers to. Add it to ALLOWED_HOSTS, "
                'a JSON list such as ["localhost","chat.example.com"].'
            )
        if scope["type"] == "http" and scope["method"] in _SAFE_METHODS:
            return None
        if origin is None:
            # Programs send no Origin; browsers send it with every websocket.
            return "A websocket needs an Origin." if scope["type"] == "websocket" else None
        if origin in self._origins or _is_at(origin, host):
            return None
        return "Pages of another site may not do this. Add the site to CORS_ORIGINS to let it."

    def _with_policy(self, scope: Scope, send: Send) -> Send:
        # Whole paths: what merely ends so may be a page, for the server gives one for any path.
        path = scope["path"].removeprefix(scope.get("root_path", "")).rstrip("/")
        documentation = path in _DOCUMENTATION
        chosen = self._documentation_policy if documentation else self._policy

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Security-Policy", chosen)
                headers.setdefault("X-Content-Type-Options", "nosniff")
                headers.setdefault("Referrer-Policy", "no-referrer")
            await send(message)

        return sending


def policy(scripts: Iterable[str], *, inline: bool = False) -> str:
    """A content security policy that lets a page use its own server, and the given inline scripts."""
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts)
    hashes = "".join(f" 'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    extra = " 'unsafe-inline'" if inline else hashes
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' 'wasm-unsafe-eval'{extra}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "media-src 'self' blob: data:",
            "worker-src 'self' blob:",
            "frame-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def _is_at(origin: str, host: str) -> bool:
    """Whether a page of that origin came from that host and port."""
    try:
        place = urlsplit(origin).netloc
    except ValueError:
        return False
    return place != "" and place.lower() == host.lower()


def _host_name(host: str) -> str:
    """The name in a Host header without its port, empty for no name; an IPv6 address keeps its brackets."""
    found = _HOST.fullmatch(host)
    return found[1].lower() if found else ""
