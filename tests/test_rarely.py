"""What a library says too often."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from madlen.rarely import SECONDS, Rarely


class Heard(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def chatty(heard: Heard, clock: Clock) -> Iterator[logging.Logger]:
    logger = logging.getLogger("tests.chatty")
    handler = Rarely(heard, monotonic=clock)
    logger.addHandler(handler)
    logger.propagate = False
    yield logger
    logger.removeHandler(handler)


def test_one_line_a_minute_is_handed_on_with_how_many_there_were(
    chatty: logging.Logger, heard: Heard, clock: Clock
) -> None:
    for number in range(5):
        chatty.warning("The collector is gone, try %d", number)
    assert heard.lines == ["The collector is gone, try 0"]
    clock.now += SECONDS
    chatty.getChild("exporter").warning("It is still gone")
    assert heard.lines[1:] == ["It is still gone (4 more since the last line)"]


def test_a_line_comes_without_its_stack_trace(chatty: logging.Logger, heard: Heard) -> None:
    try:
        raise ValueError("sk-or-secret")
    except ValueError:
        chatty.exception("The export failed")
    assert heard.lines == ["The export failed"]


def test_percent_signs_of_a_message_stay_as_they_are(chatty: logging.Logger, heard: Heard) -> None:
    chatty.warning("The queue is %s full", "100 %d")
    assert heard.lines == ["The queue is 100 %d full"]
