"""Plain requests to the pretend server, for the tests of the server itself."""

from __future__ import annotations

import json
from typing import Any

import httpx
import httpx_sse

from tests.pretend_openrouter.account import VALID_KEY
from tests.pretend_openrouter.answers import Json
from tests.pretend_openrouter.payloads import CHAT_MODEL


def get(address: str, key: str | None = VALID_KEY, **more: Any) -> httpx.Response:
    return httpx.get(address, headers=with_key(key), timeout=30, **more)


def question(**changes: Any) -> Json:
    """The body of a chat request; a key whose change is ``None`` is left out."""
    messages = [{"role": "user", "content": "Hello"}]
    body = {"model": CHAT_MODEL, "stream": True, "messages": messages, **changes}
    return {key: value for key, value in body.items() if value is not None}


def with_key(key: str | None = VALID_KEY) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"} if key else {}


def ask(
    base_url: str, *, key: str = VALID_KEY, headers: Json | None = None, **changes: Any
) -> httpx.Response:
    """The whole answer to one question."""
    return httpx.post(
        f"{base_url}/chat/completions",
        json=question(**changes),
        headers={**with_key(key), **(headers or {})},
        timeout=30,
    )


def chunks(response: httpx.Response) -> list[Json]:
    """The events of a stream, decoded, without ``[DONE]``."""
    events = [event.data for event in httpx_sse.EventSource(response).iter_sse()]
    return [json.loads(event) for event in events if event != "[DONE]"]


def deltas(response: httpx.Response) -> list[Json]:
    return [choice["delta"] for chunk in chunks(response) for choice in chunk["choices"]]


def spoken(response: httpx.Response) -> str:
    return "".join(delta.get("content") or "" for delta in deltas(response))


def message(response: httpx.Response) -> str:
    """What an error says."""
    said: str = response.json()["error"]["message"]
    return said
