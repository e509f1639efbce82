"""What OpenRouter writes: chunks, completions, usage and errors."""

from __future__ import annotations

import json
from typing import Any

from tests.pretend_openrouter.answers import START, Answer, Asked, Json, generation_id

CHAT_MODEL = "google/gemma-4-31b-it:free"
COMMENT = b": OPENROUTER PROCESSING\n\n"
DONE = b"data: [DONE]\n\n"
USER = "user_pretend"

_PROVIDERS = {
    "google": "Google AI Studio",
    "openai": "OpenAI",
    "anthropic": "Anthropic",
    "x-ai": "xAI",
    "mistralai": "Mistral",
    "nvidia": "Nvidia",
}


def provider_of(model: str) -> str:
    """Who runs the model. Google AI Studio bills on after a cancel, OpenAI and DeepInfra do not."""
    return _PROVIDERS.get(model.partition("/")[0], "DeepInfra")


def dated(model: str) -> str:
    """The name under which a model says that it answered."""
    return f"{model}-20260402"


def event(content: Json) -> bytes:
    return b"data: " + json.dumps(content).encode() + b"\n\n"


def chunk(
    model: str, delta: Json, finish_reason: str | None = None, native: str | None = None, **more: Any
) -> bytes:
    """One ``data:`` event as OpenRouter sends it."""
    return event(chunk_body(model, delta, finish_reason, native, **more))


def chunk_body(
    model: str, delta: Json, finish_reason: str | None = None, native: str | None = None, **more: Any
) -> Json:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason, "native_finish_reason": native}
    return {
        "id": generation_id(1),
        "provider": "Google AI Studio",
        "model": model,
        "object": "chat.completion.chunk",
        "created": START + 1,
        "choices": [choice],
        **more,
    }


def said(model: str, *words: str, **more: Any) -> list[bytes]:
    """A whole good stream: comments, words, finish reason, usage with cost, the end."""
    name = dated(model)
    more_usage = {"usage": usage(), **more}
    return [
        COMMENT,
        chunk(name, {"role": "assistant", "content": ""}, **more),
        *(chunk(name, {"content": word}, **more) for word in words),
        chunk(name, {"content": ""}, "stop", "STOP", **more),
        chunk(name, {"content": ""}, "stop", "STOP", **more_usage),
        DONE,
    ]


def usage(prompt: int = 9, completion: int = 4, **more: Any) -> Json:
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "cost": 7.1e-05,
        **more,
    }


def full_usage(prompt: int = 9, completion: int = 4, **more: Any) -> Json:
    """Usage with every detail that OpenRouter may add."""
    return usage(
        prompt,
        completion,
        is_byok=False,
        prompt_tokens_details={
            "cached_tokens": 0,
            "cache_write_tokens": 0,
            "audio_tokens": 0,
            "video_tokens": 0,
        },
        cost_details={
            "upstream_inference_cost": None,
            "upstream_inference_prompt_cost": 0,
            "upstream_inference_completions_cost": 7.1e-05,
        },
        completion_tokens_details={"reasoning_tokens": 0, "image_tokens": 0, "audio_tokens": 0},
        **more,
    )


def named(asked: Asked) -> Json:
    """What every chunk of an answer repeats."""
    return {"id": asked.id, "created": asked.created, "provider": provider_of(asked.model)}


def completion(
    asked: Asked, message: Json, finish_reason: str | None = "stop", native: str | None = "STOP", **more: Any
) -> Json:
    """The body of an answer that is not streamed."""
    choice = {
        "index": 0,
        "logprobs": None,
        "finish_reason": finish_reason,
        "native_finish_reason": native,
        "message": {"role": "assistant", "refusal": None, **message},
    }
    return {
        "object": "chat.completion",
        "model": dated(asked.model),
        "system_fingerprint": None,
        "service_tier": None,
        "choices": [choice],
        "usage": full_usage(),
        **named(asked),
        **more,
    }


def refusal(
    status: int, message: str, *, headers: Json | None = None, user_id: str | None = USER, **more: Any
) -> Answer:
    """An error as OpenRouter writes it; ``metadata`` only where it is given, as ``None`` too."""
    body: Json = {"error": {"code": status, "message": message, **more}}
    if user_id is not None:
        body["user_id"] = user_id
    return Answer(status, body, headers=headers or {})


def unavailable(status: int, code: str, message: str, error_type: str, **more: Any) -> Answer:
    """A failure of routing in its shape since August 2026: no ``code``, but ``availability``."""
    availability = {
        "code": code,
        "retryable": status in {429, 503},
        "retry_after": None,
        "requested_models": [],
        "affected_providers": [],
        "excluded_by": [],
        "fallback_models": [],
        "constraint": None,
        "docs_url": "https://openrouter.ai/docs",
        **more,
    }
    error = {
        "message": message,
        "error_type": error_type,
        "http_status": status,
        "availability": availability,
    }
    return Answer(status, {"error": error})
