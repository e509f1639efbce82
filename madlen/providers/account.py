"""What the OpenRouter account may still do, kept fresh in the background so that no page waits for it."""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import replace

import anyio

from madlen.errors import MadlenError, MinuteLimit
from madlen.types import Quota

REFRESH_SECONDS = 60.0
LEAST_SECONDS = 2.0
"""Between two times that the account is asked, however many answers come."""
MINUTE_REQUESTS = 20
"""Free requests that OpenRouter takes in a minute; its documentation says so, ``GET /key`` does not."""
_MINUTE_SECONDS = 60.0


class Account:
    """Knows what ``ask`` said last, and counts the free requests of the last minute itself.

    Each request to OpenRouter is made within ``request``, on the loop.
    """

    def __init__(
        self, ask: Callable[[], Awaitable[Quota]], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._ask = ask
        self._clock = clock
        self._known: Quota | None = None
        # Replaced and never changed, for other threads read it.
        self._requests: tuple[float, ...] = ()
        self._exhausted_until = -math.inf
        self._ended = anyio.Event()

    @property
    def quota(self) -> Quota | None:
        """The last one known, with the minute as it is at this moment; callable from any thread."""
        if self._known is None:
            return None
        now = self._clock()
        wait = self._exhausted_until - now
        left = 0 if wait > 0 else max(0, MINUTE_REQUESTS - len(self._recent(now)))
        return replace(
            self._known,
            minute_limit=MINUTE_REQUESTS,
            minute_left=left,
            minute_wait=wait if wait > 0 else None,
        )

    def request(self, *, free: bool) -> AbstractContextManager[None]:
        """A request until its answer has ended, well or not: OpenRouter counts those that fail too."""
        now = self._clock()
        if free:
            self._requests = (*self._recent(now), now)
        return self

    def __enter__(self) -> None:
        """To be entered by ``request`` only, by as many at a time as there are requests."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, MinuteLimit) and error.retry_after is not None:
            self._exhausted_until = self._clock() + error.retry_after
        self._ended.set()

    async def refresh(self) -> None:
        """Where the account cannot be asked, what was known of it is not true any more."""
        try:
            self._known = await self._ask()
        except MadlenError:
            self._known = None

    async def keep_fresh(self) -> None:
        """Renews the quota soon after each answer, and now and then, for as long as the process runs."""
        while True:
            # Renewed before it asks: an answer that ends meanwhile may not be counted yet.
            self._ended = anyio.Event()
            await self.refresh()
            await anyio.sleep(LEAST_SECONDS)
            with anyio.move_on_after(REFRESH_SECONDS - LEAST_SECONDS):
                await self._ended.wait()

    def _recent(self, now: float) -> tuple[float, ...]:
        return tuple(moment for moment in self._requests if now - moment < _MINUTE_SECONDS)
