"""An upstream's refusal as one of our errors, with a sentence that says what to do.

The shapes are those of OpenRouter's error documentation and of what was observed beyond it:
``metadata`` may be missing, ``code`` may be a string or absent, the useful reason may sit in
``metadata.raw``, and a proxy may answer in HTML.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from madlen import lenient
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
from madlen.providers import waits

_SECRET = re.compile(r"sk-or-v[\w.-]+|\b(?:sk|Bearer)[-\s][\w.+/=-]{6,}", re.IGNORECASE)
_AFFORDABLE = re.compile(r"can only afford (\d+)")
_MARKUP = re.compile(r"<(script|style)\b.*?</\1>|<[^>]+>", re.DOTALL | re.IGNORECASE)
_REASON_CHARACTERS = 300
_READ_CHARACTERS = 10_000
"""As much of a proxy's page as is searched for markup; unclosed tags take the square of their number."""
_PRIVACY = "https://openrouter.ai/settings/privacy"
_KEYS = "https://openrouter.ai/settings/keys"
_CREDITS = "https://openrouter.ai/settings/credits"
_PASSING = {408, 429, 500, 502, 503, 504, 524, 529}
_STATUSES = {
    "authentication": 401,
    "payment_required": 402,
    "permission_denied": 403,
    "not_found": 404,
    "payload_too_large": 413,
    "rate_limit_exceeded": 429,
    "timeout": 504,
}
"""OpenRouter's ``error_type`` where no number comes with it, as in a stream."""


Refusal = UpstreamError | TooLarge | Unsupported


def refusal(status: int, body: Any, *, model_id: str, headers: Mapping[str, str] | None = None) -> Refusal:
    """The error that an HTTP status and a decoded body (or plain text) stand for."""
    if status == 404 and isinstance(body, str):
        # OpenRouter's own refusals are JSON; a page is what a path gets that it does not know.
        return UpstreamError("There is no chat under OPENROUTER_BASE_URL (404). Check that setting.")
    error = body.get("error", body) if isinstance(body, dict) else body
    details = lenient.mapping(error)
    metadata = lenient.mapping(details.get("metadata"))
    availability = lenient.mapping(details.get("availability"))
    reason = _reason(error, metadata)
    kinds = _kinds(details, metadata, availability)
    status = _status(status, details, kinds)
    text = f"{details.get('message', '')} {reason}".lower()
    retry_after = waits.seconds(
        metadata.get("retry_after_seconds"),
        availability.get("retry_after"),
        (headers or {}).get("retry-after"),
    )
    if retry_after is None and _of_minute(text, metadata):
        retry_after = waits.until_reset(metadata, headers or {})
    named = _named(
        status,
        text=text,
        reason=reason,
        kinds=kinds,
        metadata=metadata,
        model_id=model_id,
        retry_after=retry_after,
    )
    if isinstance(named, UpstreamError):
        named.retryable = _is_retryable(named, status, availability)
        named.retry_once = status == 500
        named.settings_url = _settings_page(named, text, metadata)
    return named


def _named(
    status: int,
    *,
    text: str,
    reason: str,
    kinds: set[str],
    metadata: Mapping[str, Any],
    model_id: str,
    retry_after: float | None,
) -> Refusal:
    if status == 401:
        return UpstreamAuth(f"OpenRouter refused the API key. Check OPENROUTER_API_KEY at {_KEYS}.")
    if status == 402:
        return _out_of_credit(text, reason, metadata, retry_after)
    if status == 403:
        return Refused(f"The provider refused this request: {reason}")
    if any("context" in kind for kind in kinds) or "maximum context length" in text:
        return ContextLength(
            f"The conversation is too long for {model_id}: {reason} "
            "Start a new chat or choose a model with a larger context."
        )
    if _is_policy(status, text, kinds):
        setting = reason.partition(" Configure: ")[0]
        return DataPolicy(
            f"Your settings at OpenRouter exclude every provider of {model_id}: {setting} "
            f"Change them at {_PRIVACY} or choose another model."
        )
    if "support image input" in text:
        return Unsupported(f"{model_id} cannot see images. Choose a model with a camera, or send without.")
    if "endpoints found that" in text:
        return Unsupported(f"{model_id} cannot do what was asked of it: {reason} Choose another model.")
    if status == 404 or "model_not_found" in kinds or "not a valid model" in text:
        return ModelGone(f"{model_id} is not available: {reason} Choose another model.")
    if status == 413 or kinds & {"payload_too_large", "image_too_large"}:
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
    text = _MARKUP.sub(" ", text[:_READ_CHARACTERS])
    text = "".join(" " if unicodedata.category(character) == "Cc" else character for character in text)
    # JSON may escape half a surrogate pair, which nothing could store or send.
    text = " ".join(text.split()).encode("utf-8", "replace").decode()
    text = _SECRET.sub("…", text)
    if len(text) > _REASON_CHARACTERS:
        text = text[:_REASON_CHARACTERS].rstrip() + "…"
    return text if not text or text[-1] in ".!?…" else f"{text}."


