"""The words of a script: what was asked, what is answered, and in which order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal

Json = dict[str, Any]
Subject = Literal["chat", "models", "key", "credits", "generation"]

START = 1795392000
"""Where the server's clock stands at its start: 2026-11-23 00:00 UTC. Each chat request is a second."""


def generation_id(number: int) -> str:
    """The id of the server's ``number``-th chat request, counted from 1."""
    return f"gen-{START + number}-{chr(ord('a') + (number - 1) % 26) * 20}"


class Ending(Enum):
    """A way for a body to end before it is complete."""

    CUT = "the connection is closed in the middle of the body"
    RESET = "the connection is reset"


@dataclass(frozen=True)
class Silence:
    """Nothing, or keep-alive comments only, until the test releases the server."""

    comments: bool = False


Piece = bytes | Silence | Ending


@dataclass(frozen=True)
class Answer:
    """A status with a body, or with a stream of pieces, each written by itself.

    A ``str`` is sent as HTML, ``bytes`` as they are under the name of JSON.
    """

    status: int = 200
    body: Json | str | bytes | None = None
    pieces: Sequence[Piece] = ()
    headers: Json = field(default_factory=dict)
    hold: threading.Event | None = None
    """Where given, comments follow the pieces until this is set."""
    mute: bool = False
    """Not even the status is sent until the test releases the server."""


@dataclass(frozen=True)
class Received:
    """A request as the server saw it; the names of headers in small letters."""

    path: str
    headers: dict[str, str]
    body: Json
    method: str = "GET"
    query: dict[str, str] = field(default_factory=dict)
    scenario: str = ""
    """The scenario that the request names itself, by header or path."""

    @property
    def key(self) -> str:
        """The key of the ``Authorization`` header, empty without one."""
        return self.headers.get("authorization", "").removeprefix("Bearer ")

    @property
    def parts(self) -> list[Json]:
        """The content parts of all messages, plain text as a part too."""
        found: list[Json] = []
        for message in self.body.get("messages", []):
            content = message.get("content") or []
            found += [{"type": "text", "text": content}] if isinstance(content, str) else content
        return found

    @property
    def images(self) -> list[str]:
        """The addresses of all images, history included."""
        return [part["image_url"]["url"] for part in self.parts if part["type"] == "image_url"]


@dataclass(frozen=True)
class Asked:
    """What a rule may look at to choose its answer."""

    received: Received
    model: str = ""
    """The model now tried: the one of the request, or one of its fallbacks."""
    id: str = ""
    created: int = START
    usual: Callable[[Asked], Answer] | None = None
    """What the server says without a script."""

    @property
    def streams(self) -> bool:
        return bool(self.received.body.get("stream"))

    @property
    def limit(self) -> int | None:
        """The most tokens that the request allows."""
        body = self.received.body
        return body.get("max_completion_tokens") or body.get("max_tokens")


Rule = Callable[[Asked], Answer]
Step = Answer | Rule


@dataclass(frozen=True)
class Scenario:
    """Steps for the first, second, ... request to its subject; the last one stays."""

    summary: str
    steps: tuple[Step, ...]
    subject: Subject = "chat"


Script = Step | Scenario


def as_usual(asked: Asked) -> Answer:
    """The step of a scenario after which all is well."""
    assert asked.usual is not None
    return asked.usual(asked)


def in_turn(*scripts: Script) -> Scenario:
    """One after the other, a step for each request."""
    scenarios = [script for script in scripts if isinstance(script, Scenario)]
    subjects: set[Subject] = {scenario.subject for scenario in scenarios} or {"chat"}
    if len(subjects) > 1:
        raise ValueError("Scenarios of different subjects do not follow each other")
    return Scenario(
        ", then ".join(scenario.summary for scenario in scenarios),
        tuple(step for script in scripts for step in steps(script)),
        subjects.pop(),
    )


def steps(script: Script) -> tuple[Step, ...]:
    return script.steps if isinstance(script, Scenario) else (script,)
