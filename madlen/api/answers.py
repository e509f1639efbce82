"""Sessions, messages and completions as JSON."""

from __future__ import annotations

from typing import Any

from madlen.history import Entry
from madlen.types import Lane, Reply, Session, Status, Timing, Turn, Usage

Json = dict[str, Any]


def session(value: Session) -> Json:
    return {
        "id": value.id,
        "title": value.title,
        "model_id": value.model_id,
        "created_at": value.created_at.isoformat(),
        "updated_at": value.updated_at.isoformat(),
        "message_count": value.message_count,
    }


def entry(value: Entry) -> Json:
    """A session as lists show it; with ``found`` where it was searched for by words that stand in it."""
    marks: Json = {"pinned": value.pinned, "archived": value.archived}
    if value.message_id:
        pieces = [{"text": piece.text, "hit": piece.hit} for piece in value.found]
        marks["found"] = {"message_id": value.message_id, "pieces": pieces}
    return {**session(value), **marks}


def turn(value: Turn) -> list[Json]:
    """The prompt and its replies as messages. Images are data URLs, or the https address given."""
    addresses = [picture.address for picture in value.pictures]
    extra: Json = {
        **({"image_urls": addresses} if len(addresses) > 1 else {}),
        **({"blind": True} if value.blind else {}),
    }
    prompt = {
        "id": value.id,
        "session_id": value.session_id,
        "role": "user",
        "content": value.text,
        "image_url": addresses[0] if addresses else None,
        "timestamp": value.created_at.isoformat(),
        "extra_metadata": extra or None,
    }
    return [prompt, *(reply(one) for one in value.replies)]


def reply(value: Reply) -> Json:
    failure = value.failure
    extra = {
        "turn_id": value.turn_id,
        "lane": value.lane,
        "model_id": value.model_id,
        "model": value.model,
        "provider": value.provider,
        "generation_id": value.generation_id,
        "status": value.status.value,
        "finish_reason": value.finish_reason,
        "usage": usage(value.usage),
        "timing": timing(value.timing),
        "reasoning": value.reasoning,
        "error": None
        if failure is None
        else {"type": failure.kind, "detail": failure.sentence, **failure.extra},
        "trace_id": value.trace_id,
        "image_urls": [one.address for one in value.pictures] if len(value.pictures) > 1 else None,
        "notes": list(value.notes),
    }
    return {
        "id": value.id,
        "session_id": value.session_id,
        "role": "assistant",
        "content": value.text,
        "image_url": value.pictures[0].address if value.pictures else None,
        "timestamp": value.created_at.isoformat(),
        "extra_metadata": {name: part for name, part in extra.items() if part not in (None, "", {}, [])},
    }


def completion(value: Reply) -> Json:
    """OpenAI's ``chat.completion``, and beside it what Madlen knows more."""
    message: Json = {"role": "assistant", "content": value.text}
    if value.reasoning:
        message["reasoning"] = value.reasoning
    if value.pictures:
        message["images"] = [
            {"type": "image_url", "image_url": {"url": picture.address}} for picture in value.pictures
        ]
    choice = {"index": 0, "message": message, "finish_reason": finish_reason(value)}
    return {**_head(value, "chat.completion"), "choices": [choice], **_tail(value)}


def chunk(value: Reply, delta: Json, *, last: bool = False) -> Json:
    """OpenAI's ``chat.completion.chunk``; the last one carries usage and timing."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason(value) if last else None}
    return {
        **_head(value, "chat.completion.chunk"),
        "choices": [choice],
        **(_tail(value) if last else {}),
    }


def finish_reason(value: Reply) -> str:
    return value.finish_reason or ("stop" if value.status is Status.STOPPED else "error")


def usage(value: Usage) -> Json:
    counts = {
        "prompt_tokens": value.prompt_tokens,
        "completion_tokens": value.completion_tokens,
        "total_tokens": value.total_tokens,
        "cost": None if value.cost is None else float(value.cost),
    }
    return {name: count for name, count in counts.items() if count is not None}


def lane(value: Lane) -> Json:
    """A lane as ``POST /compare/`` takes it."""
    sampled = value.parameters
    known = {
        "model": value.model_id,
        "label": value.name,
        "system": value.system or None,
        "temperature": sampled.temperature,
        "max_tokens": sampled.max_tokens,
        "top_p": sampled.top_p,
        "seed": sampled.seed,
        "stop": list(sampled.stop) or None,
        "reasoning": sampled.reasoning_effort and {"effort": sampled.reasoning_effort},
    }
    return {name: part for name, part in known.items() if part is not None}


def timing(value: Timing) -> Json:
    """Seconds. The first token is the first visible one, or the first of any kind."""
    first = value.time_to_first_token
    seconds = {
        "time_to_first_token": value.time_to_first_chunk if first is None else first,
        "duration": value.duration,
    }
    return {name: round(part, 6) for name, part in seconds.items() if part is not None}


def _head(value: Reply, kind: str) -> Json:
    return {
        "id": value.id,
        "object": kind,
        "created": int(value.created_at.timestamp()),
        "model": value.model or value.model_id,
        "provider": value.provider,
    }


def _tail(value: Reply) -> Json:
    return {
        "usage": usage(value.usage),
        "session_id": value.session_id or None,
        "trace_id": value.trace_id or None,
        "timing": timing(value.timing),
    }
