"""A small real provider that says what a test tells it to."""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator, Sequence
from decimal import Decimal

import anyio
import anyio.to_thread

from madlen.errors import ModelGone
from madlen.types import (
    Done,
    Event,
    Image,
    Model,
    Pricing,
    Reasoning,
    Request,
    Retrying,
    Spent,
    Started,
    Text,
    Usage,
)

FREE = Pricing(prompt=Decimal(0), completion=Decimal(0))
POLLY = Model("parrot/polly", "Polly", "parrot", context_length=1000, pricing=FREE)
SEER = Model(
    "parrot/seer",
    "Seer",
    "parrot",
    context_length=1000,
    input_modalities=frozenset({"text", "image"}),
    pricing=FREE,
)
DEAR = Model(
    "parrot/dear",
    "Dear",
    "parrot",
    pricing=Pricing(prompt=Decimal("0.000001"), completion=Decimal("0.000002")),
)
USAGE = Usage(prompt_tokens=3, completion_tokens=5, total_tokens=8, cost=Decimal("0.0001"))
DONE = Done("stop", USAGE)


class Gate:
    """A place in a script where the parrot waits until the test opens it; knows when it got there."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self._open = threading.Event()

    def open(self) -> None:
        self._open.set()

    async def wait(self) -> None:
        self.reached.set()
        await anyio.to_thread.run_sync(self._open.wait, 30, abandon_on_cancel=True)


class Parrot:
    """Keeps the ``Provider`` protocol. Each request says the next script; the last one repeats.

    In a script a string is text, an event is itself, an exception is raised, and a gate waits.
    Without scripts it repeats the prompt word by word.
    """

    source = "parrot"

    def __init__(self, *scripts: Sequence[object], models: Sequence[Model] = (POLLY, SEER, DEAR)) -> None:
        self.scripts: list[Sequence[object]] = list(scripts)
        self.requests: list[Request] = []
        self.closed_streams = 0
        self.receipts: list[Usage | None] = []
        self.receipts_asked: list[str] = []
        self.listing_error: Exception | None = None
        self.preparing: Gate | None = None
        self._models = list(models)
        self._gates: list[Gate] = []

    async def models(self) -> list[Model]:
        if self.listing_error is not None:
            raise self.listing_error
        return self._models

    async def prepare(self, model_id: str) -> None:
        if model_id not in {model.id for model in self._models}:
            raise ModelGone(f"There is no parrot {model_id}.")
        if self.preparing is not None:
            await self.preparing.wait()

    async def stream(self, request: Request) -> AsyncGenerator[Event]:
        self.requests.append(request)
        try:
            for step in self._script(request):
                match step:
                    case str():
                        yield Text(step)
                    case Gate():
                        self._gates.append(step)
                        await step.wait()
                    case Exception():
                        raise step
                    case Started() | Retrying() | Spent() | Text() | Reasoning() | Image() | Done():
                        yield step
                    case _:
                        raise AssertionError(f"A parrot cannot say {step!r}")
        finally:
            self.closed_streams += 1

    def after_stop(self, served_by: str) -> str:
        return f"{served_by} stops billing." if served_by else ""

    async def receipt(self, generation_id: str) -> Usage | None:
        self.receipts_asked.append(generation_id)
        return self.receipts.pop(0) if self.receipts else None

    async def close(self) -> None:
        for gate in self._gates:
            gate.open()

    def _script(self, request: Request) -> Sequence[object]:
        if not self.scripts:
            words = request.messages[-1].text.split(" ")
            said = [f"{word} " for word in words[:-1]] + words[-1:]
            return [Started(f"{request.model_id}-real", "Cage", "gen-1"), *said, DONE]
        return self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
