"""What every store promises."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from madlen.errors import NotFound
from madlen.store import Store, open_store
from madlen.types import (
    Failure,
    Parameters,
    Picture,
    Status,
    Timing,
    Usage,
)
from tests.store.keeping import NOW, PICTURE, a_reply, a_session, a_turn, asked


def test_a_session_comes_back_as_it_was_kept(store: Store) -> None:
    store.create_session(a_session())
    assert store.session("s1") == a_session()


def test_an_unknown_session_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound, match="no such chat"):
        store.session("nobody")


def test_sessions_are_listed_newest_first(store: Store) -> None:
    for minute, name in enumerate(("old", "middle", "new")):
        store.create_session(a_session(name, name, minute))
    assert [session.id for session in store.sessions()] == ["new", "middle", "old"]


def test_sessions_are_listed_a_page_at_a_time(store: Store) -> None:
    for minute in range(5):
        store.create_session(a_session(f"s{minute}", minute=minute))
    assert [session.id for session in store.sessions(limit=2, offset=1)] == ["s3", "s2"]


def test_asking_makes_a_session_the_newest_and_gives_it_the_model(store: Store) -> None:
    store.create_session(a_session("s1", minute=0))
    store.create_session(a_session("s2", minute=1))
    later = replace(a_reply(), created_at=NOW + timedelta(hours=1))
    store.begin(a_turn(), [later], model_id="parrot/seer")
    newest = store.sessions()[0]
    assert (newest.id, newest.model_id, newest.updated_at) == ("s1", "parrot/seer", later.created_at)


def test_a_renamed_session_has_its_new_title(store: Store) -> None:
    store.create_session(a_session())
    store.rename_session("s1", "Clouds", NOW)
    assert store.session("s1").title == "Clouds"


def test_renaming_an_unknown_session_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound):
        store.rename_session("nobody", "Clouds", NOW)


def test_the_prompt_and_an_empty_reply_are_kept_together(store: Store) -> None:
    asked(store)
    [turn] = store.turns("s1")
    assert turn == replace(a_turn(), replies=(a_reply(),))


def test_a_session_begins_with_its_first_prompt_or_not_at_all(store: Store) -> None:
    twice = [a_reply("r1"), a_reply("r1")]
    with pytest.raises(Exception, match=r"(?i)unique"):
        store.begin(a_turn(), twice, model_id="parrot/polly", session=a_session())
    assert store.sessions() == []
    store.begin(a_turn(), [a_reply()], model_id="parrot/polly", session=a_session())
    assert store.session("s1").message_count == 2


def test_messages_are_counted_with_the_session(store: Store) -> None:
    asked(store, a_reply("r1"), a_reply("r2"))
    assert store.session("s1").message_count == 3


def test_nothing_is_kept_for_a_session_that_has_gone(store: Store) -> None:
    with pytest.raises(NotFound):
        store.begin(a_turn(), [a_reply()], model_id="parrot/polly")
    assert store.turns("s1") == []


def test_a_reply_comes_back_with_everything_known_of_it(store: Store) -> None:
    asked(store)
    whole = replace(
        a_reply(),
        status=Status.FAILED,
        text="Seven, as a rule.",
        reasoning="Count them.",
        model="parrot/polly-20260101",
        provider="Cage",
        generation_id="gen-1",
        finish_reason="length",
        usage=Usage(3, 5, 8, 2, 1, Decimal("0.00007100")),
        timing=Timing(0.1, 0.2, 1.5),
        failure=Failure("rate-limited", "Wait.", 429, {"retry_after": 12.0}),
        trace_id="0af7651916cd43dd8448eb211c80319c",
        parameters=Parameters(0.5, 100, 0.9, 7, ("END",), "low"),
    )
    store.save(whole)
    assert store.reply("r1") == whole
    assert store.turns("s1")[0].replies == (whole,)


def test_a_checkpoint_keeps_the_words_of_many_replies_in_flight(store: Store) -> None:
    asked(store, a_reply("r1"), a_reply("r2"))
    store.checkpoint([replace(a_reply("r1"), text="One"), replace(a_reply("r2"), text="Two", reasoning="Hm")])
    kept = [(reply.text, reply.reasoning, reply.status) for reply in store.turns("s1")[0].replies]
    assert kept == [("One", "", Status.STREAMING), ("Two", "Hm", Status.STREAMING)]


def test_a_checkpoint_that_comes_late_changes_nothing(store: Store) -> None:
    asked(store, a_reply("r1"), a_reply("r2"))
    store.save(replace(a_reply("r1"), text="All of it", status=Status.COMPLETE))
    store.checkpoint([replace(a_reply("r1"), text="All"), replace(a_reply("gone"), text="x")])
    assert (store.reply("r1").text, store.reply("r1").status) == ("All of it", Status.COMPLETE)


def test_replies_stay_in_the_order_in_which_they_began(store: Store) -> None:
    asked(store, a_reply("first"), a_reply("second"))
    store.begin(a_turn(), [a_reply("third")], model_id="parrot/polly")
    [turn] = store.turns("s1")
    assert [reply.id for reply in turn.replies] == ["first", "second", "third"]


def test_turns_stay_in_order_when_the_clock_goes_back(store: Store) -> None:
    asked(store)
    earlier = replace(a_turn("t2"), created_at=NOW - timedelta(days=1))
    store.begin(earlier, [a_reply("r2", "t2")], model_id="parrot/polly")
    assert [turn.id for turn in store.turns("s1")] == ["t1", "t2"]


def test_deleting_a_session_takes_its_messages_with_it(store: Store) -> None:
    asked(store)
    store.delete_session("s1")
    assert store.turns("s1") == []
    with pytest.raises(NotFound):
        store.reply("r1")


def test_deleting_an_unknown_session_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound):
        store.delete_session("nobody")


def test_saving_a_reply_that_was_deleted_brings_nothing_back(store: Store) -> None:
    asked(store)
    store.delete_session("s1")
    store.save(replace(a_reply(), text="too late"))
    assert store.turns("s1") == []


def test_pictures_come_back_with_their_prompt_in_order(store: Store) -> None:
    store.create_session(a_session())
    pictures = (PICTURE, Picture(url="https://example.com/cat.png"))
    store.begin(replace(a_turn(), pictures=pictures), [a_reply()], model_id="parrot/seer")
    assert store.turns("s1")[0].pictures == pictures


def test_the_same_picture_may_be_sent_in_many_prompts(store: Store) -> None:
    store.create_session(a_session())
    for number in range(3):
        turn = replace(a_turn(f"t{number}"), pictures=(PICTURE,))
        store.begin(turn, [a_reply(f"r{number}", turn.id)], model_id="parrot/seer")
    assert [turn.pictures for turn in store.turns("s1")] == [(PICTURE,)] * 3


def test_a_reply_without_a_beat_is_interrupted_and_keeps_its_text(store: Store) -> None:
    asked(store)
    store.save(replace(a_reply(), text="Seven, as"))
    assert store.interrupt_abandoned(NOW + timedelta(seconds=1), "Madlen ended.") == 1
    reply = store.reply("r1")
    assert (reply.status, reply.text) == (Status.INTERRUPTED, "Seven, as")
    assert reply.failure == Failure("interrupted", "Madlen ended.", 502)


def test_a_reply_with_a_beat_is_left_alone(store: Store) -> None:
    asked(store)
    store.beat(["r1"], NOW + timedelta(seconds=5))
    assert store.interrupt_abandoned(NOW + timedelta(seconds=5), "Madlen ended.") == 0
    assert store.reply("r1").status is Status.STREAMING


def test_an_interruption_keeps_what_else_is_known(store: Store) -> None:
    asked(store)
    known = replace(a_reply(), usage=Usage(3), trace_id="0af7", finish_reason="\0")
    store.save(known)
    store.interrupt_abandoned(NOW + timedelta(seconds=1), "Madlen ended.")
    failure = Failure("interrupted", "Madlen ended.", 502)
    assert store.reply("r1") == replace(known, status=Status.INTERRUPTED, failure=failure)


def test_a_reply_is_wanted_until_somebody_asks_to_stop_it(store: Store) -> None:
    asked(store, a_reply("r1"), a_reply("r2"))
    assert store.unwanted(["r1", "r2"]) == set()
    store.request_stop("r1")
    assert store.unwanted(["r1", "r2"]) == {"r1"}
    assert store.reply("r1") == a_reply("r1")


def test_a_beat_and_the_question_who_is_wanted_hold_for_however_many(store: Store) -> None:
    asked(store, a_reply("r1"), a_reply("r2"))
    unknown = [f"u{number}" for number in range(300_000)]
    store.beat(["r1", *unknown, "r2"], NOW + timedelta(seconds=5))
    assert store.interrupt_abandoned(NOW + timedelta(seconds=5), "Madlen ended.") == 0
    assert store.unwanted(["r1", *unknown, "r2"]) == {*unknown}


def test_nobody_wants_the_reply_of_a_deleted_chat(store: Store) -> None:
    asked(store)
    store.delete_session("s1")
    assert store.unwanted(["r1"]) == {"r1"}


def test_a_reply_that_has_ended_cannot_be_stopped(store: Store) -> None:
    asked(store)
    store.save(replace(a_reply(), status=Status.COMPLETE))
    store.request_stop("r1")
    assert store.unwanted(["r1"]) == set()


def test_what_another_writes_is_heard(address: str, store: Store) -> None:
    asked(store)
    other = open_store(address)
    ears = other.listen()
    assert ears.heard(0) is None
    assert ears.heard(0) == set()
    store.save(replace(a_reply(), text="Seven"))
    assert ears.heard(10) in (None, {"r1"})
    ears.close()
    other.close()


def test_a_reply_that_has_ended_is_never_interrupted(store: Store) -> None:
    asked(store)
    store.save(replace(a_reply(), status=Status.COMPLETE))
    assert store.interrupt_abandoned(NOW + timedelta(days=1), "Madlen ended.") == 0


@pytest.mark.parametrize(
    "text", ["\0nul", "a\u0301" * 5000, "\u202eright to left", "\ufeffbom", "\U0010ffff"]
)
def test_any_text_comes_back_exactly(store: Store, text: str) -> None:
    store.create_session(a_session())
    store.begin(a_turn(text=text), [a_reply()], model_id="parrot/polly")
    assert store.turns("s1")[0].text == text


def test_many_threads_can_write_at_once_and_lose_nothing(store: Store) -> None:
    asked(store, *(a_reply(f"r{number}") for number in range(8)))
    failures: list[Exception] = []

    def write(number: int) -> None:
        try:
            for count in range(25):
                store.save(replace(a_reply(f"r{number}"), text="x" * count))
        except Exception as error:  # brought to the test's own thread below
            failures.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert {reply.text for reply in store.turns("s1")[0].replies} == {"x" * 24}


def test_a_store_opened_again_has_everything(address: str, store: Store) -> None:
    asked(store)
    again = open_store(address)
    assert again.turns("s1") == store.turns("s1")
    again.close()


def test_a_healthy_store_can_be_checked(store: Store) -> None:
    asked(store)
    store.check()
    assert store.session("s1").message_count == 2


def test_a_renamed_session_is_dated(store: Store) -> None:
    store.create_session(a_session())
    later = NOW + timedelta(hours=1)
    store.rename_session("s1", "Clouds", later)
    assert store.session("s1").updated_at == later
