"""The nouns: a session is a list of turns, a turn is a prompt and the replies to it.

Frozen values, no I/O. Times are in UTC, durations in seconds, money in US dollars; ``None`` is "not known".
"""

from __future__ import annotations

import base64
import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

Role = Literal["system", "user", "assistant"]
CHAT_LANE = "chat"
"""The lane of a plain chat, the one that stays the same while its model is switched."""


@dataclass(frozen=True, slots=True)
class Pricing:
    """US dollars per token. ``None`` is unknown, or ``varies`` with whichever model answers."""

    prompt: Decimal | None = None
    completion: Decimal | None = None
    request: Decimal | None = None
    other: Decimal = Decimal(0)
    """The dearest of all other fees, such as the one for an image or for audio output."""
    varies: bool = False


@dataclass(frozen=True, slots=True)
class Model:
    """A model one can ask, served by ``source`` (``openrouter`` or ``local``), last on ``expires``."""

    id: str
    name: str
    source: str
    description: str = ""
    context_length: int | None = None
    max_completion_tokens: int | None = None
    input_modalities: frozenset[str] = frozenset({"text"})
    output_modalities: frozenset[str] = frozenset({"text"})
    pricing: Pricing = Pricing()
    supported_parameters: frozenset[str] = frozenset()
    created: int | None = None
    expires: date | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """An image as it is sent: re-encoded bytes known by their SHA-256, or an https address."""

    sha256: str = ""
    media_type: str = ""
    content: bytes = b""
    url: str = ""

    @property
    def address(self) -> str:
        """The https address, or the bytes as a data URL."""
        if self.url:
            return self.url
        return f"data:{self.media_type};base64,{base64.b64encode(self.content).decode('ascii')}"


@dataclass(frozen=True, slots=True)
class Message:
    """One message as a model sees it."""

    role: Role
    text: str
    pictures: tuple[Picture, ...] = ()
    reasoning_details: tuple[dict[str, Any], ...] = ()
    """What its model wants back unchanged of its own thinking, in order."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """How to sample. ``None`` leaves the choice to the model; ``max_tokens`` has a default upstream."""

    temperature: float | None = None
    max_tokens: int | None = None
    top_p: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    reasoning_effort: str | None = None


@dataclass(frozen=True, slots=True)
class Lane:
    """A model with its own parameters, the unit of asking; a chat has one, a comparison several."""

    model_id: str
    name: str = CHAT_LANE
    parameters: Parameters = Parameters()
    system: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """What goes to a provider."""

    model_id: str
    messages: tuple[Message, ...]
    parameters: Parameters = Parameters()
    session_id: str = ""
    makes_images: bool = False
    supported_parameters: frozenset[str] | None = None
    """What the model takes; ``None`` where that is not known and everything is sent."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider billed them; reasoning is part of the completion."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None
    cost: Decimal | None = None
    cache_write_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """Visible words of an answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Reasoning:
    """Words that a model thinks before it answers."""

    text: str


@dataclass(frozen=True, slots=True)
class Image:
    """A picture that the model made, as a data URL."""

    url: str


@dataclass(frozen=True, slots=True)
class Started:
    """Who really answers; sent once, as soon as it is known."""

    model: str = ""
    provider: str = ""
    generation_id: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """The provider says that the answer is whole. A stream without one did not succeed."""

    finish_reason: str
    usage: Usage = Usage()
    reasoning_details: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Retrying:
    """Nothing came yet and the provider asks again after so many seconds; ``kind`` says why."""

    kind: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Quota:
    """What an OpenRouter account may still do; the day ends at midnight UTC, the minute is the last one."""

    free_used: int | None = None
    free_limit: int | None = None
    free_left: int | None = None
    credit_left: Decimal | None = None
    minute_limit: int | None = None
    minute_left: int | None = None
    minute_wait: float | None = None
    """Seconds until free requests are taken again, where one was refused for its minute."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What an answer that is not whole was billed at; an exception follows."""

    usage: Usage


Event = Started | Retrying | Text | Reasoning | Image | Spent | Done


class Status(enum.StrEnum):
    STREAMING = "streaming"
    COMPLETE = "complete"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds since the request left: first chunk of any kind, first visible text, the end."""

    time_to_first_chunk: float | None = None
    time_to_first_token: float | None = None
    duration: float | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a reply is not whole: the problem kind, its sentence, HTTP status and extra members."""

    kind: str
    sentence: str
    status: int = 502
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer to a turn, in whatever state it is."""

    id: str
    session_id: str
    turn_id: str
    model_id: str
    lane: str
    status: Status
    created_at: datetime
    text: str = ""
    reasoning: str = ""
    model: str = ""
    """The model that really answered, as the provider names it."""
    provider: str = ""
    generation_id: str = ""
    finish_reason: str = ""
    usage: Usage = Usage()
    timing: Timing = Timing()
    failure: Failure | None = None
    trace_id: str = ""
    span_id: str = ""
    parameters: Parameters = Parameters()
    system: str = ""
    reasoning_details: tuple[dict[str, Any], ...] = ()
    pictures: tuple[Picture, ...] = ()
    notes: tuple[str, ...] = ()
    """What the reader should know about how it came about, as sentences."""

    @property
    def tokens_per_second(self) -> float | None:
        """Completion tokens over the time from the first chunk to the end; unknown of what came at once."""
        tokens, timing = self.usage.completion_tokens, self.timing
        if not tokens or timing.duration is None or timing.time_to_first_chunk is None:
            return None
        seconds = timing.duration - timing.time_to_first_chunk
        return tokens / seconds if seconds >= 0.05 else None


@dataclass(frozen=True, slots=True)
class Turn:
    """One prompt and every reply to it, oldest first."""

    id: str
    session_id: str
    text: str
    created_at: datetime
    pictures: tuple[Picture, ...] = ()
    replies: tuple[Reply, ...] = ()
    blind: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """The heading of a conversation; its turns are read apart."""

    id: str
    title: str
    model_id: str
    created_at: datetime
    updated_at: datetime
    message_count: int = 0
    system: str = ""
    """What its model is told before every prompt."""
    parameters: Parameters = Parameters()
    lanes: tuple[Lane, ...] = ()
    """What a comparison asks; empty for a chat."""


@dataclass(frozen=True, slots=True)
class Choices:
    """Ids of the models that were pinned, in that order, and of those used last, newest first."""

    pinned: tuple[str, ...] = ()
    recent: tuple[str, ...] = ()
