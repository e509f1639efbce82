from __future__ import annotations

import logging
import time

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from madlen import hub as hub_module
from madlen import tracing
from madlen.errors import Interrupted, RateLimited, StoreUnavailable
from madlen.generation import Deadlines, Generation
from madlen.services import Services
from madlen.transcript import Update
from madlen.types import Done, Lane, Message, Parameters, Reasoning, Reply, Retrying, Started, Status, Text
from tests.conftest import StartMadlen
from tests.parrot import DONE, USAGE, Gate, Parrot

POLLY = Lane("parrot/polly")


def ask(madlen: Services, text: str = "Hi") -> Generation:
    return madlen.chat.ask(text, [POLLY]).generations[0]


def ended(generation: Generation) -> Reply:
    *_, last = generation.follow(every=0)
    assert last.ended is not None
    return last.ended


def told(updates: list[Update]) -> str:
    return "".join(update.text for update in updates)


def test_a_whole_answer_is_stored_with_all_that_is_known_of_it(start_madlen: StartMadlen) -> None:
    script = [Started("polly-real", "Cage", "gen-7"), Reasoning("Hm."), "Hello ", "there", DONE]
    madlen = start_madlen(Parrot(script))
    reply = ended(ask(madlen))
    assert (reply.text, reply.reasoning, reply.status) == ("Hello there", "Hm.", Status.COMPLETE)
    assert (reply.model, reply.provider, reply.generation_id) == ("polly-real", "Cage", "gen-7")
    assert (reply.finish_reason, reply.usage) == ("stop", USAGE)
    assert madlen.store.reply(reply.id) == reply


def test_the_first_chunk_and_the_first_visible_text_are_timed_apart(start_madlen: StartMadlen) -> None:
    gate = Gate()
    generation = ask(start_madlen(Parrot([Reasoning("Hm."), gate, "Hello", DONE])))
    assert gate.reached.wait(5)
    gate.open()
    timing = ended(generation).timing
    assert timing.time_to_first_chunk is not None
    assert timing.time_to_first_token is not None
    assert timing.duration is not None
    assert timing.time_to_first_chunk < timing.time_to_first_token <= timing.duration


def test_loading_a_model_does_not_count_as_its_time_to_the_first_token(start_madlen: StartMadlen) -> None:
    parrot = Parrot(["Hello", DONE])
    parrot.preparing = Gate()
    generation = ask(start_madlen(parrot))
    assert parrot.preparing.reached.wait(5)
    began = time.monotonic()
    while time.monotonic() - began < 0.2:
        next(generation.follow(every=0))
    parrot.preparing.open()
    first = ended(generation).timing.time_to_first_token
    assert first is not None
    assert first < 0.2


def test_every_follower_sees_the_whole_answer_whenever_it_comes(start_madlen: StartMadlen) -> None:
    gate = Gate()
    generation = ask(start_madlen(Parrot(["Hello ", gate, "there", DONE])))
    assert gate.reached.wait(5)
    early = generation.follow(every=0)
    seen = [next(early)]
    gate.open()
    seen += early
    assert told(seen) == told(list(generation.follow(every=0))) == "Hello there"


def test_a_follower_that_leaves_does_not_end_the_answer(start_madlen: StartMadlen) -> None:
    gate = Gate()
    madlen = start_madlen(Parrot(["Hello ", gate, "there", DONE]))
    generation = ask(madlen)
    assert gate.reached.wait(5)
    follower = generation.follow(every=0)
    next(follower)
    follower.close()
    gate.open()
    assert ended(generation).text == "Hello there"


def test_a_follower_is_told_when_nothing_is_new(start_madlen: StartMadlen) -> None:
    gate = Gate()
    generation = ask(start_madlen(Parrot([gate, "Hello", DONE])))
    follower = generation.follow(every=0)
    assert [next(follower), next(follower)] == [Update(), Update()]
    gate.open()


def test_stopping_ends_a_silent_model_at_once_and_keeps_the_text(start_madlen: StartMadlen) -> None:
    gate, parrot = Gate(), Parrot()
    parrot.scripts = [["Hello ", gate, "there", DONE]]
    madlen = start_madlen(parrot)
    generation = ask(madlen)
    assert gate.reached.wait(5)
    generation.stop()
    reply = ended(generation)
    assert (reply.text, reply.status, reply.failure) == ("Hello ", Status.STOPPED, None)
    assert madlen.store.reply(reply.id) == reply
    assert parrot.closed_streams == 1


