"""That the provider of the fault tests sees whoever hangs up on it."""

from __future__ import annotations

import json
import socket
from urllib.parse import urlsplit

from bench.faults.upstream import MODEL, Upstream, Wire


async def flooding(wire: Wire) -> None:
    """Speaks until nobody takes any more, and then waits for whoever should."""
    while True:
        await wire.raw(b"x" * 65536)


def test_who_hangs_up_with_words_unread_is_seen() -> None:
    body = json.dumps({"model": MODEL, "messages": [{"role": "user", "content": "unread"}], "stream": True})
    with Upstream(flooding).running() as upstream:
        place = urlsplit(upstream.base_url)
        head = (
            f"POST {place.path}/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        with socket.create_connection((str(place.hostname), place.port or 0)) as caller:
            caller.sendall((head + body).encode())
            caller.recv(100)
            call = upstream.call("unread")
        assert call.hung_up.wait(10)
