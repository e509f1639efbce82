"""How long an answer is waited for: its silences, the whole of it, and what is not counted."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

import anyio
import pytest

from madlen.deadlines import Deadlines, Patience
from madlen.errors import UpstreamTimeout

MODEL = "x/y"
SHORT = 0.05
FOREVER = 3600.0
SILENT = f"{MODEL} has been silent for too long. Try again or choose another model."
TOO_LONG = f"The answer of {MODEL} took too long and was ended."

Events = Callable[[Patience], Awaitable[None]]


def ended(deadlines: Deadlines, events: Events) -> tuple[str, float]:
    """Why, and after how many seconds, an answer is given up that says nothing more after its events."""

    async def main() -> None:
        with anyio.fail_after(30), deadlines.patience(MODEL) as patience:
            await events(patience)
            await anyio.sleep_forever()

    started = time.monotonic()
    with pytest.raises(UpstreamTimeout) as missed:
        anyio.run(main)
    return str(missed.value), time.monotonic() - started


def every(pause: float, count: int) -> Events:
    async def events(patience: Patience) -> None:
        for _ in range(count):
            await anyio.sleep(pause)
            patience.renew(time.monotonic())

    return events


def test_a_silence_ends_an_answer_and_is_named() -> None:
    sentence, seconds = ended(Deadlines(SHORT, FOREVER), every(0, 0))
    assert sentence == SILENT
    assert seconds >= SHORT


def test_each_event_begins_a_silence_anew() -> None:
    sentence, seconds = ended(Deadlines(5 * SHORT, FOREVER), every(SHORT, 10))
    assert sentence == SILENT
    assert seconds >= 15 * SHORT


def test_the_whole_answer_has_an_end_however_much_it_says() -> None:
    sentence, seconds = ended(Deadlines(FOREVER, 4 * SHORT), every(SHORT, 100))
    assert sentence == TOO_LONG
    assert seconds >= 4 * SHORT


def test_events_that_leave_a_timer_no_moment_end_with_the_whole_answer() -> None:
    async def events(patience: Patience) -> None:
        give_up = time.monotonic() + 30
        while time.monotonic() < give_up:
            patience.renew(time.monotonic())

    assert ended(Deadlines(FOREVER, SHORT), events)[0] == TOO_LONG


def test_a_silence_that_was_announced_may_last_longer() -> None:
    async def events(patience: Patience) -> None:
        patience.renew(time.monotonic(), 6 * SHORT)

    sentence, seconds = ended(Deadlines(SHORT, FOREVER), events)
    assert sentence == SILENT
    assert seconds >= 7 * SHORT


def test_after_an_announced_silence_the_usual_one_counts() -> None:
    async def events(patience: Patience) -> None:
        patience.renew(time.monotonic(), FOREVER)
        patience.renew(time.monotonic())

    assert ended(Deadlines(SHORT, FOREVER), events)[0] == SILENT


def test_nothing_ends_while_patience_is_suspended() -> None:
    async def events(patience: Patience) -> None:
        patience.suspend()
        await anyio.sleep(6 * SHORT)
        patience.renew(time.monotonic())

    sentence, seconds = ended(Deadlines(SHORT, FOREVER), events)
    assert sentence == SILENT
    assert seconds >= 7 * SHORT


def test_what_comes_after_an_answer_that_was_whole_in_time_may_last() -> None:
    async def main() -> bool:
        with Deadlines(SHORT, FOREVER).patience(MODEL) as patience:
            patience.renew(time.monotonic())
        await anyio.sleep(4 * SHORT)
        return True

    assert anyio.run(main)


def test_what_goes_wrong_within_is_not_called_late() -> None:
    async def main() -> None:
        with Deadlines(SHORT, FOREVER).patience(MODEL):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        anyio.run(main)


def test_somebody_elses_cancellation_is_not_called_late() -> None:
    async def main() -> bool:
        with anyio.move_on_after(SHORT) as scope, Deadlines(FOREVER, FOREVER).patience(MODEL):
            await anyio.sleep_forever()
        return scope.cancelled_caught

    assert anyio.run(main)
