from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

import anyio
import pytest

from madlen.errors import DailyLimit, OutOfCredit, RateLimited, UpstreamError
from madlen.providers.refusals import refusal
from madlen.providers.retries import LONGEST_SECONDS, TRIES, pause, retried
from madlen.types import Done, Event, Reasoning, Retrying, Started, Text

BUSY = RateLimited("Busy.", retry_after=0, retryable=True)
DONE = Done("stop")

Script = Sequence[Event | Exception]


class Attempts:
    """Says one script for each attempt; counts them and the streams that were closed."""

    def __init__(self, *scripts: Script) -> None:
        self._scripts = list(scripts)
        self.made = 0
        self.closed = 0

    async def __call__(self) -> AsyncGenerator[Event]:
        script = self._scripts[self.made]
        self.made += 1
        try:
            for step in script:
                if isinstance(step, Exception):
                    raise step
                yield step
        finally:
            self.closed += 1


def collected(attempts: Attempts) -> list[Event]:
    async def main() -> list[Event]:
        return [event async for event in retried(attempts, jitter=lambda: 0.0)]

    return anyio.run(main)


def test_a_good_answer_is_asked_for_once() -> None:
    attempts = Attempts([Text("Hello"), DONE])
    assert collected(attempts) == [Text("Hello"), DONE]
    assert attempts.made == 1


def test_a_busy_provider_is_asked_again_and_each_wait_is_seen() -> None:
    attempts = Attempts([BUSY], [Started("m"), BUSY], [Text("Hello"), DONE])
    assert collected(attempts) == [
        Retrying("rate-limited", 0),
        Started("m"),
        Retrying("rate-limited", 0),
        Text("Hello"),
        DONE,
    ]
    assert attempts.closed == 3


def test_there_is_an_end_to_asking() -> None:
    attempts = Attempts([BUSY], [BUSY], [BUSY])
    with pytest.raises(RateLimited):
        collected(attempts)
    assert attempts.made == TRIES


def test_an_error_of_the_server_itself_is_asked_about_once_more() -> None:
    broken = refusal(500, {"error": {"code": 500, "message": "Internal"}}, model_id="a/b")
    attempts = Attempts([broken], [broken], [DONE])
    with pytest.raises(UpstreamError):
        collected(attempts)
    assert attempts.made == 2


def test_an_error_of_the_server_itself_as_the_last_is_the_end() -> None:
    broken = refusal(500, "", model_id="a/b")
    attempts = Attempts([BUSY], [BUSY], [broken], [DONE])
    with pytest.raises(UpstreamError):
        collected(attempts)
    assert attempts.made == TRIES


@pytest.mark.parametrize("word", [Text("Hel"), Reasoning("Hm")])
def test_nothing_is_asked_again_after_the_first_word(word: Event) -> None:
    attempts = Attempts([word, BUSY], [DONE])
    with pytest.raises(RateLimited):
        collected(attempts)
    assert attempts.made == 1


@pytest.mark.parametrize(
    "error",
    [
        UpstreamError("Invalid."),
        DailyLimit("Tomorrow."),
        RateLimited("Long.", retry_after=LONGEST_SECONDS + 1, retryable=True),
    ],
)
def test_what_asking_again_cannot_help_is_raised_at_once(error: UpstreamError) -> None:
    attempts = Attempts([error], [DONE])
    with pytest.raises(type(error)):
        collected(attempts)
    assert attempts.made == 1


def test_a_wait_ends_at_once_when_it_is_cancelled() -> None:
    attempts = Attempts([RateLimited("Busy.", retry_after=20, retryable=True)], [DONE])

    async def main() -> bool:
        with anyio.move_on_after(0.05) as scope:
            async for _ in retried(attempts):
                pass
        return scope.cancelled_caught

    assert anyio.run(main)
    assert attempts.made == 1


def test_waits_double_and_are_spread() -> None:
    assert [pause(number, None, 0) for number in range(3)] == [0.5, 1.0, 2.0]
    assert pause(0, None, 1) == 0.625


def test_the_other_sides_own_wait_is_the_least() -> None:
    assert pause(0, 12.0, 0) == 12.0


@pytest.mark.parametrize(
    ("status", "body", "retryable"),
    [
        (429, {"error": {"code": 429, "message": "Provider returned error"}}, True),
        (429, {"error": {"code": 429, "message": "Rate limit exceeded: free-models-per-day"}}, False),
        (503, "<html>busy</html>", True),
        (500, {"error": {"code": 500, "message": "Internal"}}, True),
        (524, "", True),
        (400, {"error": {"code": 400, "message": "Bad"}}, False),
        (401, {"error": {"code": 401, "message": "No"}}, False),
        (402, {"error": {"code": 402, "message": "Insufficient credits"}}, False),
        (402, {"error": {"code": 402, "metadata": {"retry_after_seconds": 2}}}, True),
        (404, {"error": {"code": 404, "message": "No endpoints found for x"}}, False),
        (503, {"error": {"http_status": 503, "availability": {"retryable": False}}}, False),
        (404, {"error": {"http_status": 404, "availability": {"retryable": True}}}, True),
    ],
)
def test_a_refusal_knows_whether_asking_again_can_help(status: int, body: object, retryable: bool) -> None:
    error = refusal(status, body, model_id="a/b")
    assert isinstance(error, UpstreamError)
    assert error.retryable is retryable


def test_credit_in_flight_names_its_wait() -> None:
    error = refusal(402, {"error": {"metadata": {"retry_after_seconds": 2}}}, model_id="a/b")
    assert isinstance(error, OutOfCredit)
    assert error.retry_after == 2
