"""Answers that succeed, in all their shapes."""

from __future__ import annotations

import base64
import io
import json
import random
from functools import cache

from PIL import Image

from tests.pretend_openrouter.answers import Answer, Asked, Json, Scenario
from tests.pretend_openrouter.chat import final, opening, ordinary, resolved, text, told
from tests.pretend_openrouter.payloads import COMMENT, DONE, completion, usage

_IMAGE_SIDE = 1100


def _commented(asked: Asked) -> Answer:
    return Answer(
        pieces=[
            COMMENT * 3,
            opening(asked),
            text(asked, "Hello"),
            COMMENT * 2,
            b": \n\n",
            text(asked, " there"),
            COMMENT,
            final(asked),
            DONE,
        ]
    )


def _usage_without_finish(asked: Asked) -> Answer:
    stop = text(asked, "", finish_reason="stop", native="STOP")
    return Answer(pieces=[opening(asked), text(asked, "Hello"), stop, final(asked, None, None), DONE])


def _usage_without_choices(asked: Asked) -> Answer:
    stop = text(asked, "", finish_reason="stop", native="STOP")
    return Answer(pieces=[opening(asked), text(asked, "Hello"), stop, final(asked, choices=[]), DONE])


def _no_usage(asked: Asked) -> Answer:
    stop = text(asked, "", finish_reason="stop", native="STOP")
    return Answer(pieces=[opening(asked), text(asked, "Hello"), stop, DONE])


def _bare_usage(asked: Asked) -> Answer:
    counts = {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13, "is_byok": None}
    return Answer(pieces=[opening(asked), text(asked, "Hello"), final(asked, usage=counts), DONE])


def _usage_twice(asked: Asked) -> Answer:
    early = text(asked, "Hello", usage=usage(1, 1, cost=1e-06))
    return Answer(pieces=[opening(asked), early, final(asked), DONE])


def _thought(words: str | None = None, **more: object) -> Json:
    detail: Json = {"type": "reasoning.text", "format": "anthropic-claude-v1", "index": 0, **more}
    if words is None:
        return {"content": "", "reasoning_details": [detail]}
    return {"content": "", "reasoning": words, "reasoning_details": [{**detail, "text": words}]}


def _reasoning(asked: Asked) -> Answer:
    whole = {
        "type": "reasoning.text",
        "text": "One flat shape.",
        "signature": "c2lnbmVk",
        "id": None,
        "format": "anthropic-claude-v1",
        "index": 0,
    }
    return told(
        asked,
        _thought("One flat"),
        _thought(" shape."),
        _thought(signature="c2lnbmVk"),
        {"content": "A red square."},
        message={"content": "A red square.", "reasoning": "One flat shape.", "reasoning_details": [whole]},
    )


def _encrypted_reasoning(asked: Asked) -> Answer:
    summary = {
        "type": "reasoning.summary",
        "summary": "**Looking**",
        "id": "rs_1",
        "format": "openai-responses-v1",
        "index": 0,
    }
    sealed = {
        "type": "reasoning.encrypted",
        "data": "Z0FBQUFBQm9",
        "id": "rs_1",
        "format": "openai-responses-v1",
        "index": 1,
    }
    return told(
        asked,
        {"content": "", "reasoning": "**Looking**", "reasoning_details": [summary]},
        {"content": "", "reasoning_details": [sealed]},
        {"content": "A red square."},
        message={
            "content": "A red square.",
            "reasoning": "**Looking**",
            "reasoning_details": [summary, sealed],
        },
    )


def _call(index: int | None, name: str | None, arguments: str | None, call_id: str | None = None) -> Json:
    function: Json = {"arguments": arguments}
    call: Json = {"type": "function", "function": function}
    if name is not None:
        function["name"] = name
    if call_id is not None:
        call["id"] = call_id
    if index is not None:
        call["index"] = index
    return {"role": "assistant", "content": None, "tool_calls": [call]}


