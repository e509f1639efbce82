"""What can go wrong, each named for what happened and each its own sentence for a person.

    MadlenError
    ├── BadSetting              an environment variable has a value that cannot work
    ├── Unacceptable            what was asked is not a question (422)
    ├── TooLarge                a prompt, body or image over its limit (413)
    ├── Unsupported             the model cannot do what was asked of it (400)
    ├── OverBudget              the day's budget does not allow it (402)
    ├── NotFound                no such session, message or image (404)
    ├── StoreUnavailable        the database cannot be opened, read or written (503)
    └── UpstreamError           the model's side failed (502)
        ├── UpstreamAuth        our key is missing or refused (502)
        ├── OutOfCredit         402, with the tokens one can still afford when known
        ├── Refused             moderation, guardrail, region, a gated model (403)
        │   └── SpendingLimit   the key or a budget has spent what it may (403)
        ├── ModelGone           the model is unknown or no longer served (404)
        ├── DataPolicy          privacy settings exclude every provider (404)
        ├── ContextLength       the prompt does not fit (400)
        ├── Rejected            the provider cannot take the request as it is (400)
        ├── RateLimited         too many requests for the moment (429)
        │   ├── MinuteLimit     the minute's free requests are used up (429)
        │   └── DailyLimit      the day's free requests are used up (429)
        ├── Overloaded          nobody has room for the request now (503)
        ├── UpstreamDefect      the server in between failed by itself (502)
        ├── UpstreamTimeout     no answer in time (504)
        ├── Interrupted         the stream ended before the answer did (502)
        └── ModelUnavailable    an embedded model cannot be fetched or loaded (503)

``str(error)`` says what happened and what to do. ``status`` is the HTTP status for it and ``kind``
the last part of its problem type, ``urn:madlen:error:<kind>``.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import ClassVar


class MadlenError(Exception):
    """Something a person can be told in one sentence."""

    status: ClassVar[int] = 500
    kind: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong"

    def extra(self) -> Mapping[str, int | float | str]:
        """Members that a problem document adds, such as ``retry_after`` in seconds."""
        return {}


class BadSetting(MadlenError):
    kind = "bad-setting"
    title = "A setting cannot work"


class Unacceptable(MadlenError):
    status = 422
    kind = "invalid"
    title = "The request is not valid"


class TooLarge(MadlenError):
    status = 413
    kind = "too-large"
    title = "Too large"


class Unsupported(MadlenError):
    status = 400
    kind = "unsupported"
    title = "The model cannot do that"


class OverBudget(MadlenError):
    """``amounts`` are US dollars: ``budget``, ``spent``, ``reserved`` for answers in flight and ``needed``.

    ``resets_at`` is when the next day begins, in ISO 8601, ``affordable_tokens`` how long an answer could
    be that fits, where one does. ``for_now`` says that it would fit once the answers in flight have ended.
    """

    status = 402
    kind = "over-budget"
    title = "Over the day's budget"

    def __init__(
        self,
        sentence: str,
        *,
        amounts: Mapping[str, Decimal] | None = None,
        resets_at: str = "",
        affordable_tokens: int | None = None,
        for_now: bool = False,
    ) -> None:
        super().__init__(sentence)
        self.amounts = amounts or {}
        self.resets_at = resets_at
        self.affordable_tokens = affordable_tokens
        self.for_now = for_now

    def extra(self) -> Mapping[str, int | float | str]:
        tokens = self.affordable_tokens
        return {
            **{name: f"{dollars:f}" for name, dollars in self.amounts.items()},
            **({"resets_at": self.resets_at} if self.resets_at else {}),
            **({} if tokens is None else {"affordable_tokens": tokens}),
        }


class NotFound(MadlenError):
    status = 404
    kind = "not-found"
    title = "Not found"


class StoreUnavailable(MadlenError):
    status = 503
    kind = "store-unavailable"
    title = "The database is unavailable"


class UpstreamError(MadlenError):
    """The model's side failed.

    ``retry_after`` is in seconds where the other side named it; ``retryable`` says whether asking the
    same again soon can help, ``retry_once`` that it can only once; ``settings_url`` is the page at the
    provider that can change it.
    """

    status = 502
    kind = "upstream"
    title = "The provider failed"

    def __init__(
        self,
        sentence: str,
        *,
        retry_after: float | None = None,
        retryable: bool = False,
        settings_url: str = "",
    ) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after
        self.retryable = retryable
        self.retry_once = False
        self.settings_url = settings_url

    def extra(self) -> Mapping[str, int | float | str]:
        wait = {} if self.retry_after is None else {"retry_after": self.retry_after}
        return {**wait, **({"settings_url": self.settings_url} if self.settings_url else {})}


class UpstreamAuth(UpstreamError):
    kind = "upstream-auth"
    title = "The API key is missing or refused"


class OutOfCredit(UpstreamError):
    status = 402
    kind = "out-of-credit"
    title = "Out of credit"

    def __init__(
        self,
        sentence: str,
        *,
        retry_after: float | None = None,
        retryable: bool = False,
        settings_url: str = "",
        affordable_tokens: int | None = None,
    ) -> None:
        super().__init__(sentence, retry_after=retry_after, retryable=retryable, settings_url=settings_url)
        self.affordable_tokens = affordable_tokens

    def extra(self) -> Mapping[str, int | float | str]:
        tokens = self.affordable_tokens
        return {**super().extra(), **({} if tokens is None else {"affordable_tokens": tokens})}


class Refused(UpstreamError):
    status = 403
    kind = "refused"
    title = "Refused by the provider"


class SpendingLimit(Refused):
    kind = "spending-limit"
    title = "A spending limit is reached"


class ModelGone(UpstreamError):
    status = 404
    kind = "model-gone"
    title = "No such model"


class DataPolicy(UpstreamError):
    status = 404
    kind = "data-policy"
    title = "Excluded by privacy settings"


class ContextLength(UpstreamError):
    status = 400
    kind = "context-length"
    title = "The conversation does not fit"


class Rejected(UpstreamError):
    status = 400
    kind = "rejected"
    title = "The provider cannot take the request"


class RateLimited(UpstreamError):
    status = 429
    kind = "rate-limited"
    title = "Too many requests"


class MinuteLimit(RateLimited):
    """It is the account, and not the model, that has had too many."""

    kind = "rate-limited-minute"
    title = "The minute's free requests are used up"


class DailyLimit(RateLimited):
    kind = "rate-limited-daily"
    title = "The day's free requests are used up"


class Overloaded(UpstreamError):
    status = 503
    kind = "overloaded"
    title = "The provider is overloaded"


class UpstreamDefect(UpstreamError):
    kind = "upstream-defect"
    title = "The server in between failed"


class UpstreamTimeout(UpstreamError):
    status = 504
    kind = "upstream-timeout"
    title = "The provider did not answer in time"


class Interrupted(UpstreamError):
    kind = "interrupted"
    title = "The answer was cut off"


class ModelUnavailable(UpstreamError):
    status = 503
    kind = "model-unavailable"
    title = "The embedded model is unavailable"
