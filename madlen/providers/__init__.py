"""Who answers: OpenRouter, a model embedded in this process, or whatever else keeps this protocol."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol

from madlen.types import Event, Model, Request, Usage


class Provider(Protocol):
    """A source of models and answers. Used from one event loop only."""

    source: str
    """The name under which its models are listed, and ``gen_ai.provider.name`` of its spans."""

    async def models(self) -> list[Model]:
        """The models on offer now. Raises ``UpstreamError``."""

    async def prepare(self, model_id: str) -> None:
        """Returns when the model can be asked; a model that must be loaded is loaded here.

        Raises ``UpstreamError`` when it cannot be.
        """

    def stream(self, request: Request) -> AsyncGenerator[Event]:
        """The answer as it comes: ends with ``Done``, or with an exception.

        Closing the generator ends the request, also while the model is silent. Raises ``UpstreamError``.
        """

    def after_stop(self, served_by: str) -> str:
        """What a reader should know about the cost of an answer that was stopped; empty where nothing."""

    async def receipt(self, generation_id: str) -> Usage | None:
        """What a stopped answer came to; ``None`` where that is not known, or not yet."""

    async def close(self) -> None: ...
