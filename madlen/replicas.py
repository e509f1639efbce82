"""Replies that another process makes: followed from the database, and ended by a word left in it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager, suppress

import anyio
import anyio.to_thread

from madlen.errors import Interrupted, StoreUnavailable
from madlen.generation import Generation
from madlen.store import Listener, Store
from madlen.transcript import IDLE_SECONDS, Update
from madlen.types import Reply, Status

LISTEN_SECONDS = 0.5
"""How long one look at the database lasts at most, and so how long it can hold up the process's end."""
POLL_SECONDS = 2.0
"""How often a follower looks for itself while somebody listens for it; without that, at every idle moment."""
DEAF_SECONDS = 1.0
_ENDING = "Madlen is shutting down here; the answer goes on. Reload the page."


class Replicas:
    """What the processes on one database know of each other. ``own`` gives the replies made here.

    Nothing is looked at while no reply is made here and none is followed from elsewhere.
    """

    def __init__(self, store: Store, own: Callable[[], Sequence[Generation]]) -> None:
        self._store = store
        self._own = own
        self._lock = threading.Lock()
        self._followers: dict[str, set[Callable[[], None]]] = {}
        self._hearing = False
        self._ending = False
        self._rouse: Callable[[], object] | None = None

    def follow(self, reply_id: str, *, every: float) -> Generator[Update]:
        """For script threads: everything so far, then what comes, at most once in ``every`` seconds.

        Raises ``Interrupted`` when this process ends before the reply does.
        """
        news, story = threading.Event(), _Story(self._store, reply_id)
        with self._waking(reply_id, news.set):
            while True:
                news.clear()
                looked = time.monotonic()
                update = story.next()
                yield update
                if update.ended is not None:
                    return
                while not news.wait(IDLE_SECONDS) and time.monotonic() - looked < self._patience():
                    yield Update(note=update.note)
                if self._ending:
                    raise Interrupted(_ENDING)
                time.sleep(max(0.0, every - (time.monotonic() - looked)))

    @contextmanager
    def tail(self, reply_id: str, waker: Callable[[], None]) -> Iterator[Callable[[], Update]]:
        """For script threads: something that gives what is new since it was last called.

        It looks at the database when there is news, of which ``waker`` tells, and else seldom. What it
        gives may raise ``Interrupted`` when this process ends before the reply does.
        """
        news, story = threading.Event(), _Story(self._store, reply_id)
        looked, note = float("-inf"), ""

        def wake() -> None:
            news.set()
            waker()

        def tell() -> Update:
            nonlocal looked, note
            if not news.is_set() and time.monotonic() - looked < self._patience():
                return Update(note=note)
            if self._ending and looked > 0:
                raise Interrupted(_ENDING)
            news.clear()
            looked = time.monotonic()
            update = story.next()
            note = update.note
            return update

        with self._waking(reply_id, wake):
            yield tell

    async def afollow(self, reply_id: str) -> AsyncGenerator[Update]:
        """For HTTP handlers on a loop of their own: everything so far, then what comes.

        Stops short when this process ends before the reply does.
        """
        loop, news, story = asyncio.get_running_loop(), asyncio.Event(), _Story(self._store, reply_id)

        def wake() -> None:
            loop.call_soon_threadsafe(news.set)

        with self._waking(reply_id, wake):
            while True:
                news.clear()
                update = await anyio.to_thread.run_sync(story.next)
                yield update
                if update.ended is not None:
                    return
                with anyio.move_on_after(self._patience()):
                    await news.wait()
                if self._ending:
                    return

    async def keep_listening(self) -> None:
        """Wakes followers when there is news, and stops own replies when somebody elsewhere asks for it.

        Runs on the loop for as long as the process does.
        """
        loop, roused, one_thread = asyncio.get_running_loop(), asyncio.Event(), anyio.CapacityLimiter(1)
        self._rouse = lambda: loop.call_soon_threadsafe(roused.set)
        try:
            while True:
                roused.clear()
                with closing(self._store.listen()) as listener:
                    while self._needed():
                        try:
                            await anyio.to_thread.run_sync(self._listen, listener, limiter=one_thread)
                        except StoreUnavailable:
                            self._hearing = False
                            await anyio.sleep(DEAF_SECONDS)
                self._hearing = False
                await roused.wait()
        finally:
            self._rouse, self._hearing = None, False

    def rouse(self) -> None:
        """Says that something is made or followed here from now on."""
        if self._rouse is not None:
            self._rouse()

    def interrupt(self) -> None:
        """Lets the followers go. Takes no lock, so that a signal's handler may call it."""
        self._ending = True
        for wakers in tuple(self._followers.values()):
            _wake(tuple(wakers))

    def _needed(self) -> bool:
        return bool(self._followers or self._own())

    def _patience(self) -> float:
        return POLL_SECONDS if self._hearing else IDLE_SECONDS

    def _listen(self, listener: Listener) -> None:
        heard = listener.heard(LISTEN_SECONDS)
        self._hearing = True
        own = {generation.id: generation for generation in self._own()}
        if asked := own.keys() if heard is None else own.keys() & heard:
            for reply_id in self._store.unwanted([*asked]):
                own[reply_id].stop()
        with self._lock:
            told = self._followers.keys() if heard is None else self._followers.keys() & heard
            wakers = [waker for reply_id in told for waker in self._followers[reply_id]]
        _wake(wakers)

    @contextmanager
    def _waking(self, reply_id: str, waker: Callable[[], None]) -> Iterator[None]:
        with self._lock:
            self._followers.setdefault(reply_id, set()).add(waker)
        self.rouse()
        try:
            yield
        finally:
            with self._lock:
                self._followers[reply_id].discard(waker)
                if not self._followers[reply_id]:
                    del self._followers[reply_id]


def _wake(wakers: Sequence[Callable[[], None]]) -> None:
    for waker in wakers:
        # The loop of a handler may have closed before the handler could take itself out.
        with suppress(RuntimeError):
            waker()


class _Story:
    """What a stored reply has beyond what was told of it."""

    def __init__(self, store: Store, reply_id: str) -> None:
        self._store = store
        self._reply_id = reply_id
        self._told: Reply | None = None

    def next(self) -> Update:
        """The news. A database that is away is a note; only at first does that raise ``StoreUnavailable``."""
        try:
            reply = self._store.reply(self._reply_id)
        except StoreUnavailable as error:
            if self._told is None:
                raise
            return Update(note=str(error))
        text, reasoning = (self._told.text, self._told.reasoning) if self._told else ("", "")
        self._told = reply
        return Update(
            reply.text[len(text) :],
            reply.reasoning[len(reasoning) :],
            ended=None if reply.status is Status.STREAMING else reply,
        )
