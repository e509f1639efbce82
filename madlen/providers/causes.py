"""What a refusal is about: which of our errors it is, in a sentence that says what to do.

The statuses, names and messages are those of OpenRouter's error documentation, and those observed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from madlen import lenient
from madlen.errors import (
    ContextLength,
    DailyLimit,
    DataPolicy,
    MinuteLimit,
    ModelGone,
    OutOfCredit,
    Overloaded,
    RateLimited,
    Refused,
    Rejected,
    SpendingLimit,
    TooLarge,
    Unsupported,
    UpstreamAuth,
    UpstreamDefect,
    UpstreamError,
    UpstreamTimeout,
)

Refusal = UpstreamError | TooLarge | Unsupported

_AFFORDABLE = re.compile(r"can only afford (\d+)")
_PRIVACY = "https://openrouter.ai/settings/privacy"
_KEYS = "https://openrouter.ai/settings/keys"
_CREDITS = "https://openrouter.ai/settings/credits"
_TOO_LONG = {"token_limit_exceeded", "string_too_long"}
_FLAGGED = {"content_policy_violation", "refusal", "invalid_prompt"}
_OURS = {
    "provider.data_collection": "OPENROUTER_DATA_COLLECTION",
    "provider.zdr": "OPENROUTER_ZDR",
}
"""Wishes that go with each request, and the settings of Madlen that they come from."""


@dataclass(frozen=True, slots=True)
class Told:
    """A refusal as it was read; ``reason`` is fit to show, and all else may hold anything."""

    status: int
    reason: str
    message: str
    kinds: frozenset[str]
    metadata: Mapping[str, Any]
    availability: Mapping[str, Any]
    retry_after: float | None = None

    @property
    def text(self) -> str:
        """All that is said, to be searched."""
        return f"{self.message} {self.reason}".lower()

    @property
    def of_minute(self) -> bool:
        """Whether the account's free requests of the minute are used up."""
        return "free-models-per-min" in self.text or self._limit == "openrouter_free_tier_per_minute"

    @property
    def of_day(self) -> bool:
        return "per-day" in self.text or "daily" in self._limit

    @property
    def of_key(self) -> bool:
        """Whether the key has reached a limit of its own, whatever credit the account has."""
        return "key limit exceeded" in self.text or self._limit == "openrouter_key_limit"

    @property
    def of_budget(self) -> bool:
        """Whether somebody's budget is spent, the key's or another."""
        return self.of_key or "budget" in self._limit or "budget exceeded" in self.text

    @property
    def of_policy(self) -> bool:
        """Whether account or request settings leave nobody to serve a model that exists."""
        if "privacy_restricted" in self.kinds or "data policy" in self.text:
            return True
        if "guardrail restrictions" in self.text:
            return True
        return self.status == 404 and ("guardrail" in self.text or "allowed providers" in self.text)

    @property
    def of_words(self) -> bool:
        """Whether it is what was written that is refused."""
        flagged = self.metadata.get("reasons") or self.metadata.get("patterns")
        return (
            bool(flagged) or bool(self.kinds & _FLAGGED) or "flagged" in self.text or "injection" in self.text
        )

    @property
    def _limit(self) -> str:
        return lenient.text(self.metadata.get("limit_source"))


def named(told: Told, model_id: str) -> Refusal:
    """The error that it is."""
    status, text, reason, kinds = told.status, told.text, told.reason, told.kinds
    if status == 401:
        return UpstreamAuth(f"OpenRouter refused the API key. Check OPENROUTER_API_KEY at {_KEYS}.")
    if status == 402:
        return _out_of_credit(told)
    if status == 403:
        return _refused(told)
    if any("context" in kind for kind in kinds) or kinds & _TOO_LONG or "maximum context length" in text:
        return ContextLength(
            f"The conversation is too long for {model_id}: {reason} "
            "Start a new chat or choose a model with a larger context."
        )
    if told.of_policy:
        return _excluded(told, model_id)
    if "support image input" in text:
        return Unsupported(f"{model_id} cannot see images. Choose a model with a camera, or send without.")
    if "endpoints found that" in text:
        return Unsupported(f"{model_id} cannot do what was asked of it: {reason} Choose another model.")
    if (
        (status == 404 and "image_not_found" not in kinds)
        or "model_not_found" in kinds
        or "not a valid model" in text
    ):
        return ModelGone(f"{model_id} is not available: {reason} Choose another model.")
    if status == 413 or kinds & {"payload_too_large", "image_too_large"}:
        return TooLarge(f"The request is too large for the provider: {reason} Send fewer or smaller images.")
    if status in {400, 404, 412, 422}:
        return _rejected(told, model_id)
    if status == 429:
        return _rate_limited(told, model_id)
    if status in {408, 504, 524}:
        return UpstreamTimeout(f"{model_id} did not answer in time. Try again or choose another model.")
    return _failed(told, model_id)


