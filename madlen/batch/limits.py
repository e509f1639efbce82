"""How much may be asked at once, and when: of everything, of each source, of free models, of a busy one."""

from __future__ import annotations

import math
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from madlen import days
from madlen.errors import MinuteLimit, RateLimited
from madlen.providers.account import MINUTE_REQUESTS
from madlen.types import Quota

MINUTE_SECONDS = 60.0
AT_ONCE = {"local": 1}
"""Sources that take less at once than everything together: an embedded model answers one by one."""
BUSY = frozenset({RateLimited.kind, MinuteLimit.kind})
"""The kinds of failure after which a channel is left alone for a while, and then asked again."""
_UNCOUNTED_SECONDS = 1.0
_CLOCK_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Channel:
    """Where a lane's prompts go. ``free`` says that OpenRouter counts them against the free ones."""

    model_id: str
    source: str
    free: bool = False


class Limits:
    """What is being asked, and whether more may be. To be used on the loop only.

    ``quota`` gives what the account may still do as far as is known; ``clock`` seconds that never go back.
    """

    def __init__(
        self,
        most: int,
        quota: Callable[[], Quota | None],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = most
        self._quota = quota
        self._clock = clock
        self._asking: Counter[str] = Counter()
        self._begun: deque[float] = deque()
        self._held: dict[str, float] = {}
        self._day_over = False

    def share(self, runs: int) -> int:
        """How many answers one of so many runs may have in flight, so that none waits for another's end."""
        return math.ceil(self._most / max(runs, 1))

    def wait(self, channel: Channel) -> float:
        """Seconds until the channel may be asked; infinite where only an answer's end or a day helps."""
        if self.day_used_up(channel) or self._asking.total() >= self._most:
            return math.inf
        if self._asking[channel.source] >= AT_ONCE.get(channel.source, self._most):
            return math.inf
        held = self._held.get(channel.model_id, -math.inf) - self._clock()
        return max(held, self._minute() if channel.free else 0.0, 0.0)

    def take(self, channel: Channel) -> None:
        """Takes note that the channel is asked; ``give`` says that it has answered."""
        self._asking[channel.source] += 1
        if channel.free:
            self._begun.append(self._clock())

    def give(self, channel: Channel) -> None:
        self._asking[channel.source] -= 1

    def hold(self, channel: Channel, seconds: float) -> None:
        """Leaves a model alone for a while, for it has too much to do."""
        self._held[channel.model_id] = self._clock() + seconds

    def end_day(self) -> None:
        """Takes note that free models were refused for the day."""
        self._day_over = True

    def try_again(self) -> None:
        """Lets free models be asked once more, whatever was said of the day."""
        self._day_over = False

    def day_used_up(self, channel: Channel) -> bool:
        """Whether the channel takes nothing more before the next day."""
        quota = self._quota()
        return channel.free and (self._day_over or (quota is not None and quota.free_left == 0))

    def _minute(self) -> float:
        """Seconds until one more free request fits into the minute."""
        now, quota = self._clock(), self._quota()
        while self._begun and now - self._begun[0] >= MINUTE_SECONDS:
            self._begun.popleft()
        if len(self._begun) >= MINUTE_REQUESTS:
            return self._begun[0] + MINUTE_SECONDS - now
        if quota is None or quota.minute_left is None:
            return 0.0
        # Chats take from the same minute. What was begun a moment ago may not be counted yet.
        uncounted = sum(1 for moment in self._begun if now - moment < _UNCOUNTED_SECONDS)
        if quota.minute_left > uncounted:
            return 0.0
        return quota.minute_wait or _UNCOUNTED_SECONDS


def next_day(now: datetime) -> datetime:
    """When the day's free requests come back: after midnight UTC, by their clock as well as by ours."""
    return days.end(days.of(now)) + timedelta(seconds=_CLOCK_SECONDS)
