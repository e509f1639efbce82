"""Threads go one after another, in the order in which they came."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from madlen.store.turns import Turns
from tests.waiting import eventually


def wait_until(turns: Turns, waiting: int) -> None:
    assert eventually(lambda: len(turns._waiting) >= waiting, 10)


def test_who_came_first_goes_first() -> None:
    turns, order = Turns(), list[int]()

    def go(number: int) -> None:
        with turns.one(seconds=10):
            order.append(number)

    threads = [threading.Thread(target=go, args=(number,)) for number in range(20)]
    with turns.one(seconds=1):
        for number, thread in enumerate(threads):
            thread.start()
            wait_until(turns, number + 1)
    for thread in threads:
        thread.join()
    assert order == list(range(20))


def test_who_has_waited_long_enough_gives_up_and_holds_nobody_up() -> None:
    turns = Turns()
    with turns.one(seconds=1), pytest.raises(TimeoutError), turns.one(seconds=0.01):
        pass
    with turns.one(seconds=0):
        pass


def test_an_error_ends_a_turn() -> None:
    turns = Turns()
    with pytest.raises(ValueError, match="mine"), turns.one(seconds=0):
        raise ValueError("mine")
    with turns.one(seconds=0):
        pass


class Clock:
    """Stands until it is set; counts who looks."""

    def __init__(self) -> None:
        self.moment = 0.0
        self.looks = 0

    def __call__(self) -> float:
        self.looks += 1
        return self.moment


@contextmanager
def queue_behind(turns: Turns, clock: Clock, first_ends: Callable[[], None]) -> Iterator[list[float | str]]:
    """Somebody who came at 0 and whose patience is 0.05 waits behind two; the first ended at 0.04, the
    second has its turn still at 0.08. Gives what becomes of the wait."""
    entered, leave, became = threading.Event(), threading.Event(), list[float | str]()

    def second() -> None:
        with turns.one(seconds=60):
            entered.set()
            leave.wait()

    def last() -> None:
        try:
            with turns.one(seconds=0.05) as until:
                became.append(until)
        except TimeoutError:
            became.append("gave up")

    threads = [threading.Thread(target=second), threading.Thread(target=last)]
    with suppress(ValueError), turns.one(seconds=1):
        for number, thread in enumerate(threads):
            thread.start()
            wait_until(turns, number + 1)
        clock.moment = 0.04
        first_ends()
    assert entered.wait(10)
    clock.moment = 0.08
    try:
        yield became
    finally:
        leave.set()
        for thread in threads:
            thread.join()


def test_a_long_queue_is_waited_for_as_long_as_it_moves() -> None:
    clock = Clock()
    turns = Turns(clock)
    with queue_behind(turns, clock, lambda: None) as became:
        looked = clock.looks
        assert eventually(lambda: clock.looks >= looked + 4, 10)
        assert became == []
    # Its own work may wait as long again, from the end of the turn before.
    assert became == [pytest.approx(0.13)]


def test_who_waits_behind_a_turn_that_failed_gives_up() -> None:
    def fail() -> None:
        raise ValueError

    clock = Clock()
    turns = Turns(clock)
    with queue_behind(turns, clock, fail) as became:
        assert eventually(lambda: bool(became), 10)
    assert became == ["gave up"]
