"""What replies in flight have so far, stored while they grow: all of them together."""

from __future__ import annotations

import time
from typing import Protocol

import anyio
import anyio.to_thread

from madlen import tracing
from madlen.errors import StoreUnavailable
from madlen.store import Store
from madlen.types import Reply

SECONDS = 0.2
"""How long new text waits; to write it may take 50 ms more."""
CHARACTERS = 1000
"""So much new text does not wait."""


class Growing(Protocol):
    """A reply in flight."""

    @property
    def id(self) -> str: ...

    def checkpoint(self) -> Reply:
        """As it stands, to be stored."""

    def missed(self) -> None:
        """Takes note that its row could not be brought up to date this time."""


class Checkpoints:
    """Keeps the stored rows of growing replies at most 250 ms or 1,000 characters behind.

    They are written in one transaction: with one for each, a hundred answers at once would keep the
    disk so busy that prompts wait for seconds. To be used on the loop only.
    """

    def __init__(self, store: Store, tracer: tracing.Tracing) -> None:
        self._store = store
        self._tracer = tracer
        self._behind: dict[str, Growing] = {}
        self._news = anyio.Event()
        self._urgent = anyio.Event()
        self._due = 0.0

    def mark(self, growing: Growing, *, urgent: bool) -> None:
        """Says that a reply has text that is not stored."""
        self._behind[growing.id] = growing
        if not self._news.is_set():
            self._news.set()
            self._due = anyio.current_time() + SECONDS
        if urgent:
            self._urgent.set()

    def forget(self, reply_id: str) -> None:
        """Says that the end of a reply is being stored by other means."""
        self._behind.pop(reply_id, None)

    async def keep(self) -> None:
        """Stores what is behind, for as long as the process runs."""
        while True:
            await self._news.wait()
            # From the oldest of it on: what came while the last was being stored has waited already.
            with anyio.move_on_after(self._due - anyio.current_time()):
                await self._urgent.wait()
            began = time.monotonic()
            await self._store_all()
            # Where writing is slow, others get to write as well.
            await anyio.sleep(time.monotonic() - began)

    async def _store_all(self) -> None:
        self._news, self._urgent = anyio.Event(), anyio.Event()
        behind, self._behind = self._behind, {}
        replies = [growing.checkpoint() for growing in behind.values()]
        try:
            with self._tracer.stored("checkpoint"):
                await anyio.to_thread.run_sync(self._store.checkpoint, replies)
        except StoreUnavailable:
            # The next one holds the same text and more; the last one must succeed.
            for growing in behind.values():
                growing.missed()
