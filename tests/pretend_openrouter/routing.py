"""Whether a request can be served at all, and why not, in OpenRouter's words."""

from __future__ import annotations

import base64
import binascii
import json

from tests.pretend_openrouter.account import EXHAUSTED_KEY, PRIVATE_KEY, refused_key
from tests.pretend_openrouter.answers import Answer, Asked, Json
from tests.pretend_openrouter.listings import TRAINING, entry_of
from tests.pretend_openrouter.payloads import provider_of, refusal, unavailable

_MOST_IMAGE_BYTES = 30 * 1024 * 1024
_MOST_IMAGES = 20
_ANTHROPIC_IMAGE_BYTES = 5 * 1024 * 1024
_MAGIC = {
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
    "image/webp": b"RIFF",
    "image/gif": b"GIF8",
}


def refused(asked: Asked) -> Answer | None:
    """The refusal that the request's key, model, parts or wishes earn, if any."""
    if answer := refused_key(asked.received):
        return answer
    if asked.received.key == EXHAUSTED_KEY:
        return refusal(
            402,
            "Insufficient credits. Add more using https://openrouter.ai/settings/credits",
            metadata={"limit_source": "openrouter_credits"},
        )
    entry = entry_of(asked.model)
    return _no_such_model(asked.model) if entry is None else _no_endpoint(asked, entry) or _images(asked)


def _no_such_model(model: str) -> Answer:
    if model.endswith(":free") and entry_of(model.removesuffix(":free")):
        return unavailable(
            404,
            "free_variant_ended",
            f"The free variant {model} has ended.",
            "not_found",
            requested_models=[model],
            fallback_models=[model.removesuffix(":free")],
        )
    return refusal(400, f"{model} is not a valid model ID")


def _no_endpoint(asked: Asked, entry: Json) -> Answer | None:
    body = asked.received.body
    wishes = body.get("provider") or {}
    outputs = set(body.get("modalities") or ["text"])
    if asked.model.endswith(":batch"):
        return refusal(404, f"No endpoints found for {asked.model}.")
    if not outputs <= set(entry["architecture"]["output_modalities"]):
        named = ", ".join(sorted(outputs))
        return refusal(404, f"No endpoints found that support the requested output modalities: {named}")
    if asked.received.images and "image" not in entry["architecture"]["input_modalities"]:
        return refusal(404, "No endpoints found that support image input")
    if body.get("tools") and "tools" not in entry["supported_parameters"]:
        tool = body["tools"][0].get("function", {}).get("name", "tool")
        return refusal(404, f'No endpoints found that support tool use. Try disabling "{tool}".')
    private = asked.received.key == PRIVATE_KEY or wishes.get("data_collection") == "deny"
    if asked.model in TRAINING and (private or wishes.get("zdr")):
        return refusal(
            404,
            "No endpoints found matching your data policy (Free model training). "
            "Configure: https://openrouter.ai/settings/privacy",
        )
    return None


def _images(asked: Asked) -> Answer | None:
    urls = asked.received.images
    if len(urls) > _MOST_IMAGES:
        return _upstream(asked, f"too many images and documents: {len(urls)} + 0 > {_MOST_IMAGES}")
    embedded = [url for url in urls if url.startswith("data:")]
    if sum(len(url) for url in embedded) * 3 // 4 > _MOST_IMAGE_BYTES:
        return refusal(
            413,
            "Downloaded image content cannot exceed 30MB",
            metadata={"error_type": "payload_too_large"},
        )
    for url in embedded:
        media_type, _, encoded = url.removeprefix("data:").partition(";base64,")
        if media_type not in _MAGIC:
            return refusal(
                400,
                f"Unsupported image format: {media_type}",
                metadata={"error_type": "unsupported_image_format"},
            )
        if asked.model.startswith("anthropic/") and len(encoded) > _ANTHROPIC_IMAGE_BYTES:
            return _upstream(
                asked, f"image exceeds 5 MB maximum: {len(encoded)} bytes > {_ANTHROPIC_IMAGE_BYTES} bytes"
            )
        if not _decoded(encoded).startswith(_MAGIC[media_type]):
            return _upstream(
                asked, f"The image was specified using the {media_type} media type, but it is not one"
            )
    return None


def _decoded(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return b""


def _upstream(asked: Asked, message: str) -> Answer:
    """A 400 of the provider's, its words wrapped twice as OpenRouter wraps them."""
    raw = json.dumps({"type": "error", "error": {"type": "invalid_request_error", "message": message}})
    return refusal(
        400,
        "Provider returned error",
        metadata={"raw": raw, "provider_name": provider_of(asked.model), "error_type": "invalid_image"},
    )
