"""Whether anybody listens at an address."""

from __future__ import annotations

from urllib.parse import urlsplit

import anyio

SECONDS = 2.0
_PORTS = {"http": 80, "https": 443}


async def listens(address: str, *, seconds: float = SECONDS) -> bool:
    """Whether a connection to an http or https address comes about within so many seconds."""
    parts = urlsplit(address)
    if not parts.hostname:
        return False
    try:
        with anyio.fail_after(seconds):
            stream = await anyio.connect_tcp(parts.hostname, parts.port or _PORTS.get(parts.scheme, 80))
            await stream.aclose()
    except (OSError, TimeoutError):
        return False
    return True
