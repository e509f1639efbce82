"""A growing text that any number of threads and tasks can follow: they replay it, then go on with it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from madlen.types import Reply

IDLE_SECONDS = 0.25
"""How often a follower is told that nothing is new, so that it can show that it waits."""

_TOGETHER = 16


@dataclass(frozen=True, slots=True)
class Update:
    """What is new since the follower's last update; ``ended`` is the whole reply, once it is one."""

    text: str = ""
    reasoning: str = ""
    note: str = ""
    """What is being waited for, as long as it is something else than the model's next word."""
    whole: bool = False
    """Whether no more words will come; the reply itself ends when they are stored."""
    ended: Reply | None = None


class _Bell:
    """Wakes a follower, once until it has looked: a hundred chunks that come meanwhile cost it nothing."""

    __slots__ = ("rung", "wake")

    def __init__(self, wake: Callable[[], None]) -> None:
        self.wake = wake
        self.rung = False


class _Words:
    """A text that grows by chunks, which are soon put together: alone, each takes ten times its letters."""

    __slots__ = ("_chunks", "_single", "length")

    def __init__(self) -> None:
        self._chunks: list[str] = []
        self._single = 0
        self.length = 0

    def add(self, chunk: str) -> None:
        self._chunks.append(chunk)
        self.length += len(chunk)
        self._single += 1
        if self._single == _TOGETHER:
            self._chunks[-_TOGETHER:] = ["".join(self._chunks[-_TOGETHER:])]
            self._single = 0

    def since(self, place: int) -> str:
        """What follows after so many characters, without a look at what lies before them."""
        new: list[str] = []
        missing = self.length - place
        for chunk in reversed(self._chunks):
            if missing <= 0:
                break
            new.append(chunk[-missing:])
            missing -= len(chunk)
        return "".join(reversed(new))


class Transcript:
    """The words of one answer. Written by the loop's thread, followed from any."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._text = _Words()
        self._reasoning = _Words()
        self._note = ""
        self._whole = False
        self._ended: Reply | None = None
        self._over: threading.Event | None = None
        self._bells: tuple[_Bell, ...] = ()

    @property
    def ended(self) -> Reply | None:
        return self._ended

    def words(self) -> tuple[str, str]:
        """The text and the reasoning so far."""
        with self._lock:
            return self._text.since(0), self._reasoning.since(0)

    def wait(self, note: str) -> None:
        """Tells followers what is being waited for, until the next words."""
        with self._lock:
            self._note = note
        self._wake()

    def write(self, *, text: str = "", reasoning: str = "") -> None:
        with self._lock:
            self._note = ""
            if text:
                self._text.add(text)
            if reasoning:
                self._reasoning.add(reasoning)
        self._wake()

    def close(self) -> None:
        """Tells followers that they have all words, which the reply's end in the database need not delay."""
        with self._lock:
            self._whole = True
        self._hurry()

    def end(self, reply: Reply) -> None:
        """Lets every follower go, with the reply as it was stored."""
        with self._lock:
            self._ended = reply
        self._hurry()

    @contextmanager
    def tail(self, waker: Callable[[], None]) -> Iterator[Callable[[], Update]]:
        """Something that gives what is new since it was last called; ``waker`` is called when there is."""
        at, bell = (0, 0), _Bell(waker)

        def news() -> Update:
            nonlocal at
            with self._lock:
                bell.rung = False
                text, reasoning = self._text.since(at[0]), self._reasoning.since(at[1])
                at = self._text.length, self._reasoning.length
                return Update(text, reasoning, self._note, self._whole, self._ended)

        with self._lock:
            self._bells = (*self._bells, bell)
        try:
            yield news
        finally:
            self._forget(bell)

    def follow(self, *, every: float) -> Generator[Update]:
        """For script threads: everything so far, then what comes, at most once in ``every`` seconds."""
        news = threading.Event()
        with self._lock:
            over = self._over = self._over or threading.Event()
            if self._whole or self._ended:
                over.set()
        with self.tail(news.set) as tail:
            while True:
                news.clear()
                update = tail()
                yield update
                if update.ended is not None:
                    return
                told = time.monotonic()
                news.wait(IDLE_SECONDS)
                # The last words are told at once, and so is the end.
                over.wait(max(0.0, every - (time.monotonic() - told)))

    async def afollow(self) -> AsyncGenerator[Update]:
        """For HTTP handlers on a loop of their own: everything so far, then each chunk as it comes."""
        loop, news = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            loop.call_soon_threadsafe(news.set)

        with self.tail(wake) as tail:
            while True:
                news.clear()
                update = tail()
                yield update
                if update.ended is not None:
                    return
                await news.wait()

    def _hurry(self) -> None:
        """Wakes also those who wait for their next frame."""
        with self._lock:
            over = self._over
        if over is not None:
            over.set()
        self._wake()

    def _forget(self, bell: _Bell) -> None:
        with self._lock:
            self._bells = tuple(each for each in self._bells if each is not bell)

    def _wake(self) -> None:
        for bell in self._bells:
            if bell.rung:
                continue
            bell.rung = True
            try:
                bell.wake()
            except RuntimeError:
                # The follower's loop has closed; its handler cannot take itself out any more.
                self._forget(bell)
