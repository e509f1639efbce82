"""An upstream's refusal as one of our errors, with a sentence that says what to do.

The shapes are those of OpenRouter's error documentation and of what was observed beyond it:
``metadata`` may be missing, ``code`` may be a string or absent, the useful reason may sit in
``metadata.raw``, and a proxy may answer in HTML.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from madlen.errors import (
    ContextLength,
    DailyLimit,
    DataPolicy,
    ModelGone,
    OutOfCredit,
    RateLimited,
    Refused,
    TooLarge,
    Unsupported,
    UpstreamAuth,
    UpstreamError,
    UpstreamTimeout,
)

_SECRET = re.compile(r"\b(?:sk|Bearer)[-\s][\w.-]{6,}", re.IGNORECASE)
_AFFORDABLE = re.compile(r"can only afford (\d+)")
_REASON_CHARACTERS = 300
_PRIVACY = "https://openrouter.ai/settings/privacy"


def refusal(
    status: int, body: Any, *, model_id: str, headers: Mapping[str, str] | None = None
) -> UpstreamError | TooLarge | Unsupported:
    """The error that an HTTP status and a decoded body (or plain text) stand for."""
    error = body.get("error") if isinstance(body, dict) else body
    details = error if isinstance(error, dict) else {}
    metadata = _mapping(details.get("metadata"))
    reason = _reason(error, metadata)
    status = _status(status, details)
    text = f"{details.get('message', '')} {reason}".lower()
    kind = str(metadata.get("error_type") or details.get("error_type") or details.get("type") or "")
    retry_after = _seconds(metadata.get("retry_after_seconds"), (headers or {}).get("retry-after"))

    if "context" in kind or "maximum context length" in text or "prompt tokens limit" in text:
        return ContextLength(
            f"The conversation is too long for {model_id}: {reason} "
            "Start a new chat or choose a model with a larger context."
        )
    if status == 401:
        return UpstreamAuth(
            "OpenRouter refused the API key. Check OPENROUTER_API_KEY at https://openrouter.ai/settings/keys."
        )
    if status == 402:
        return _out_of_credit(text, reason, retry_after)
    if status == 403:
        return Refused(f"The provider refused this request: {reason}")
    if "data policy" in text or "guardrail restrictions" in text:
        return DataPolicy(
            f"Your privacy settings exclude every provider of {model_id}. Change them at {_PRIVACY} "
            "or choose another model."
        )
    if "support image input" in text:
        return Unsupported(f"{model_id} cannot see images. Choose a model with a camera, or send without.")
    if status == 404 or "not a valid model" in text:
        return ModelGone(f"{model_id} is not available: {reason} Choose another model.")
    if status == 413 or kind in {"payload_too_large", "image_too_large"}:
        return TooLarge(f"The request is too large for the provider: {reason} Send fewer or smaller images.")
    if status == 429:
        return _rate_limited(text, reason, metadata, model_id, retry_after)
    if status in {408, 504, 524}:
        return UpstreamTimeout(f"{model_id} did not answer in time. Try again or choose another model.")
    return UpstreamError(
        f"The provider of {model_id} failed ({status}): {reason} Try again or choose another model.",
        retry_after=retry_after,
    )


def readable(text: str) -> str:
    """Somebody else's words made fit to show: one line, no markup, no key, capped, with a full stop."""
    text = re.sub(r"<(script|style)\b.*?</\1>|<[^>]+>", " ", text, flags=re.DOTALL | re.IGNORECASE)
    text = _SECRET.sub("…", " ".join(text.split()))
    if len(text) > _REASON_CHARACTERS:
        text = text[:_REASON_CHARACTERS].rstrip() + "…"
    return text if not text or text[-1] in ".!?…" else f"{text}."


def _reason(error: Any, metadata: Mapping[str, Any]) -> str:
    raw = metadata.get("raw")
    if isinstance(raw, str) and raw.lstrip().startswith(("{", '"')):
        with suppress(json.JSONDecodeError):
            raw = json.loads(raw)
    for candidate in (raw, error):
        if message := _innermost(candidate).strip():
            return readable(message)
    return "no reason was given."


def _innermost(candidate: Any) -> str:
    """The message in an error that may wrap another."""
    while isinstance(candidate, dict):
        candidate = candidate.get("message") or candidate.get("error")
    return candidate if isinstance(candidate, str) else ""


def _status(status: int, details: Mapping[str, Any]) -> int:
    """An error inside a 200 answer or a stream carries its own status, perhaps as text."""
    if status >= 400:
        return status
    for candidate in (details.get("code"), details.get("http_status")):
        if isinstance(candidate, int) or (isinstance(candidate, str) and candidate.isdecimal()):
            return int(candidate)
    return 502


def _out_of_credit(text: str, reason: str, retry_after: float | None) -> OutOfCredit:
    found = _AFFORDABLE.search(text)
    affordable = int(found[1]) if found else None
    advice = (
        f"Ask for at most {affordable} tokens or add credit at"
        if affordable
        else "Add credit or choose a free model:"
    )
    return OutOfCredit(
        f"Not enough credit: {reason} {advice} https://openrouter.ai/settings/credits.",
        retry_after=retry_after,
        affordable_tokens=affordable,
    )


def _rate_limited(
    text: str, reason: str, metadata: Mapping[str, Any], model_id: str, retry_after: float | None
) -> RateLimited:
    if "per-day" in text or "daily" in str(metadata.get("limit_source", "")):
        return DailyLimit(
            "The free requests of today are used up; they come back at midnight UTC. "
            "Choose a paid or an embedded model until then."
        )
    wait = f"Try again in {retry_after:.0f} seconds" if retry_after else "Try again in a moment"
    return RateLimited(
        f"{model_id} is busy: {reason} {wait} or choose another model.", retry_after=retry_after
    )


def _seconds(*candidates: Any) -> float | None:
    for candidate in candidates:
        try:
            seconds = float(candidate)
        except (TypeError, ValueError):
            continue
        if seconds >= 0:
            return seconds
    return None


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