def _two_calls(asked: Asked) -> Answer:
    calls = [
        ("call_1", "weather", '{"city": "Ankara"}'),
        ("call_2", "weather", '{"city": "İzmir"}'),
    ]
    message = {
        "content": None,
        "tool_calls": [
            {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
            for call_id, name, arguments in calls
        ],
    }
    return told(
        asked,
        _call(0, "weather", "", "call_1"),
        _call(0, None, '{"city": '),
        _call(1, "weather", "", "call_2"),
        _call(0, None, '"Ankara"}'),
        _call(1, None, '{"city": "İzmir"}'),
        message=message,
        finish_reason="tool_calls",
        native="tool_use",
    )


def _odd_calls(asked: Asked) -> Answer:
    message = {
        "content": None,
        "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "now", "arguments": ""}}],
    }
    return told(
        asked,
        _call(None, "now", None, "call_1"),
        message=message,
        finish_reason="tool_calls",
        native="STOP",
    )


@cache
def picture() -> str:
    """A data URL of some 5 MB: noise, which no compression makes small."""
    noise = random.Random(0).randbytes(_IMAGE_SIDE * _IMAGE_SIDE * 3)  # noqa: S311
    file = io.BytesIO()
    Image.frombytes("RGB", (_IMAGE_SIDE, _IMAGE_SIDE), noise).save(file, "PNG", compress_level=0)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def _drawn(asked: Asked) -> Answer:
    images = [{"type": "image_url", "image_url": {"url": picture()}, "index": 0}]
    return told(asked, {"content": "", "images": images}, message={"content": "", "images": images})


def _echo(asked: Asked) -> Answer:
    received = asked.received
    seen = {
        "model": received.body.get("model"),
        "parts": [part["type"] for part in received.parts],
        "headers": {
            name: value
            for name, value in received.headers.items()
            if name.startswith(("http-referer", "x-")) or name in {"user-agent", "accept-encoding"}
        },
    }
    words = json.dumps(seen)
    return told(asked, {"content": words}, message={"content": words})


def _without_id(asked: Asked) -> Answer:
    if not asked.streams:
        body = completion(asked, {"content": "Hello"})
        return Answer(body={key: value for key, value in body.items() if key not in {"id", "provider"}})
    anonymous: Json = {"id": None, "provider": None}
    return Answer(pieces=[text(asked, "Hello", **anonymous), final(asked, **anonymous), DONE])


def _ending(summary: str, finish_reason: str | None, native: str | None) -> Scenario:
    def rule(asked: Asked) -> Answer:
        message = {"content": "Hello"}
        return told(asked, message, message=message, finish_reason=finish_reason, native=native)

    return Scenario(summary, (lambda asked: rule(resolved(asked)),))


def _empty(asked: Asked) -> Answer:
    if not asked.streams:
        counts = usage(9, 0, cost=0)
        return Answer(body=completion(asked, {"content": ""}, usage=counts))
    return Answer(pieces=[opening(asked), final(asked, usage=usage(9, 0, cost=0)), DONE])


ORDINARY = Scenario("a good answer, or the refusal that the request earns", (ordinary,))
COMMENTS = Scenario("keep-alive comments before and between chunks, one of them bare", (_commented,))
USAGE_WITHOUT_FINISH = Scenario(
    "the usage chunk has one choice without finish reason (2025)", (_usage_without_finish,)
)
USAGE_WITHOUT_CHOICES = Scenario("the usage chunk has no choices (early 2026)", (_usage_without_choices,))
USAGE_WITH_FINISH = Scenario(
    "the usage chunk repeats the finish reason (since July 2026)",
    (lambda asked: told(asked, {"content": "Hello"}, message={"content": "Hello"}),),
)
USAGE_NOWHERE = Scenario("no chunk has usage", (_no_usage,))
USAGE_WITHOUT_COST = Scenario("usage has counts only, no cost", (_bare_usage,))
USAGE_TWICE = Scenario("two chunks have usage, the last one counts", (_usage_twice,))
REASONING = Scenario("reasoning in fragments, the last one a signature without text", (_reasoning,))
REASONING_ENCRYPTED = Scenario("a reasoning summary, then an encrypted item", (_encrypted_reasoning,))
TOOL_CALLS = Scenario("two parallel tool calls with their arguments in fragments", (_two_calls,))
TOOL_CALLS_ODD = Scenario("a tool call without index, its arguments null", (_odd_calls,))
IMAGE = Scenario("an image of 5 MB in one line, no text", (_drawn,))
ECHO = Scenario("the answer is JSON of the model, parts and headers that came", (_echo,))
WITHOUT_ID = Scenario("neither id nor provider is in the body", (_without_id,))
FINISH_LENGTH = _ending("the token limit ends the answer", "length", "MAX_TOKENS")
FINISH_CONTENT_FILTER = _ending("a content filter ends the answer", "content_filter", "PROHIBITED_CONTENT")
FINISH_NULL = _ending("the answer ends with finish_reason null", None, None)
FINISH_EMPTY = _ending("the answer ends with an empty finish_reason", "", "eos_token; 🌙")
EMPTY = Scenario("no content at all, but usage", (_empty,))
