from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from madlen import hub as hub_module
from madlen.errors import Interrupted, RateLimited
from madlen.transcript import Update
from madlen.types import Done, Message, Parameters, Reasoning, Reply, Started, Status, Text
from tests.asking import ask, ended, stored_text, told
from tests.conftest import StartMadlen
from tests.parrot import DONE, USAGE, Gate, Parrot
from tests.waiting import step_done


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


def test_all_words_are_told_before_the_answer_is_stored_and_its_end_after(
    start_madlen: StartMadlen, monkeypatch: pytest.MonkeyPatch
) -> None:
    madlen = start_madlen(Parrot(["Hello ", "there", DONE]))
    saved, may_save = madlen.store.save, threading.Event()

    def save(reply: Reply) -> None:
        if reply.status is not Status.STREAMING:
            assert may_save.wait(5)
        saved(reply)

    monkeypatch.setattr(madlen.store, "save", save)
    text = ""
    for update in ask(madlen).follow(every=60):
        text += update.text
        if update.ended is None and update.whole:
            assert text == "Hello there"
            may_save.set()
    assert may_save.is_set()
    assert update.whole
    assert update.ended is not None


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
    step_done(madlen)
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


def test_the_stored_row_keeps_up_with_a_growing_answer(start_madlen: StartMadlen) -> None:
    gate = Gate()
    madlen = start_madlen(Parrot(["Hello ", gate, "there", DONE]))
    generation = ask(madlen)
    assert stored_text(madlen, generation.id, "Hello ") == "Hello "
    assert madlen.store.reply(generation.id).status is Status.STREAMING
    gate.open()


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
    step_done(madlen)
    assert madlen.hub.find(generation.id) is None


def test_a_finished_answer_is_followed_from_the_store(start_madlen: StartMadlen) -> None:
    madlen = start_madlen(Parrot(["Hello", DONE]))
    reply = ended(ask(madlen))
    step_done(madlen)
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


def test_nobody_is_taken_for_dead_who_had_no_chance_to_say_otherwise(start_madlen: StartMadlen) -> None:
    madlen = start_madlen(Parrot([Gate(), DONE]))
    generation = ask(madlen)
    watcher = start_madlen()
    # As after an hour without the database, or of sleep.
    watcher.hub._now = lambda: datetime.now(UTC) + timedelta(hours=1)
    watcher.hub._beat()
    assert madlen.store.reply(generation.id).status is Status.STREAMING


def test_a_living_answer_is_kept_alive(start_madlen: StartMadlen) -> None:
    madlen = start_madlen(Parrot([Gate(), DONE]))
    generation = ask(madlen)
    madlen.hub._beat()
    assert madlen.store.reply(generation.id).status is Status.STREAMING


def test_events_of_every_kind_reach_the_reply(start_madlen: StartMadlen) -> None:
    reply = ended(ask(start_madlen(Parrot([Text("a"), Done("length")]))))
    assert (reply.finish_reason, reply.usage.total_tokens) == ("length", None)
