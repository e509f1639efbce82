"""Why an answer was slow: what its time went to, as far as the server can know, and what took most of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from madlen.traces.spans import SECOND, Span
from madlen.tracing import names

Name = Literal["queue", "network", "thinking", "generation", "storing"]
FRAME_SECONDS = 1 / 30
"""Pages repaint at most so often, which is all that the server knows of painting."""

SAID: dict[Name, tuple[str, str]] = {
    "queue": ("Our queue", "before the model was asked: the request, the store and, once, loading a model"),
    "network": ("Network and routing", "from asking until the first chunk, refusals and waits included"),
    "thinking": ("Model thinking", "from the first chunk to the first visible text"),
    "generation": ("Generation", "from the first visible text to the last"),
    "storing": ("Storing", "before the end could be painted"),
}
"""What a part is called, and what is in it."""


@dataclass(frozen=True, slots=True)
class Part:
    """What some of an answer's time went to. Times are seconds since the trace began."""

    name: Name
    begun: float
    ended: float

    @property
    def seconds(self) -> float:
        return self.ended - self.begun


@dataclass(frozen=True, slots=True)
class Slowness:
    """One answer's time, in parts that follow one another."""

    answer: Span
    parts: tuple[Part, ...]
    retries: int
    """How often the provider had to be asked again."""

    @property
    def seconds(self) -> float:
        return sum(part.seconds for part in self.parts)

    @property
    def dominant(self) -> Part | None:
        """The part that took longest; ``None`` where nothing took any time."""
        longest = max(self.parts, key=lambda part: part.seconds, default=None)
        return longest if longest is not None and longest.seconds > 0 else None

    @property
    def sentence(self) -> str:
        """The dominant part in words."""
        part = self.dominant
        if part is None:
            return "It took no time that could be measured."
        title, told = SAID[part.name]
        share = part.seconds / self.seconds
        digits = 2 if self.seconds >= 1 else 3
        return f"{title} took {part.seconds:.{digits}f} of {self.seconds:.{digits}f} s ({share:.0%}): {told}."


def of(trace: Sequence[Span]) -> list[Slowness]:
    """One for each answer of a model in a trace, in the order in which they began."""
    start = min((span.begun for span in trace), default=0)
    return [
        Slowness(answer, tuple(_parts(answer, trace, start)), _retries(answer))
        for answer in sorted(trace, key=lambda span: span.begun)
        if answer.is_answer
    ]


def _parts(answer: Span, trace: Sequence[Span], start: int) -> Iterator[Part]:
    within = [span for span in trace if span.parent_id == answer.span_id]
    requests = [span.begun for span in within if span.kind == "CLIENT"]
    stored = [span.begun for span in within if span.name.startswith(names.STORE)]
    asked = min(requests, default=answer.begun)
    end = max((begun for begun in stored if begun >= asked), default=answer.ended)
    chunk, visible = answer.first(names.FIRST_CHUNK), answer.first(names.FIRST_VISIBLE_TEXT)
    spoke = chunk if chunk is not None else visible
    # Without a word the whole time was spent waiting for one, and without visible text thinking.
    ends: list[tuple[Name, int]] = [
        ("queue", asked),
        ("network", end if spoke is None else spoke),
        ("thinking", end if visible is None else visible),
        ("generation", end),
        ("storing", answer.ended),
    ]
    at = start
    for name, until in ends:
        if until > at:
            yield Part(name, (at - start) / SECOND, (until - start) / SECOND)
            at = until


def _retries(answer: Span) -> int:
    return sum(moment.name == names.RETRYING for moment in answer.moments)
