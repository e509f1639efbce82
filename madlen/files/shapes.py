"""The shape of our own files: version 1 of the format ``madlen``, as pydantic checks it.

Members that are not known are passed over; those that are must be what they claim, within bounds.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, JsonValue

from madlen import lenient
from madlen.comparison import MOST_LANES
from madlen.prompt_sets import CheckKind
from madlen.types import Status
from madlen.votes import Outcome

FORMAT = "madlen"
VERSION = 1
TURNS = 10_000
REPLIES = 1_000
TEXT_CHARACTERS = 10_000_000
PICTURES = 100
JUDGEMENTS = 1_000_000

_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def _moment(value: datetime) -> datetime:
    if not _EARLIEST <= value < _LATEST:
        raise ValueError("a time must lie between the years 1970 and 2200")
    return value.astimezone(UTC)


Moment = Annotated[AwareDatetime, AfterValidator(_moment)]
Id = Annotated[str, Field(min_length=1, max_length=300)]
Name = Annotated[str, Field(max_length=1_000)]
Words = Annotated[str, Field(max_length=TEXT_CHARACTERS)]
Count = Annotated[int, Field(ge=0, le=2**53)]
Seconds = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
Loose = Annotated[JsonValue, AfterValidator(lenient.clean)]


class Shape(BaseModel):
    # Their checks are built when the first file is read, not at every start.
    model_config = ConfigDict(extra="ignore", strict=True, frozen=True, defer_build=True)


class Parameters(Shape):
    temperature: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)] | None = None
    max_tokens: Count | None = None
    top_p: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63)] | None = None
    stop: tuple[Name, ...] = Field((), max_length=100)
    reasoning_effort: Name | None = None


class Lane(Shape):
    model_id: Id
    name: Id
    parameters: Parameters = Parameters()
    system: Words = ""


class Usage(Shape):
    prompt_tokens: Count | None = None
    completion_tokens: Count | None = None
    total_tokens: Count | None = None
    reasoning_tokens: Count | None = None
    cached_tokens: Count | None = None
    cache_write_tokens: Count | None = None
    cost: Annotated[Decimal, Field(ge=0, le=10**9, max_digits=60, decimal_places=50)] | None = None


class Timing(Shape):
    time_to_first_chunk: Seconds | None = None
    time_to_first_token: Seconds | None = None
    duration: Seconds | None = None


class Failure(Shape):
    kind: Name
    sentence: Annotated[str, Field(max_length=100_000)]
    status: Annotated[int, Field(ge=100, le=599)] = 502
    extra: dict[str, Loose] = {}


class Reply(Shape):
    id: Id
    model_id: Id
    lane: Id
    status: Status
    created_at: Moment
    text: Words = ""
    reasoning: Words = ""
    model: Name = ""
    provider: Name = ""
    generation_id: Name = ""
    finish_reason: Name = ""
    usage: Usage = Usage()
    timing: Timing = Timing()
    failure: Failure | None = None
    trace_id: Name = ""
    span_id: Name = ""
    parameters: Parameters = Parameters()
    system: Words = ""
    reasoning_details: tuple[dict[str, Loose], ...] = Field((), max_length=100_000)
    images: tuple[Name, ...] = Field((), max_length=PICTURES)
    notes: tuple[Annotated[str, Field(max_length=10_000)], ...] = Field((), max_length=1_000)


class Turn(Shape):
    id: Id
    prompt: Words
    created_at: Moment
    blind: bool = False
    images: tuple[Name, ...] = Field((), max_length=PICTURES)
    replies: tuple[Reply, ...] = Field((), max_length=REPLIES)


class Vote(Shape):
    turn_id: Id
    order: tuple[tuple[Id, ...], ...] = Field(max_length=REPLIES)
    voted_at: Moment
    bad: bool = False
    blind: bool = False
    note: Annotated[str, Field(max_length=100_000)] = ""
    tags: tuple[Name, ...] = Field((), max_length=1_000)


class Check(Shape):
    kind: CheckKind
    value: Words = ""
    limit: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None


class Prompt(Shape):
    id: Id
    text: Words
    reference: Words = ""
    tags: tuple[Name, ...] = Field((), max_length=1_000)
    variables: dict[Name, Words] = {}
    checks: tuple[Check, ...] = Field((), max_length=1_000)


class Judgement(Shape):
    judge: Id
    turn_id: Id
    replies: tuple[Id, ...] = Field(min_length=1, max_length=2)
    judged_at: Moment
    outcome: Outcome | None = None
    score: Annotated[float, Field(ge=1, le=5)] | None = None
    reason: Words = ""
    flipped: bool = False
    template: Name = ""


class Run(Shape):
    """What makes a comparison a run of a prompt set; its prompts are those of the turns, in their order."""

    id: Id
    name: Name
    created_at: Moment
    set_id: Name = ""
    prompts: tuple[Prompt, ...] = Field((), max_length=TURNS)
    checks: tuple[Check, ...] = Field((), max_length=1_000)
    judgements: tuple[Judgement, ...] = Field((), max_length=JUDGEMENTS)


class Chat(Shape):
    """A chat, or a comparison, which has lanes, or a run of a prompt set."""

    id: Id
    title: Name
    model_id: Id
    created_at: Moment
    updated_at: Moment
    system: Words = ""
    parameters: Parameters = Parameters()
    lanes: tuple[Lane, ...] = Field((), max_length=MOST_LANES)
    turns: tuple[Turn, ...] = Field((), max_length=TURNS)
    votes: tuple[Vote, ...] = Field((), max_length=TURNS)
    run: Run | None = None


class Image(Shape):
    media_type: Name
    base64: str


def sentence(errors: list[Any], where: str) -> str:
    """The first of pydantic's errors, and the place in the file where it is."""
    first = errors[0]
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"])
    said = str(first["msg"]).removeprefix("Value error, ")
    return f"{where}{place} is not valid: {said[:1].lower()}{said[1:]}."
