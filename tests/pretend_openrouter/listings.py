"""The model list and what hangs on it: ``/models``, ``/models/user``, ``/model``, endpoints."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from urllib.parse import urlencode

from tests.pretend_openrouter.account import PRIVATE_KEY, refused_key
from tests.pretend_openrouter.answers import Answer, Asked, Json
from tests.pretend_openrouter.payloads import provider_of, refusal

SAMPLE = Path(__file__).parents[1] / "data" / "models_sample.json"
QUIRKS = Path(__file__).parents[1] / "data" / "models_quirks.json"
TRAINING = frozenset(
    {
        "openrouter/owl-alpha",
        "cohere/north-mini-code:free",
        "nvidia/nemotron-3-nano-omni-30b-a3b-reasoning:free",
    }
)
"""Models of which every provider may train on prompts."""

EDGE = {"Cache-Control": "public, max-age=300, stale-while-revalidate=3600, stale-if-error=3600"}
FRESH = {**EDGE, "Age": "12", "CF-Cache-Status": "HIT"}
_ROUTERS = {
    "openrouter/free": "google/gemma-4-31b-it:free",
    "openrouter/auto": "openai/gpt-4o-mini",
    "openrouter/pareto-code": "deepseek/deepseek-v4-flash",
}
_ROUTING_SUFFIXES = (":nitro", ":floor", ":exacto", ":online")
_PAGE = 500


@cache
def _sample() -> list[Json]:
    entries: list[Json] = json.loads(SAMPLE.read_text("utf-8"))["data"]
    return entries


def entry_of(model: str) -> Json | None:
    """The catalogue's entry; a routing suffix of the request is no part of the id."""
    for suffix in _ROUTING_SUFFIXES:
        model = model.removesuffix(suffix)
    return next((entry for entry in _sample() if entry["id"] == model), None)


def concrete(model: str) -> str:
    """Who really answers: the choice of a router, the target of an alias, or the model itself."""
    if model in _ROUTERS:
        return _ROUTERS[model]
    target = (entry_of(model) or {}).get("alias_target")
    return str(target["slug"]) if target else model


def envelope(entries: list[Json], total: int | None = None, following: str | None = None) -> Json:
    count = len(entries) if total is None else total
    return {"data": entries, "total_count": count, "links": {"next": following}}


def catalogue() -> Json:
    """The sample catalogue as ``GET /models`` lists it: models that write text only."""
    return envelope(copy.deepcopy(_matching({})))


def quirks() -> list[Json]:
    """Hostile entries, some of them no objects at all."""
    entries: list[Json] = json.loads(QUIRKS.read_text("utf-8"))["data"]
    return entries


def listing(asked: Asked) -> Answer:
    """``/models``, and ``/models/user`` for those who have a key."""
    received = asked.received
    query = received.query
    entries = _matching(query)
    headers = FRESH
    if received.path.endswith("/user"):
        if refused := refused_key(received):
            return refused
        if received.key == PRIVATE_KEY:
            entries = [entry for entry in entries if entry["id"] not in TRAINING]
        headers = {}
    if "limit" not in query and "offset" not in query:
        return Answer(body=envelope(entries), headers=headers)
    try:
        offset, limit = int(query.get("offset", 0)), int(query.get("limit", _PAGE))
    except ValueError:
        return refusal(400, "Invalid query parameters", user_id=None)
    following = None
    if offset + limit < len(entries):
        more = {**query, "offset": str(offset + limit), "limit": str(limit)}
        following = f"/api/v1/models?{urlencode(more)}"
    return Answer(body=envelope(entries[offset : offset + limit], len(entries), following), headers=headers)


def count(asked: Asked) -> Answer:
    return Answer(body={"data": {"count": len(_matching(asked.received.query))}}, headers=FRESH)


def one(asked: Asked) -> Answer:
    """``/model/{author}/{slug}``: aliases and variants resolve."""
    model = "/".join(asked.received.path.split("/")[-2:])
    entry = entry_of(model)
    if entry is None:
        return refusal(404, f"Model {model} not found", user_id=None)
    return Answer(body={"data": entry_of(concrete(model)) or entry}, headers=FRESH)


def endpoints(asked: Asked) -> Answer:
    """``/models/{author}/{slug}/endpoints``: none for an alias."""
    model = "/".join(asked.received.path.split("/")[-3:-1])
    entry = entry_of(model)
    if entry is None:
        return refusal(404, f"Model {model} not found", user_id=None)
    keys = ("id", "name", "created", "description", "architecture")
    found = [] if model.startswith("~") else [_endpoint(entry)]
    return Answer(body={"data": {**{key: entry[key] for key in keys}, "endpoints": found}}, headers=FRESH)


def _endpoint(entry: Json) -> Json:
    provider = provider_of(entry["id"])
    return {
        "name": f"{provider} | {entry['canonical_slug']}",
        "model_id": entry["id"],
        "model_name": entry["name"],
        "provider_name": provider,
        "tag": provider.lower().replace(" ", "-"),
        "context_length": entry["top_provider"]["context_length"] or entry["context_length"],
        "max_prompt_tokens": None,
        "max_completion_tokens": entry["top_provider"]["max_completion_tokens"],
        "pricing": {"discount": 0, **entry["pricing"]},
        "quantization": "unknown",
        "status": 0,
        "supported_parameters": entry["supported_parameters"],
        "supports_tool_choice": dict.fromkeys(("auto", "function", "none", "required"), True),
        "supports_diarization": False,
        "service_tier": None,
        "supports_implicit_caching": False,
        "native_tools": {},
        "uptime_last_5m": 100,
        "uptime_last_30m": 99.9,
        "uptime_last_1d": 99.8,
        "latency_last_30m": None,
        "throughput_last_30m": None,
    }


def _matching(query: dict[str, str]) -> list[Json]:
    """The entries that fit, newest first."""
    outputs = query.get("output_modalities", "text")
    words = query.get("q", "").casefold()

    def fits(entry: Json) -> bool:
        architecture = entry["architecture"]
        return (
            (outputs == "all" or bool(set(outputs.split(",")) & set(architecture["output_modalities"])))
            and _listed(query.get("input_modalities")) <= set(architecture["input_modalities"])
            and _listed(query.get("supported_parameters")) <= set(entry["supported_parameters"])
            and words in f"{entry['id']} {entry['name']}".casefold()
        )

    return [entry for entry in _sample() if fits(entry)]


def _listed(value: str | None) -> set[str]:
    return set(value.split(",")) if value else set()
