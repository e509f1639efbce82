"""What a chat request may hold: OpenAI's shape, as far as Madlen acts on it."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field

from madlen import images
from madlen.comparison import MOST_LANES
from madlen.errors import Unacceptable
from madlen.types import Lane, Message, Parameters, Picture, Role

_ROLES: dict[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
}


def _whole(value: str) -> str:
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError("half a surrogate pair is no character")
    return value


Words = Annotated[str, AfterValidator(_whole)]
"""Text that UTF-8 can carry, which JSON's escapes need not be."""


class TextPart(BaseModel):
    type: Literal["text"]
    text: Words


class ImageAddress(BaseModel):
    url: Words = Field(description="A data URL of an image in base64, or an https address")


class ImagePart(BaseModel):
    type: Literal["image_url"]
    image_url: ImageAddress


Part = Annotated[TextPart | ImagePart, Field(discriminator="type")]


class ChatMessage(BaseModel):
    role: Literal["system", "developer", "user", "assistant"]
    content: Words | list[Part]

    def message(self) -> Message:
        """As a model will see it. Raises what ``images.from_url`` raises."""
        if isinstance(self.content, str):
            return Message(_ROLES[self.role], self.content)
        texts = [part.text for part in self.content if isinstance(part, TextPart)]
        pictures: tuple[Picture, ...] = tuple(
            images.from_url(part.image_url.url) for part in self.content if isinstance(part, ImagePart)
        )
        return Message(_ROLES[self.role], "\n\n".join(texts), pictures)


class ReasoningWish(BaseModel):
    effort: Literal["max", "xhigh", "high", "medium", "low", "minimal", "none"]


def _stops(value: str | list[str] | None) -> str | list[str] | None:
    if isinstance(value, list) and len(value) > 4:
        raise ValueError("at most 4 stop sequences can be sent")
    return value


class Sampled(BaseModel):
    """A model and how it is to answer."""

    model: Words = Field(min_length=1, max_length=300)
    max_tokens: int | None = Field(None, ge=1, le=10_000_000)
    max_completion_tokens: int | None = Field(None, ge=1, le=10_000_000)
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, ge=0, le=1)
    seed: int | None = Field(None, ge=-(2**63), le=2**63 - 1)
    stop: Annotated[Words | list[Words] | None, AfterValidator(_stops)] = None
    reasoning: ReasoningWish | None = None

    def parameters(self) -> Parameters:
        stop: Any = [self.stop] if isinstance(self.stop, str) else self.stop
        return Parameters(
            temperature=self.temperature,
            max_tokens=self.max_completion_tokens or self.max_tokens,
            top_p=self.top_p,
            seed=self.seed,
            stop=tuple(stop or ()),
            reasoning_effort=self.reasoning.effort if self.reasoning else None,
        )


class ChatRequest(Sampled):
    """Unknown members are passed over, as OpenAI's clients send many."""

    messages: list[ChatMessage] = Field(min_length=1, max_length=10_000)
    session_id: Words | None = None
    stream: bool = False

    def conversation(self) -> list[Message]:
        """The messages. Raises ``Unacceptable`` when the last one is not the user's, ``TooLarge``."""
        if self.messages[-1].role != "user":
            raise Unacceptable("The last message must be the user's, for it is what gets answered.")
        # Counted before any is decoded, which takes half a second for a large one.
        parts = [part for message in self.messages for part in message.content if isinstance(part, ImagePart)]
        images.check_number(len(parts))
        return [message.message() for message in self.messages]


class LaneRequest(Sampled):
    label: Words = Field("", max_length=100, description="A name of its own; without one, a letter")
    system: Words = Field("", max_length=400_000, description="What the model is told before everything")


def named_lanes(lanes: Sequence[LaneRequest]) -> list[Lane]:
    """The lanes by their labels; one without has the first letter that is free."""
    taken = {lane.label.strip() for lane in lanes}
    letters = iter(letter for letter in string.ascii_uppercase if letter not in taken)
    return [
        Lane(lane.model, lane.label.strip() or next(letters), lane.parameters(), lane.system)
        for lane in lanes
    ]


class CompareRequest(BaseModel):
    lanes: list[LaneRequest] = Field(min_length=2, max_length=MOST_LANES)
    prompt: Words
    images: list[Words] = Field([], description="Data URLs of images in base64, or https addresses")
    session_id: Words | None = None
    stream: bool = False

    def named_lanes(self) -> list[Lane]:
        return named_lanes(self.lanes)

    def pictures(self) -> list[Picture]:
        """Raises ``TooLarge`` for too many, and what ``images.from_url`` raises."""
        images.check_number(len(self.images))
        return [images.from_url(address) for address in self.images]
