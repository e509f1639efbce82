"""Which models there are and who answers for each."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import anyio

from madlen import catalogue
from madlen.errors import ModelGone, UpstreamError
from madlen.providers import Provider
from madlen.types import Model

_FRESH_SECONDS = 300.0
_RETRY_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Listing:
    """Every model on offer, and a sentence for each source that could not be asked."""

    models: tuple[Model, ...]
    notes: tuple[str, ...] = ()


class Directory:
    """The models of several providers as one list, remembered for five minutes.

    When a provider cannot be reached its last good list stays, and the listing says so.
    """

    def __init__(
        self, providers: Sequence[Provider], *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._providers = {provider.source: provider for provider in providers}
        self._monotonic = monotonic
        self._known: dict[str, list[Model]] = {}
        self._listing = Listing(())
        self._stale_at = -1.0
        self._lock = anyio.Lock()

    async def listing(self) -> Listing:
        async with self._lock:
            if self._monotonic() >= self._stale_at:
                notes = [note for source in self._providers if (note := await self._refresh(source))]
                models = [model for source in self._providers for model in self._known.get(source, [])]
                self._listing = Listing(tuple(models), tuple(notes))
                self._stale_at = self._monotonic() + (_RETRY_SECONDS if notes else _FRESH_SECONDS)
            return self._listing

    async def find(self, model_id: str) -> tuple[Model, Provider]:
        """The model and who answers for it.

        An id that no list has still goes to OpenRouter, which knows more ids than it lists, such as
        presets and ``:nitro``. Raises ``ModelGone`` where nobody could answer for it.
        """
        listed = catalogue.find((await self.listing()).models, model_id)
        if listed is not None:
            return listed, self._providers[listed.source]
        beyond = self._providers.get("openrouter")
        if beyond is None or model_id.startswith("local/") or not model_id.strip():
            raise ModelGone(f"There is no model {model_id[:100]!r} here. Choose one from the list.")
        # Whether it sees is not known; the provider decides.
        unlisted = Model(
            id=model_id,
            name=model_id,
            source=beyond.source,
            input_modalities=frozenset({"text", "image"}),
        )
        return unlisted, beyond

    async def _refresh(self, source: str) -> str:
        try:
            self._known[source] = await self._providers[source].models()
        except UpstreamError as error:
            return str(error)
        return ""

    async def close(self) -> None:
        for provider in self._providers.values():
            await provider.close()
