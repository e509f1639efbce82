"""What goes wrong with an answer in flight, and what its followers and its row see of it."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from madlen.deadlines import Deadlines
from madlen.errors import RateLimited, StoreUnavailable
from madlen.tracing import names
from madlen.types import Reply, Retrying, Status
from tests.asking import ask, ended
from tests.conftest import StartMadlen
from tests.parrot import DONE, Gate, Parrot
from tests.waiting import step_done


def test_a_defect_ends_the_reply_with_a_sentence_and_not_with_its_message(
    start_madlen: StartMadlen,
) -> None:
    reply = ended(ask(start_madlen(Parrot(["Hello ", ZeroDivisionError("secret detail")]))))
    assert (reply.text, reply.status) == ("Hello ", Status.FAILED)
    assert reply.failure is not None
    assert "defect" in reply.failure.sentence
    assert "secret" not in reply.failure.sentence


def test_silence_past_its_deadline_is_a_timeout(start_madlen: StartMadlen) -> None:
    madlen = start_madlen(Parrot(["Hello ", Gate(), "there", DONE]))
    madlen.hub.deadlines = Deadlines(silence=0.05)
    reply = ended(ask(madlen))
    assert (reply.text, reply.status) == ("Hello ", Status.FAILED)
    assert reply.failure is not None
    assert reply.failure.kind == "upstream-timeout"


def test_an_answer_past_its_total_deadline_is_a_timeout(start_madlen: StartMadlen) -> None:
    madlen = start_madlen(Parrot(["Hello ", Gate(), DONE]))
    madlen.hub.deadlines = Deadlines(silence=60, total=0.05)
    assert ended(ask(madlen)).status is Status.FAILED


def test_a_checkpoint_that_cannot_be_written_does_not_end_the_answer(
    start_madlen: StartMadlen, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, missed = Gate(), Gate()
    madlen = start_madlen(Parrot(["Hello ", gate, "there", DONE]))
    checkpoint = madlen.store.checkpoint

    def refuse(replies: Sequence[Reply]) -> None:
        missed.reached.set()
        raise StoreUnavailable("The database is in use.")

    monkeypatch.setattr(madlen.store, "checkpoint", refuse)
    generation = ask(madlen)
    assert missed.reached.wait(5)
    monkeypatch.setattr(madlen.store, "checkpoint", checkpoint)
    gate.open()
    assert ended(generation).status is Status.COMPLETE
    assert madlen.store.reply(generation.id).text == "Hello there"


def test_an_end_that_cannot_be_stored_is_not_shown_as_whole(
    start_madlen: StartMadlen, monkeypatch: pytest.MonkeyPatch
) -> None:
    madlen = start_madlen(Parrot(["Hello", DONE]))

    def refuse(reply: Reply) -> None:
        raise StoreUnavailable("The disk is full.")

    monkeypatch.setattr(madlen.store, "save", refuse)
    reply = ended(ask(madlen))
    assert (reply.text, reply.status) == ("Hello", Status.FAILED)
    assert reply.failure is not None
    assert reply.failure.sentence == "The disk is full."


def test_a_wait_for_a_busy_provider_is_told_and_recorded(
    start_madlen: StartMadlen, spans: InMemorySpanExporter
) -> None:
    gate = Gate()
    madlen = start_madlen(Parrot([Retrying("rate-limited", 12.0), gate, "Hello", DONE]))
    generation = ask(madlen)
    assert gate.reached.wait(5)
    assert next(generation.follow(every=0)).note == (
        "The provider is not ready (rate limited); asking again in 12 s"
    )
    gate.open()
    assert ended(generation).status is Status.COMPLETE
    step_done(madlen)
    [chat] = [span for span in spans.get_finished_spans() if span.name == "chat parrot/polly"]
    [event] = [event for event in chat.events if event.name == names.RETRYING]
    assert event.attributes == {"error.type": "rate-limited", "madlen.wait_seconds": 12.0}


def test_what_was_waited_for_is_forgotten_with_the_first_word(start_madlen: StartMadlen) -> None:
    gate = Gate()
    generation = ask(start_madlen(Parrot([Retrying("upstream", 1.0), "Hello", gate, DONE])))
    assert gate.reached.wait(5)
    assert next(generation.follow(every=0)).note == ""
    gate.open()


@pytest.mark.parametrize(
    "defect", [ValueError("bad value"), UnicodeEncodeError("utf-8", "\ud800", 0, 1, "x")]
)
def test_nobody_waits_for_ever_when_the_end_cannot_even_be_written(
    start_madlen: StartMadlen, monkeypatch: pytest.MonkeyPatch, defect: Exception
) -> None:
    madlen = start_madlen(Parrot(["Hello", DONE]))

    def broken(reply: Reply) -> None:
        raise defect

    monkeypatch.setattr(madlen.store, "save", broken)
    reply = ended(ask(madlen))
    assert (reply.text, reply.status) == ("Hello", Status.FAILED)
    monkeypatch.undo()


def test_an_end_that_could_not_be_stored_is_stored_by_a_later_beat(
    start_madlen: StartMadlen, monkeypatch: pytest.MonkeyPatch
) -> None:
    madlen = start_madlen(Parrot(["Hello", DONE]))

    def locked(reply: Reply) -> None:
        raise StoreUnavailable("In use.")

    with monkeypatch.context() as patch:
        patch.setattr(madlen.store, "save", locked)
        generation = ask(madlen)
        ended(generation)
        step_done(madlen)
    madlen.hub._beat()
    stored = madlen.store.reply(generation.id)
    assert (stored.text, stored.status) == ("Hello", Status.COMPLETE)


def test_a_wait_that_the_provider_named_is_no_silence(start_madlen: StartMadlen) -> None:
    gate = Gate()
    madlen = start_madlen(Parrot([Retrying("rate-limited", 30.0), gate, "Hello", DONE]))
    madlen.hub.deadlines = Deadlines(silence=0.05)
    generation = ask(madlen)
    follower = generation.follow(every=0)
    assert gate.reached.wait(5)
    assert [next(follower).ended for _ in range(2)] == [None, None]
    gate.open()
    assert ended(generation).status is Status.COMPLETE


def test_an_answer_that_talks_for_too_long_is_not_called_silent(start_madlen: StartMadlen) -> None:
    madlen = start_madlen(Parrot(["word "] * 100_000))
    madlen.hub.deadlines = Deadlines(total=0.05)
    reply = ended(ask(madlen))
    assert reply.failure is not None
    assert "took too long" in reply.failure.sentence


def test_a_defect_is_seen_in_the_log_without_its_message(
    start_madlen: StartMadlen, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("madlen"), "propagate", True)
    ended(ask(start_madlen(Parrot([ZeroDivisionError("secret detail")]))))
    assert "ZeroDivisionError" in caplog.text
    assert "secret" not in caplog.text


def test_the_time_in_all_runs_to_the_end_whatever_it_was(start_madlen: StartMadlen) -> None:
    reply = ended(ask(start_madlen(Parrot([RateLimited("Busy.")]))))
    assert reply.timing.duration is not None
