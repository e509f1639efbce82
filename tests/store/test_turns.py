"""Threads go one after another, in the order in which they came."""

from __future__ import annotations

import threading
import time

import pytest

from madlen.store.turns import Turns


def wait_until(turns: Turns, waiting: int) -> None:
    until = time.monotonic() + 10
    while len(turns._waiting) < waiting:
        assert time.monotonic() < until
        time.sleep(0.001)


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