def test_stopping_ends_an_answer_whose_model_is_still_loading(start_madlen: StartMadlen) -> None:
    parrot = Parrot(["Hello", DONE])
    parrot.preparing = Gate()
    generation = ask(start_madlen(parrot))
    assert parrot.preparing.reached.wait(5)
    generation.stop()
    assert ended(generation).status is Status.STOPPED


def test_stopping_an_answer_that_has_ended_changes_nothing(start_madlen: StartMadlen) -> None:
    madlen = start_madlen(Parrot(["Hello", DONE]))
    generation = ask(madlen)
    reply = ended(generation)
    generation.stop()
    madlen.portal.call(lambda: None)
    assert generation.reply() == reply == madlen.store.reply(reply.id)


def test_a_failure_keeps_the_text_so_far_and_its_sentence(start_madlen: StartMadlen) -> None:
    madlen = start_madlen(Parrot(["Hello ", RateLimited("Wait a moment.", retry_after=12)]))
    reply = ended(ask(madlen))
    assert (reply.text, reply.status) == ("Hello ", Status.FAILED)
    assert reply.failure is not None
    assert (reply.failure.kind, reply.failure.sentence, reply.failure.status) == (
        "rate-limited",
        "Wait a moment.",
        429,
    )
    assert reply.failure.extra == {"retry_after": 12}
    assert madlen.store.reply(reply.id) == reply


def test_a_stream_that_ends_without_saying_so_is_cut_off(start_madlen: StartMadlen) -> None:
    reply = ended(ask(start_madlen(Parrot(["Hello "]))))
    assert (reply.text, reply.status) == ("Hello ", Status.INTERRUPTED)


def test_an_interruption_is_told_from_a_failure(start_madlen: StartMadlen) -> None:
    reply = ended(ask(start_madlen(Parrot(["Hello ", Interrupted("Broke off.")]))))
    assert reply.status is Status.INTERRUPTED


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
    madlen.hub._deadlines = Deadlines(silence=0.05)
    reply = ended(ask(madlen))
    assert (reply.text, reply.status) == ("Hello ", Status.FAILED)
    assert reply.failure is not None
    assert reply.failure.kind == "upstream-timeout"


def test_an_answer_past_its_total_deadline_is_a_timeout(start_madlen: StartMadlen) -> None:
    madlen = start_madlen(Parrot(["Hello ", Gate(), DONE]))
    madlen.hub._deadlines = Deadlines(silence=60, total=0.05)
    assert ended(ask(madlen)).status is Status.FAILED


def stored_text(madlen: Services, reply_id: str, expected: str) -> str:
    """The stored text, once it is what is expected or five seconds have passed."""
    until = time.monotonic() + 5
    while (text := madlen.store.reply(reply_id).text) != expected and time.monotonic() < until:
        time.sleep(0.01)
    return text


def test_the_stored_row_keeps_up_with_a_growing_answer(start_madlen: StartMadlen) -> None:
    gate = Gate()
    madlen = start_madlen(Parrot(["Hello ", gate, "there", DONE]))
    generation = ask(madlen)
    assert stored_text(madlen, generation.id, "Hello ") == "Hello "
    assert madlen.store.reply(generation.id).status is Status.STREAMING
    gate.open()


