"""An upstream's refusal as one of our errors, with a sentence that says what to do.

The shapes are those of OpenRouter's error documentation and of what was observed beyond it:
``metadata`` may be missing, ``code`` may be a string or absent, the useful reason may sit in
``metadata.raw``, and a proxy may answer in HTML.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from madlen import lenient
from madlen.errors import DailyLimit, OutOfCredit, UpstreamError
from madlen.providers import causes, waits
from madlen.providers.causes import Refusal, Told

_SECRET = re.compile(r"sk-or-v[\w.-]+|\b(?:sk|Bearer)[-\s][\w.+/=-]{6,}", re.IGNORECASE)
_MARKUP = re.compile(r"<(script|style)\b.*?</\1>|<[^>]+>", re.DOTALL | re.IGNORECASE)
_REASON_CHARACTERS = 300
_READ_CHARACTERS = 10_000
"""As much of a proxy's page as is searched for markup; unclosed tags take the square of their number."""
_PASSING = {408, 429, 500, 502, 503, 504, 524, 529}
_TYPES = {
    400: "invalid_request invalid_prompt context_length_exceeded max_tokens_exceeded token_limit_exceeded "
    "string_too_long content_policy_violation refusal invalid_image image_too_large image_too_small "
    "unsupported_image_format image_download_failed",
    401: "authentication",
    402: "payment_required",
    403: "permission_denied",
    404: "not_found image_not_found",
    412: "precondition_failed",
    413: "payload_too_large",
    422: "unprocessable",
    429: "rate_limit_exceeded",
    500: "server unmapped",
    502: "provider_unavailable",
    503: "provider_overloaded",
    504: "timeout",
}
_STATUSES = {name: status for status, names in _TYPES.items() for name in names.split()}
"""OpenRouter's ``error_type`` where no number comes with it, as in a stream."""


def refusal(status: int, body: Any, *, model_id: str, headers: Mapping[str, str] | None = None) -> Refusal:
    """The error that an HTTP status and a decoded body (or plain text) stand for."""
    if status == 404 and isinstance(body, str):
        # OpenRouter's own refusals are JSON; a page is what a path gets that it does not know.
        return UpstreamError("There is no chat under OPENROUTER_BASE_URL (404). Check that setting.")
    error = body.get("error", body) if isinstance(body, dict) else body
    details = lenient.mapping(error)
    metadata = lenient.mapping(details.get("metadata"))
    availability = lenient.mapping(details.get("availability"))
    kinds = _kinds(details, metadata, availability)
    status = _status(status, details, kinds)
    told = Told(
        status,
        _reason(error, metadata),
        str(details.get("message", "")),
        kinds,
        metadata,
        availability,
        retry_after=waits.seconds(
            metadata.get("retry_after_seconds"),
            availability.get("retry_after"),
            (headers or {}).get("retry-after"),
        ),
    )
    if told.retry_after is None and told.of_minute:
        told = replace(told, retry_after=waits.until_reset(metadata, headers or {}))
    named = causes.named(told, model_id)
    if isinstance(named, UpstreamError):
        named.retryable = _is_retryable(named, status, availability)
        named.retry_once = status == 500
        named.settings_url = causes.settings_page(named, told)
    return named


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


def _kinds(*holders: Mapping[str, Any]) -> frozenset[str]:
    """Every name that the error gives itself; ``code`` may be one or a number."""
    named = (holder.get(name) for holder in holders for name in ("error_type", "type", "code"))
    return frozenset(kind for kind in named if isinstance(kind, str))


def _status(status: int, details: Mapping[str, Any], kinds: frozenset[str]) -> int:
    """An error inside a 200 answer or a stream carries its own status, perhaps as text or by name."""
    if status >= 400:
        return status
    for candidate in (details.get("code"), details.get("http_status")):
        if found := re.fullmatch("[45][0-9][0-9]", str(candidate)):
            return int(found[0])
    return next((_STATUSES[kind] for kind in sorted(kinds & _STATUSES.keys())), 502)


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
