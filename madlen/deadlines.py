"""How long an answer may take, and how long its model may be silent."""

from __future__ import annotations

import asyncio
import math
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import anyio

from madlen.errors import UpstreamTimeout


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds: the longest silence before and between chunks, keep-alives not counted; the whole answer."""

    silence: float = 120.0
    total: float = 1800.0

    def patience(self, model_id: str) -> Patience:
        """How long the model's answer is waited for within the block.

        The block raises ``UpstreamTimeout`` with the deadline that was missed.
        """
        return Patience(self, model_id)


class Patience:
    """Ends a scope around the events of an answer when it is late; the first silence begins at once.

    One timer that looks anew whenever it goes off: setting one for each chunk costs as much as taking it.
    """

    __slots__ = ("_due", "_end", "_model_id", "_scope", "_set_for", "_silence", "_timer")

    def __init__(self, deadlines: Deadlines, model_id: str) -> None:
        self._silence = deadlines.silence
        self._model_id = model_id
        self._scope = anyio.CancelScope()
        self._end = time.monotonic() + deadlines.total
        self._due = self._set_for = math.inf
        self._timer: asyncio.TimerHandle | None = None

    def __enter__(self) -> Self:
        # First, for it may raise; the timer goes off when the loop is at it again.
        self.renew(time.monotonic())
        self._scope.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.suspend()
        if self._scope.__exit__(kind, error, trace):
            raise self.missed()

    def missed(self) -> UpstreamTimeout:
        """Which deadline has passed."""
        if time.monotonic() >= self._end:
            return UpstreamTimeout(f"The answer of {self._model_id} took too long and was ended.")
        return UpstreamTimeout(
            f"{self._model_id} has been silent for too long. Try again or choose another model."
        )

    def renew(self, now: float, wait: float = 0.0) -> None:
        """Begins a silence at a moment of ``time.monotonic``, one that may last ``wait`` seconds more.

        Raises ``UpstreamTimeout`` where the whole answer took too long: events that are there already
        are taken without a moment in which a timer could go off.
        """
        if now >= self._end:
            raise self.missed()
        self._due = min(now + self._silence + wait, self._end)
        if self._due < self._set_for:
            self._set(now)

    def suspend(self) -> None:
        """Lets nothing end, until the next silence begins."""
        if self._timer is not None:
            self._timer.cancel()
        self._due = self._set_for = math.inf

    def _set(self, now: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._set_for = self._due
        self._timer = asyncio.get_running_loop().call_later(self._due - now, self._look)

    def _look(self) -> None:
        now = time.monotonic()
        if now < self._due:
            self._set(now)
        else:
            self._scope.cancel()
