"""Which models there are and who answers for each."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import anyio

from madlen import catalogue
from madlen.errors import MadlenError, ModelGone
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
    """The models of several providers as one list, renewed in the background.

    When a provider cannot be reached its last good list stays, and the listing says how old it is.
    """

    def __init__(
        self, providers: Sequence[Provider], *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._providers = {provider.source: provider for provider in providers}
        self._monotonic = monotonic
        self._known: dict[str, tuple[list[Model], float]] = {}
        self._listing: Listing | None = None
        self._stale_at = -1.0
        self._lock = anyio.Lock()

    async def listing(self) -> Listing:
        """What is known now; only the first call waits for the providers."""
        return self._listing or await self.refresh()

    async def refresh(self) -> Listing:
        """Asks the providers again when the list is five minutes old, or 15 seconds after a failure."""
        async with self._lock:
            if self._listing is None or self._monotonic() >= self._stale_at:
                notes = [note for source in self._providers if (note := await self._ask(source))]
                known = [self._known[source][0] for source in self._providers if source in self._known]
                self._listing = Listing(tuple(model for models in known for model in models), tuple(notes))
                self._stale_at = self._monotonic() + (_RETRY_SECONDS if notes else _FRESH_SECONDS)
            return self._listing

    async def keep_fresh(self) -> None:
        """Renews the list for as long as the process runs."""
        while True:
            await self.refresh()
            await anyio.sleep(_RETRY_SECONDS)

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

    async def _ask(self, source: str) -> str:
        """Renews one provider's list; a sentence where that failed."""
        try:
            self._known[source] = (await self._providers[source].models(), self._monotonic())
        except MadlenError as error:
            if source not in self._known:
                return str(error)
            minutes = round((self._monotonic() - self._known[source][1]) / 60)
            age = "less than a minute" if minutes < 1 else f"{minutes} min"
            return f"{error} The list shown is {age} old."
        return ""

    async def close(self) -> None:
        for provider in self._providers.values():
            await provider.close()