def _reason(error: Any, metadata: Mapping[str, Any]) -> str:
    raw = metadata.get("raw")
    if isinstance(raw, str) and raw.lstrip().startswith(("{", "[", '"')):
        # Nested too deep is not worth reading either.
        with suppress(ValueError, RecursionError):
            raw = json.loads(raw)
    for candidate in (raw, error):
        if reason := readable(_innermost(candidate)):
            return reason
    return "no reason was given."


def _innermost(candidate: Any) -> str:
    """The message in an error that may wrap another; Google's come in a list."""
    while isinstance(candidate, dict | list):
        if isinstance(candidate, dict):
            candidate = candidate.get("message") or candidate.get("error")
        else:
            candidate = candidate[0] if candidate else ""
    return candidate if isinstance(candidate, str) else ""


def _kinds(*holders: Mapping[str, Any]) -> set[str]:
    """Every name that the error gives itself; ``code`` may be one or a number."""
    named = (holder.get(name) for holder in holders for name in ("error_type", "type", "code"))
    return {kind for kind in named if isinstance(kind, str)}


def _status(status: int, details: Mapping[str, Any], kinds: set[str]) -> int:
    """An error inside a 200 answer or a stream carries its own status, perhaps as text or by name."""
    if status >= 400:
        return status
    for candidate in (details.get("code"), details.get("http_status")):
        if found := re.fullmatch("[45][0-9][0-9]", str(candidate)):
            return int(found[0])
    return next((_STATUSES[kind] for kind in sorted(kinds & _STATUSES.keys())), 502)


def _is_policy(status: int, text: str, kinds: set[str]) -> bool:
    """Whether account or request settings leave nobody to serve a model that exists."""
    if "privacy_restricted" in kinds or "data policy" in text or "guardrail restrictions" in text:
        return True
    return status == 404 and ("guardrail" in text or "allowed providers" in text)


def _is_retryable(error: UpstreamError, status: int, availability: Mapping[str, Any]) -> bool:
    """Whether the same request may soon be answered; the other side's own word on it goes first."""
    if isinstance(error, DailyLimit):
        return False
    if isinstance(availability.get("retryable"), bool):
        return bool(availability["retryable"])
    if isinstance(error, OutOfCredit):
        # Only a budget for requests in flight names a time; an empty account does not.
        return error.retry_after is not None
    return status in _PASSING


def _settings_page(error: UpstreamError, text: str, metadata: Mapping[str, Any]) -> str:
    """The page at OpenRouter that can change it, if one can; never an address out of the refusal."""
    match error:
        case DataPolicy():
            return _PRIVACY
        case UpstreamAuth():
            return _KEYS
        case OutOfCredit() | Refused() if _of_key(text, metadata):
            return _KEYS
        case OutOfCredit():
            return _CREDITS
    return ""


def _of_key(text: str, metadata: Mapping[str, Any]) -> bool:
    """Whether the key has reached a limit of its own, whatever credit the account has."""
    return "key limit exceeded" in text or metadata.get("limit_source") == "openrouter_key_limit"


def _of_minute(text: str, metadata: Mapping[str, Any]) -> bool:
    """Whether the account's free requests of the minute are used up."""
    return "free-models-per-min" in text or metadata.get("limit_source") == "openrouter_free_tier_per_minute"


def _out_of_credit(
    text: str, reason: str, metadata: Mapping[str, Any], retry_after: float | None
) -> OutOfCredit:
    found = _AFFORDABLE.search(text)
    affordable = int(found[1]) if found else None
    step, page = ("raise the key's limit", _KEYS) if _of_key(text, metadata) else ("add credit", _CREDITS)
    advice = (
        f"Ask for at most {affordable} tokens or {step} at"
        if affordable
        else f"{step.capitalize()} or choose a free model:"
    )
    return OutOfCredit(
        f"Not enough credit: {reason} {advice} {page}.",
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
    seconds = math.ceil(retry_after or 0)
    plural = "" if seconds == 1 else "s"
    wait = f"Try again in {seconds} second{plural}" if seconds else "Try again in a moment"
    if _of_minute(text, metadata):
        return RateLimited(
            f"The free requests of this minute are used up. {wait} or choose a paid or an embedded model.",
            retry_after=retry_after,
            free_minute=True,
        )
    return RateLimited(
        f"{model_id} is busy: {reason} {wait} or choose another model.", retry_after=retry_after
    )