def test_a_checkpoint_that_cannot_be_written_does_not_end_the_answer(
    start_madlen: StartMadlen, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, missed = Gate(), Gate()
    madlen = start_madlen(Parrot(["Hello ", gate, "there", DONE]))
    save = madlen.store.save

    def refuse(reply: Reply) -> None:
        missed.reached.set()
        raise StoreUnavailable("The database is in use.")

    monkeypatch.setattr(madlen.store, "save", refuse)
    generation = ask(madlen)
    assert missed.reached.wait(5)
    monkeypatch.setattr(madlen.store, "save", save)
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


def test_an_answer_that_nobody_keeps_leaves_nothing_in_the_store(start_madlen: StartMadlen) -> None:
    madlen = start_madlen(Parrot(["Hello", DONE]))
    generation = madlen.chat.answer("parrot/polly", [Message("user", "Hi")], Parameters())
    assert ended(generation).text == "Hello"
    assert madlen.store.sessions() == []


def test_closing_interrupts_and_stores_what_is_in_flight(start_madlen: StartMadlen) -> None:
    gate = Gate()
    madlen = start_madlen(Parrot(["Hello ", gate, "there", DONE]))
    generation = ask(madlen)
    assert gate.reached.wait(5)
    madlen.close()
    reply = ended(generation)
    assert (reply.text, reply.status) == ("Hello ", Status.INTERRUPTED)
    again = start_madlen()
    assert again.store.reply(reply.id) == reply


def test_a_running_answer_is_found_and_a_finished_one_is_let_go(start_madlen: StartMadlen) -> None:
    gate = Gate()
    madlen = start_madlen(Parrot(["Hello", gate, DONE]))
    generation = ask(madlen)
    assert madlen.hub.find(generation.id) is generation
    gate.open()
    ended(generation)
    madlen.portal.call(lambda: None)
    assert madlen.hub.find(generation.id) is None


def test_a_finished_answer_is_followed_from_the_store(start_madlen: StartMadlen) -> None:
    madlen = start_madlen(Parrot(["Hello", DONE]))
    reply = ended(ask(madlen))
    madlen.portal.call(lambda: None)
    [update] = madlen.hub.follow(reply.id, every=0)
    assert (update.text, update.ended) == ("Hello", reply)


def test_an_answer_of_another_process_is_followed_through_the_store(start_madlen: StartMadlen) -> None:
    gate = Gate()
    maker = start_madlen(Parrot(["Hello ", gate, "there", DONE]))
    watcher = start_madlen()
    reply_id = ask(maker).id
    assert stored_text(maker, reply_id, "Hello ") == "Hello "
    following = watcher.hub.follow(reply_id, every=0)
    seen = [next(following)]
    gate.open()
    seen += following
    assert told(seen) == "Hello there"


def test_an_answer_that_nobody_makes_any_more_is_interrupted(
    start_madlen: StartMadlen, monkeypatch: pytest.MonkeyPatch
) -> None:
    madlen = start_madlen(Parrot([Gate(), DONE]))
    generation = ask(madlen)
    monkeypatch.setattr(hub_module, "ABANDONED_SECONDS", -1.0)
    start_madlen().hub._beat()
    assert madlen.store.reply(generation.id).status is Status.INTERRUPTED


def test_a_living_answer_is_kept_alive(start_madlen: StartMadlen) -> None:
    madlen = start_madlen(Parrot([Gate(), DONE]))
    generation = ask(madlen)
    madlen.hub._beat()
    assert madlen.store.reply(generation.id).status is Status.STREAMING


def test_events_of_every_kind_reach_the_reply(start_madlen: StartMadlen) -> None:
    reply = ended(ask(start_madlen(Parrot([Text("a"), Done("length")]))))
    assert (reply.finish_reason, reply.usage.total_tokens) == ("length", None)


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
    madlen.portal.call(lambda: None)
    [chat] = [span for span in spans.get_finished_spans() if span.name == "chat parrot/polly"]
    [event] = [event for event in chat.events if event.name == tracing.RETRYING]
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
        madlen.portal.call(lambda: None)
    madlen.hub._beat()
    stored = madlen.store.reply(generation.id)
    assert (stored.text, stored.status) == ("Hello", Status.COMPLETE)


def test_a_wait_that_the_provider_named_is_no_silence(start_madlen: StartMadlen) -> None:
    gate = Gate()
    madlen = start_madlen(Parrot([Retrying("rate-limited", 30.0), gate, "Hello", DONE]))
    madlen.hub._deadlines = Deadlines(silence=0.05)
    generation = ask(madlen)
    follower = generation.follow(every=0)
    assert gate.reached.wait(5)
    assert [next(follower).ended for _ in range(2)] == [None, None]
    gate.open()
    assert ended(generation).status is Status.COMPLETE


def test_an_answer_that_talks_for_too_long_is_not_called_silent(start_madlen: StartMadlen) -> None:
    madlen = start_madlen(Parrot(["word "] * 100_000))
    madlen.hub._deadlines = Deadlines(total=0.05)
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
