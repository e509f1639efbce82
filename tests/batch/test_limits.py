"""How much is asked at once, and when."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime

from madlen.batch.limits import Channel, Limits, next_day
from madlen.types import Quota

FREE = Channel("acme/one:free", "openrouter", free=True)
OTHER_FREE = Channel("acme/two:free", "openrouter", free=True)
PAID = Channel("acme/one", "openrouter")
LOCAL = Channel("local/small", "local")


class World:
    """A clock and a quota that a test sets."""

    def __init__(self, most: int = 100, quota: Quota | None = None) -> None:
        self.now = 1000.0
        self.quota = quota
        self.limits = Limits(most, lambda: self.quota, clock=lambda: self.now)

    def ask(self, channel: Channel, times: int = 1) -> None:
        for _ in range(times):
            assert self.limits.wait(channel) == 0
            self.limits.take(channel)
            self.limits.give(channel)


def test_no_more_is_asked_at_once_than_there_are_places() -> None:
    world = World(most=2)
    world.limits.take(PAID)
    world.limits.take(FREE)
    assert world.limits.wait(PAID) == math.inf
    world.limits.give(FREE)
    assert world.limits.wait(PAID) == 0


def test_an_embedded_model_answers_one_by_one() -> None:
    world = World()
    world.limits.take(LOCAL)
    assert world.limits.wait(LOCAL) == math.inf
    assert world.limits.wait(PAID) == 0
    world.limits.give(LOCAL)
    assert world.limits.wait(LOCAL) == 0


def test_runs_share_the_places() -> None:
    limits = World(most=8).limits
    assert [limits.share(runs) for runs in (0, 1, 2, 3, 20)] == [8, 8, 4, 3, 1]


def test_free_models_are_asked_twenty_times_in_a_minute_all_together() -> None:
    world = World()
    world.ask(FREE, 10)
    world.now += 20
    world.ask(OTHER_FREE, 10)
    assert world.limits.wait(FREE) == 40
    world.ask(PAID, 30)
    world.now += 40
    world.ask(FREE, 10)
    assert world.limits.wait(OTHER_FREE) == 20


def test_what_chats_ask_counts_in_the_minute() -> None:
    world = World(quota=Quota(minute_limit=20, minute_left=2))
    world.ask(FREE, 2)
    assert world.limits.wait(FREE) > 0
    world.now += 2
    world.quota = Quota(minute_limit=20, minute_left=1)
    world.ask(FREE)


def test_a_minute_that_was_refused_is_waited_for() -> None:
    world = World(quota=Quota(minute_limit=20, minute_left=0, minute_wait=17.0))
    assert world.limits.wait(FREE) == 17
    assert world.limits.wait(PAID) == 0


def test_a_busy_model_is_left_alone_and_no_other() -> None:
    world = World()
    world.limits.hold(PAID, 12)
    assert world.limits.wait(PAID) == 12
    assert world.limits.wait(FREE) == 0
    world.now += 12
    assert world.limits.wait(PAID) == 0


def test_a_day_is_over_when_the_account_says_so() -> None:
    world = World(quota=Quota(free_left=0))
    assert world.limits.day_used_up(FREE)
    assert world.limits.wait(FREE) == math.inf
    assert not world.limits.day_used_up(PAID)
    world.limits.try_again()
    assert world.limits.day_used_up(FREE)
    world.quota = replace(world.quota or Quota(), free_left=3)
    assert world.limits.wait(FREE) == 0


def test_a_day_is_over_when_a_request_was_refused_for_it() -> None:
    world = World()
    world.limits.end_day()
    assert world.limits.day_used_up(OTHER_FREE)
    world.limits.try_again()
    assert not world.limits.day_used_up(OTHER_FREE)


def test_the_next_day_begins_after_midnight_utc() -> None:
    evening = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
    assert next_day(evening) == datetime(2027, 1, 1, 0, 1, tzinfo=UTC)
