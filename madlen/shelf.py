"""The use cases of kept chats: pin, archive, duplicate, and delete so that it can be undone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import anyio
import anyio.to_thread
from anyio.from_thread import BlockingPortal

from madlen import beginnings
from madlen.errors import StoreUnavailable, Unacceptable
from madlen.history import UNDO_SECONDS, Entry
from madlen.hub import Hub
from madlen.origins import Origin
from madlen.store import Store
from madlen.types import Session

_TRIES = 3


class Shelf:
    """What pages and API do with whole chats. Every method may be called from any thread but the loop's."""

    def __init__(
        self,
        store: Store,
        hub: Hub,
        portal: BlockingPortal,
        *,
        undo_seconds: float = UNDO_SECONDS,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._hub = hub
        self._portal = portal
        self._undo = timedelta(seconds=undo_seconds)
        self._now = now
        self._purging: set[Future[None]] = set()

    def mark(self, session_id: str, *, pinned: bool | None = None, archived: bool | None = None) -> Entry:
        """Pins or archives a chat, or takes it back. Raises ``NotFound``."""
        self._store.mark([session_id], pinned=pinned, archived=archived)
        return self._store.entry(session_id)

    def duplicate(self, session_id: str) -> Session:
        """A chat of its own that says the same and knows where it came from.

        Its votes stay with the first, for an opinion counts once. Raises ``NotFound``, and
        ``Unacceptable`` while an answer in it is being written.
        """
        session, turns = self._store.session(session_id), self._store.turns(session_id)
        if beginnings.arriving(turns):
            raise Unacceptable("An answer here is still being written; wait for its end or stop it first.")
        now, copy_id = self._now(), beginnings.fresh_id()
        copies = []
        for turn in turns:
            turn_id = beginnings.fresh_id()
            replies = tuple(
                replace(reply, id=beginnings.fresh_id(), session_id=copy_id, turn_id=turn_id)
                for reply in turn.replies
            )
            copies.append(replace(turn, id=turn_id, session_id=copy_id, replies=replies))
        title = beginnings.title(f"Copy of {session.title}")
        copy = replace(session, id=copy_id, title=title, created_at=now, updated_at=now)
        self._store.keep(copy, copies, origin=Origin("copy", session_id))
        return self._store.session(copy_id)

    def discard(self, session_ids: Sequence[str]) -> int:
        """Deletes chats and stops what is in flight in them; says how many were there.

        For a while ``restore`` brings them back. Then they are removed, or at the next start.
        """
        number = self._store.discard(session_ids, self._now())
        for session_id in session_ids:
            self._hub.stop_session(session_id)
        task = self._portal.start_task_soon(self._purge_later)
        self._purging.add(task)
        task.add_done_callback(self._purging.discard)
        return number

    def restore(self, session_ids: Sequence[str]) -> int:
        """Brings discarded chats back; says how many still could be."""
        return self._store.restore(session_ids)

    def close(self) -> None:
        """Leaves to the next start what is still to be removed."""
        for task in tuple(self._purging):
            task.cancel()

    async def keep_purged(self) -> None:
        """Removes what a process that has ended left discarded; for the background."""
        await self._purge()
        await self._purge_later()

    async def _purge_later(self) -> None:
        await anyio.sleep(self._undo.total_seconds() + 0.05)
        await self._purge()

    async def _purge(self) -> None:
        for _ in range(_TRIES):
            try:
                await anyio.to_thread.run_sync(self._store.purge, self._now() - self._undo)
            except StoreUnavailable:
                # The next deletion or start removes it too.
                await anyio.sleep(1)
            else:
                return
