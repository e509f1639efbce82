"""What became of each answer: ``GET /generation``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from tests.pretend_openrouter.account import refused_key
from tests.pretend_openrouter.answers import Answer, Asked, Json
from tests.pretend_openrouter.payloads import dated, provider_of, refusal


@dataclass
class Generation:
    """An answer that was begun."""

    asked: Asked
    finished: bool = False
    cancelled: bool = False


class Generations:
    """Every answer of this server, by its id."""

    def __init__(self) -> None:
        self._begun: dict[str, Generation] = {}

    def begin(self, asked: Asked) -> Generation:
        self._begun[asked.id] = Generation(asked)
        return self._begun[asked.id]

    def answer(self, asked: Asked) -> Answer:
        """``/generation?id=``: cost and counts of one that ended, as the provider counts them."""
        if refused := refused_key(asked.received):
            return refused
        generation = self._begun.get(asked.received.query.get("id", ""))
        if generation is None or not (generation.finished or generation.cancelled):
            return not_found(asked)
        return Answer(body={"data": _told(generation)})


def not_found(asked: Asked) -> Answer:
    """As for an unknown id, and for a while after every answer."""
    return refusal(404, f"Generation {asked.received.query.get('id', '')} not found", user_id=None)


def _told(generation: Generation) -> Json:
    asked, cancelled = generation.asked, generation.cancelled
    received = asked.received
    images = len(received.images)
    ended: Json = {"finish_reason": None, "native_finish_reason": None}
    if not cancelled:
        ended = {"finish_reason": "stop", "native_finish_reason": "STOP"}
    return {
        "id": asked.id,
        "model": dated(asked.model),
        "provider_name": provider_of(asked.model),
        "created_at": f"{datetime.fromtimestamp(asked.created, UTC):%Y-%m-%dT%H:%M:%S}.000Z",
        "total_cost": 7.1e-05,
        "usage": 7.1e-05,
        "is_byok": False,
        "upstream_inference_cost": None,
        "cache_discount": None,
        "tokens_prompt": 9,
        "tokens_completion": 4,
        "native_tokens_prompt": 9 + 258 * images,
        "native_tokens_completion": 4,
        "native_tokens_reasoning": 0,
        "native_tokens_cached": 0,
        "native_tokens_completion_images": None,
        "num_media_prompt": images or None,
        "num_media_completion": None,
        "num_input_audio_prompt": None,
        "num_search_results": None,
        "num_fetches": None,
        "web_search_engine": None,
        "streamed": asked.streams,
        "cancelled": cancelled,
        **ended,
        "latency": 812,
        "generation_time": 940,
        "moderation_latency": None,
        "origin": "",
        "http_referer": received.headers.get("http-referer"),
        "user_agent": received.headers.get("user-agent"),
        "app_id": None,
        "external_user": received.body.get("user"),
        "upstream_id": None,
        "provider_responses": None,
        "api_type": "completions",
        "router": None,
        "preset_id": None,
        "service_tier": None,
        "workspace_id": None,
        "data_region": "global",
        "session_id": received.body.get("session_id"),
        "request_id": None,
    }
