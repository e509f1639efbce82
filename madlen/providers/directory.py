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
_FIRST_SECONDS = 5.0
_ASK_SECONDS = 60.0


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

    @property
    def known(self) -> Listing | None:
        """The list where there is one; from any thread, without a wait."""
        return self._listing

    async def listing(self) -> Listing:
        """What is known now; only while nothing is, a call waits, for a few seconds."""
        if self._listing is None:
            with anyio.move_on_after(_FIRST_SECONDS):
                await self.refresh()
        return self._listing or self._known_so_far(("More models are still being listed; reload soon.",))

    @property
    def age(self) -> float | None:
        """Seconds since the oldest part of the list was had, ``None`` without one; from any thread."""
        moments = [moment for _, moment in tuple(self._known.values())]
        return self._monotonic() - min(moments) if moments else None

    async def refresh(self, *, anew: bool = False) -> Listing:
        """Asks the providers again when the list is five minutes old, or 15 seconds after a failure.

        With ``anew`` whatever its age.
        """
        async with self._lock:
            if anew or self._listing is None or self._monotonic() >= self._stale_at:
                notes: dict[str, str] = {}
                async with anyio.create_task_group() as group:
                    for source in self._providers:
                        group.start_soon(self._ask, source, notes)
                said = tuple(notes[source] for source in self._providers if source in notes)
                self._listing = self._known_so_far(said)
                self._stale_at = self._monotonic() + (_RETRY_SECONDS if said else _FRESH_SECONDS)
            return self._listing

    def _known_so_far(self, notes: tuple[str, ...]) -> Listing:
        known = [self._known[source][0] for source in self._providers if source in self._known]
        return Listing(tuple(model for models in known for model in models), notes)

    async def keep_fresh(self) -> None:
        """Renews the list for as long as the process runs."""
        while True:
            await self.refresh()
            await anyio.sleep(_RETRY_SECONDS)

    def find(self, listing: Listing, model_id: str) -> tuple[Model, Provider]:
        """The model and who answers for it; from any thread.

        An id that no list has still goes to OpenRouter, which knows more ids than it lists, such as
        presets and ``:nitro``. Raises ``ModelGone`` where nobody could answer for it.
        """
        listed = catalogue.find(listing.models, model_id)
        if listed is not None:
            return listed, self._providers[listed.source]
        beyond = self._providers.get("openrouter")
        if beyond is None or model_id.startswith("local/") or not model_id.strip():
            key = "" if beyond or model_id.startswith("local/") else " OpenRouter's need OPENROUTER_API_KEY."
            raise ModelGone(f"There is no model {model_id[:100]!r} here. Choose one from the list.{key}")
        # Whether it sees is not known; the provider decides.
        unlisted = Model(
            id=model_id,
            name=model_id,
            source=beyond.source,
            input_modalities=frozenset({"text", "image"}),
        )
        return unlisted, beyond

    async def _ask(self, source: str, notes: dict[str, str]) -> None:
        """Renews one provider's list, or leaves a sentence in ``notes``."""
        try:
            with anyio.fail_after(_ASK_SECONDS):
                self._known[source] = (await self._providers[source].models(), self._monotonic())
        except MadlenError as error:
            notes[source] = str(error) + self._age(source)
        except TimeoutError:
            notes[source] = f"The models of {source} could not be listed in time.{self._age(source)}"

    def _age(self, source: str) -> str:
        """How old the list is that stays, as a sentence; empty where there is none."""
        if source not in self._known:
            return ""
        minutes = round((self._monotonic() - self._known[source][1]) / 60)
        age = "less than a minute" if minutes < 1 else f"{minutes} min"
        return f" The list shown is {age} old."

    async def close(self) -> None:
        for provider in self._providers.values():
            await provider.close()