def settings_page(error: UpstreamError, told: Told) -> str:
    """The page at OpenRouter that can change it, if one can; never an address out of the refusal."""
    match error:
        case DataPolicy():
            return _PRIVACY
        case UpstreamAuth() | SpendingLimit():
            return _KEYS
        case OutOfCredit() if told.of_key:
            return _KEYS
        case OutOfCredit():
            return _CREDITS
    return ""


def _out_of_credit(told: Told) -> OutOfCredit:
    found = _AFFORDABLE.search(told.text)
    affordable = int(found[1]) if found else None
    step, page = ("raise the key's limit", _KEYS) if told.of_key else ("add credit", _CREDITS)
    if affordable:
        advice = f"Ask for at most {affordable} tokens or {step} at {page}."
    elif told.retry_after is not None:
        advice = f"{_wait(told)}, when other answers have ended, or {step}: {page}."
    elif "prompt tokens limit" in told.text:
        advice = f"Start a new chat, {step} or choose a free model: {page}."
    else:
        advice = f"{step.capitalize()} or choose a free model: {page}."
    return OutOfCredit(
        f"Not enough credit: {told.reason} {advice}",
        retry_after=told.retry_after,
        affordable_tokens=affordable,
    )


def _refused(told: Told) -> Refused:
    if told.of_budget:
        return SpendingLimit(
            f"A spending limit is reached: {told.reason} Raise it at {_KEYS}{_reset(told.metadata)}."
        )
    if told.of_words:
        return _flagged(told)
    return Refused(f"The provider refused this request: {told.reason} Choose another model.")


def _flagged(told: Told) -> Refused:
    return Refused(
        f"The provider refused this request: {told.reason} Change the prompt or choose another model."
    )


def _reset(metadata: Mapping[str, Any]) -> str:
    """When a limit begins anew, where that was said."""
    try:
        moment = datetime.fromisoformat(lenient.text(metadata.get("resets_at"))).astimezone(UTC)
    except (ValueError, OverflowError):
        return ""
    return f", or wait until it begins anew on {moment:%-d %B %Y at %H:%M} UTC"


def _excluded(told: Told, model_id: str) -> DataPolicy:
    setting = told.reason.partition(" Configure: ")[0]
    step = lenient.text(told.metadata.get("failed_routing_step"))[:100]
    # "Filter by Allowed Providers" names the setting.
    which = f" ({step.removeprefix('Filter by ')})" if step and step.isprintable() else ""
    constraint = lenient.mapping(told.availability.get("constraint"))
    if ours := _OURS.get(lenient.text(constraint.get("field"))):
        which = f" or this Madlen's {ours}"
    return DataPolicy(
        f"Your settings at OpenRouter{which} exclude every provider of {model_id}: {setting} "
        f"Change them at {_PRIVACY} or choose another model."
    )


def _rejected(told: Told, model_id: str) -> Rejected | Refused:
    if told.of_words:
        return _flagged(told)
    return Rejected(
        f"The provider of {model_id} cannot take this request ({told.status}): {told.reason} "
        "Change the prompt, its images or the settings, or choose another model."
    )


def _rate_limited(told: Told, model_id: str) -> RateLimited:
    if told.of_day:
        return DailyLimit(
            "The free requests of today are used up; they come back at midnight UTC. "
            "Choose a paid or an embedded model until then."
        )
    wait, seconds = _wait(told), told.retry_after
    if told.of_minute:
        return MinuteLimit(
            f"The free requests of this minute are used up. {wait} or choose a paid or an embedded model.",
            retry_after=seconds,
        )
    return RateLimited(
        f"{model_id} is busy: {told.reason} {wait} or choose another model.", retry_after=seconds
    )


def _failed(told: Told, model_id: str) -> UpstreamError:
    if told.status in {503, 529}:
        return Overloaded(
            f"Nobody has room for {model_id} now ({told.status}): {told.reason} "
            f"{_wait(told)} or choose another model.",
            retry_after=told.retry_after,
        )
    own = told.status == 500
    who = "The server before" if own else "The provider of"
    return (UpstreamDefect if own else UpstreamError)(
        f"{who} {model_id} failed ({told.status}): {told.reason} Try again or choose another model.",
        retry_after=told.retry_after,
    )


def _wait(told: Told) -> str:
    seconds = math.ceil(told.retry_after or 0)
    plural = "" if seconds == 1 else "s"
    return f"Try again in {seconds} second{plural}" if seconds else "Try again in a moment"
