"""Server-sent events."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

from fastapi.sse import format_sse_event
from starlette.responses import StreamingResponse

from madlen.api.answers import Json


@dataclass(frozen=True, slots=True)
class Event:
    data: Json | str
    name: str | None = None
    id: str | None = None


DONE = Event("[DONE]")


def response(events: AsyncIterator[Event]) -> StreamingResponse:
    """The events as they come; proxies are asked not to hold them back."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_encoded(events), media_type="text/event-stream", headers=headers)


async def _encoded(events: AsyncIterator[Event]) -> AsyncIterator[bytes]:
    async for event in events:
        text = event.data if isinstance(event.data, str) else json.dumps(event.data)
        yield format_sse_event(data_str=text, event=event.name, id=event.id)
