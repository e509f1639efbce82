"""Prompts and answers as attributes of a span, for operators who ask for them; never more than 8 kB each.

Their shape is that of the GenAI conventions: messages of a role and parts, as JSON. Of pictures their type
alone is recorded.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from madlen.tracing import names
from madlen.tracing.attributes import Attributes
from madlen.types import Message, Reply

BYTES = 8192
_LEFT_OUT = "…"


def asked(messages: Sequence[Message]) -> Attributes:
    """What a model is asked. Where it is too much the last words count most."""
    system = [_text(message.text) for message in messages if message.role == "system"]
    told = [
        {"role": message.role, "parts": [_text(message.text), *map(_picture, message.pictures)]}
        for message in messages
        if message.role != "system"
    ]
    return {
        names.INPUT_MESSAGES: _bounded(told),
        **({names.SYSTEM_INSTRUCTIONS: _bounded(system)} if system else {}),
    }


def answered(reply: Reply) -> Attributes:
    """What a model said, its thinking first."""
    parts = [{"type": "reasoning", "content": reply.reasoning}] if reply.reasoning else []
    parts += [_text(reply.text), *map(_picture, reply.pictures)]
    message = {"role": "assistant", "parts": parts, "finish_reason": reply.finish_reason or "error"}
    return {names.OUTPUT_MESSAGES: _bounded([message])}


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "content": text}


def _picture(picture: Any) -> dict[str, Any]:
    return {"type": "blob", "modality": "image", "mime_type": picture.media_type or None, "content": ""}


def _bounded(items: list[dict[str, Any]]) -> str:
    """As JSON, with texts cut and then the first items left out until it fits."""
    share = BYTES
    while len(written := _json(items)) > BYTES:
        share //= 2
        items = [_cut(item, share) for item in items]
        if share < 256:
            items = items[(len(items) + 1) // 2 :]
    return written


def _cut(item: dict[str, Any], characters: int) -> dict[str, Any]:
    if "parts" in item:
        return {**item, "parts": [_cut(part, characters) for part in item["parts"]]}
    content = item["content"]
    if len(content) <= characters:
        return item
    return {**item, "content": content[: characters - 1].rstrip(_LEFT_OUT) + _LEFT_OUT}


def _json(items: list[dict[str, Any]]) -> str:
    # Escaped, so that one character is one byte and no half of a surrogate pair can break an exporter.
    return json.dumps(items, ensure_ascii=True, separators=(",", ":"))
