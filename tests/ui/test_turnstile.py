"""That pages are drawn one after the other, and that nobody waits for one that takes long."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from madlen.ui import attempts, streaming, turnstile
from madlen.ui.turnstile import PATIENCE_SECONDS, Turnstile


@contextmanager
def waiting(gate: Turnstile, drawn: list[str], *names: str) -> Iterator[list[threading.Thread]]:
    """Threads that wait in this order to draw; they have drawn when the block is left."""

    def draw(name: str) -> None:
        with gate.one():
            drawn.append(name)

    threads = []
    for number, name in enumerate(names, start=1):
        threads.append(threading.Thread(target=draw, args=(name,)))
        threads[-1].start()
        while len(gate._waiting) < number and threads[-1].is_alive():
            pass
    yield threads
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turnstile, "PATIENCE_SECONDS", 60.0)


def test_those_who_wait_are_drawn_in_the_order_in_which_they_came(patient: None) -> None:
    gate, drawn = Turnstile(), list[str]()
    names = [f"page {number}" for number in range(20)]
    with ExitStack() as stack, gate.one():
        stack.enter_context(waiting(gate, drawn, *names))
        assert drawn == []
    assert drawn == names


def test_one_that_takes_long_is_not_waited_for() -> None:
    gate, drawn = Turnstile(), list[str]()
    with gate.one(), waiting(gate, drawn, "second", "third"):
        pass
    assert drawn == ["second", "third"]
    assert PATIENCE_SECONDS < 1


def test_only_who_is_next_looks_at_the_clock(patient: None, monkeypatch: pytest.MonkeyPatch) -> None:
    gate, drawn = Turnstile(), list[str]()
    waits = dict[str, list[float | None]]()
    patience = gate._patience

    def watched(turn: turnstile._Turn) -> float | None:
        waits.setdefault(threading.current_thread().name, []).append(patience(turn))
        return waits[threading.current_thread().name][-1]

    monkeypatch.setattr(gate, "_patience", watched)
    with gate.one(), waiting(gate, drawn, "second", "third") as [second, third]:
        while second.name not in waits or third.name not in waits:
            pass
        assert [type(wait) for wait in waits[second.name]] == [float]
        assert waits[third.name] == [None]
        gate.leave()
    assert drawn == ["second", "third"]


def test_one_that_was_overtaken_ends_nobody_elses_turn(patient: None) -> None:
    gate, drawn = Turnstile(), list[str]()
    with gate.one():
        second = turnstile._Turn()
        gate._waiting.append(second)
        gate._admit()
    with waiting(gate, drawn, "third"):
        assert gate._inside is second
        assert drawn == []
        gate._own.turn = second
        gate.leave()
    assert drawn == ["third"]


def test_a_turn_within_a_turn_is_the_same(patient: None) -> None:
    gate, drawn = Turnstile(), list[str]()
    with gate.one():
        with gate.one():
            drawn.append("inner")
        assert gate._inside is not None
    assert gate._inside is None
    assert drawn == ["inner"]


def test_one_that_leaves_early_lets_the_next_in_and_does_not_wait_again(patient: None) -> None:
    gate, drawn = Turnstile(), list[str]()
    with gate.one():
        with waiting(gate, drawn, "second"):
            gate.leave()
        gate.leave()
    assert drawn == ["second"]
    assert gate._inside is None


def test_one_that_steps_aside_lets_others_pass_and_is_drawn_to_its_end_when_none_is_inside(
    patient: None,
) -> None:
    gate, drawn = Turnstile(), list[str]()
    with gate.one():
        with waiting(gate, drawn, "second", "third"):
            gate.aside(0.01)
            drawn.append("first again")
        assert gate._inside is not None
    assert drawn == ["second", "third", "first again"]
    assert gate._inside is None


def test_who_has_no_turn_steps_aside_without_getting_one(patient: None) -> None:
    gate = Turnstile()
    gate.aside(0)
    assert gate._inside is None
    with gate.one():
        gate.leave()
        gate.aside(0)
        assert gate._inside is None


def test_one_that_fails_lets_the_next_in(patient: None) -> None:
    gate, drawn = Turnstile(), list[str]()
    with pytest.raises(ZeroDivisionError), gate.one():
        raise ZeroDivisionError
    with waiting(gate, drawn, "second"):
        pass
    assert drawn == ["second"]


@pytest.mark.parametrize("follow", [streaming.paced, streaming.paced_all])
def test_a_page_that_follows_an_answer_has_left(
    patient: None, follow: type[Iterator[object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, drawn = Turnstile(), list[str]()
    monkeypatch.setattr(turnstile, "one", gate.one)
    monkeypatch.setattr(turnstile, "leave", gate.leave)

    def page() -> None:
        with waiting(gate, drawn, "other"):
            assert drawn == []
            list(follow(iter(())))  # type: ignore[call-arg]
        assert drawn == ["other"]

    attempts.draw(page)
    assert drawn == ["other"]
