"""One cell of a run asked: its prompt alone, without what came before it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import anyio.to_thread

from madlen import beginnings, catalogue, comparison, conversation, tracing
from madlen.batch.limits import Channel
from madlen.errors import MadlenError
from madlen.generation import Generation
from madlen.hub import Hub
from madlen.prompt_sets import Cell, Prompt
from madlen.providers import Provider
from madlen.providers.directory import Directory
from madlen.store import Store
from madlen.types import Lane, Message, Model


class Asking:
    """Asks cells. To be used on the loop only."""

    def __init__(
        self,
        store: Store,
        hub: Hub,
        directory: Directory,
        tracer: tracing.Tracing,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._hub = hub
        self._directory = directory
        self._tracer = tracer
        self._now = now

    async def channel(self, lane: Lane) -> Channel:
        """Where the lane's prompts go."""
        try:
            model, provider = self._directory.find(await self._directory.listing(), lane.model_id)
        except MadlenError:
            return Channel(lane.model_id, comparison.Refusing.source)
        free = model.source == "openrouter" and catalogue.counts_against_quota(model)
        return Channel(lane.model_id, provider.source, free)

    async def ask(
        self, cell: Cell, prompt: Prompt, lane: Lane, *, session_id: str, owner: str
    ) -> Generation | None:
        """Sets the cell's lane going; one that cannot be asked has a reply that fails.

        ``None`` where the cell does not wait any more, or the run is not the owner's. Raises
        ``StoreUnavailable``, and ``OverBudget`` where the day's budget does not allow it.
        """
        model, provider = await self._found(lane, prompt)

        def begin() -> Generation | None:
            system = [Message("system", lane.system)] if lane.system else []
            messages = [*system, Message("user", prompt.asked, prompt.pictures)]
            # Prompts of a run have nothing to do with each other, so no session is named upstream.
            request, notes = conversation.request(lane, model, messages, session_id="")
            empty = beginnings.reply(lane, session_id=session_id, turn_id=cell.turn_id, now=self._now())
            reply = replace(empty, notes=notes)
            wanted = [(reply, request, provider)]
            with self._tracer.ask(session_id, 1), self._hub.costs.reserved(wanted):
                with self._tracer.store("begin"):
                    asked = self._store.ask_cell(cell, reply, owner)
                if asked:
                    return self._hub.start(reply, request, provider)
                self._hub.costs.release([reply])
                return None

        return await anyio.to_thread.run_sync(begin)

    async def _found(self, lane: Lane, prompt: Prompt) -> tuple[Model, Provider]:
        try:
            model, provider = self._directory.find(await self._directory.listing(), lane.model_id)
            catalogue.check_sees(model, prompt.pictures)
        except MadlenError as error:
            return Model(lane.model_id, lane.model_id, ""), comparison.Refusing(error)
        return model, provider
