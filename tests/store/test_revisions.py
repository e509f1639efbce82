"""What every store knows of choices, thumbs, deleted turns and forks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from madlen.errors import NotFound
from madlen.origins import Fork, Origin
from madlen.remarks import Remarks, Thumbs
from madlen.store import Store
from madlen.types import Status
from tests.store.keeping import NOW, PICTURE, a_reply, a_session, a_turn, asked
from tests.store.test_votes import VOTE


def test_a_session_begins_without_remarks(store: Store) -> None:
    asked(store)
    assert store.remarks("s1") == Remarks()
    assert store.remarks("nobody") == Remarks()
    assert store.thumbs() == {}


def test_the_reply_to_go_on_with_is_kept_and_may_change(store: Store) -> None:
    asked(store, a_reply("r1"), a_reply("r2"))
    store.choose("t1", "r2")
    store.choose("t1", "r1")
    assert store.remarks("s1").chosen == {"t1": "r1"}


def test_a_turn_that_gets_one_more_reply_goes_on_with_that(store: Store) -> None:
    asked(store, a_reply("r1"), a_reply("r2"))
    store.choose("t1", "r1")
    store.begin(a_turn(), [a_reply("r3")], model_id="parrot/polly")
    assert store.remarks("s1").chosen == {}
    assert len(store.turns("s1")) == 1


@pytest.mark.parametrize(("turn_id", "reply_id"), [("t1", "t1"), ("t1", "r9"), ("t2", "r1"), ("r1", "r1")])
def test_only_a_reply_of_the_turn_can_be_chosen(store: Store, turn_id: str, reply_id: str) -> None:
    asked(store)
    with pytest.raises(NotFound, match="no such message"):
        store.choose(turn_id, reply_id)


def test_a_thumb_is_kept_changed_and_taken_back(store: Store) -> None:
    asked(store)
    store.rate("r1", "up")
    assert store.remarks("s1").ratings == {"r1": "up"}
    store.rate("r1", "down")
    assert store.remarks("s1").ratings == {"r1": "down"}
    store.rate("r1", None)
    assert store.remarks("s1").ratings == {}


@pytest.mark.parametrize("message_id", ["t1", "r9"])
def test_only_a_reply_can_be_rated(store: Store, message_id: str) -> None:
    asked(store)
    with pytest.raises(NotFound, match="no such message"):
        store.rate(message_id, "up")


def test_a_thumb_survives_that_its_reply_is_written_on(store: Store) -> None:
    asked(store)
    store.rate("r1", "up")
    store.save(replace(a_reply(), text="Seven.", status=Status.COMPLETE))
    assert store.remarks("s1").ratings == {"r1": "up"}


def test_thumbs_are_counted_by_model(store: Store) -> None:
    replies = [replace(a_reply(f"r{number}"), model_id=f"parrot/{number % 2}") for number in range(5)]
    asked(store, *replies)
    for number in range(4):
        store.rate(f"r{number}", "up" if number else "down")
    assert store.thumbs() == {"parrot/0": Thumbs(1, 1), "parrot/1": Thumbs(2, 0)}


def test_spans_of_answers_with_a_thumb_down_are_known(store: Store) -> None:
    replies = [replace(a_reply(f"r{number}"), span_id=f"{number:016x}") for number in range(3)]
    asked(store, *replies, a_reply("r3"))
    assert store.disliked() == frozenset()
    for reply_id, rating in {"r0": "down", "r1": "up", "r3": "down"}.items():
        store.rate(reply_id, "down" if rating == "down" else "up")
    assert store.disliked() == {replies[0].span_id}


def test_thumbs_are_no_votes(store: Store) -> None:
    asked(store, a_reply("r1"), a_reply("r2"))
    store.rate("r1", "up")
    assert store.ballots() == []


def test_a_deleted_turn_takes_its_replies_pictures_and_vote_with_it(store: Store) -> None:
    asked(store, a_reply("r1"), a_reply("r2"))
    store.begin(replace(a_turn("t2"), pictures=(PICTURE,)), [a_reply("r3", "t2")], model_id="parrot/polly")
    store.vote(VOTE)
    store.delete_turn("s1", "t1")
    assert [turn.id for turn in store.turns("s1")] == ["t2"]
    assert store.votes_of("s1") == []
    assert store.session("s1").message_count == 2
    with pytest.raises(NotFound):
        store.reply("r1")
    store.delete_turn("s1", "t2")
    assert store.turns("s1") == []


@pytest.mark.parametrize(("session_id", "turn_id"), [("s1", "t9"), ("s2", "t1"), ("s1", "r1")])
def test_what_is_no_turn_of_the_session_cannot_be_deleted(
    store: Store, session_id: str, turn_id: str
) -> None:
    asked(store)
    with pytest.raises(NotFound, match="no such message"):
        store.delete_turn(session_id, turn_id)
    assert len(store.turns("s1")) == 1


def test_a_deleted_turn_is_found_no_more(store: Store) -> None:
    asked(store)
    assert store.sessions(words="colours")
    store.delete_turn("s1", "t1")
    assert store.sessions(words="colours") == []


def test_a_session_knows_what_was_forked_from_it_oldest_first(store: Store) -> None:
    asked(store)
    for number in (2, 3):
        origin = Origin("fork", "s1", f"t{number}")
        moment = NOW + timedelta(minutes=number)
        store.keep(replace(a_session(f"s{number}"), updated_at=moment), [], origin=origin)
    store.keep(a_session("s4"), [], origin=Origin("rerun", "s1"))
    store.keep(a_session("s5"), [], origin=Origin("fork", "s2", "t1"))
    assert store.forks("s1") == [Fork("s2", "Rainbows", "t2"), Fork("s3", "Rainbows", "t3")]
    assert store.forks("s5") == []
    store.delete_session("s2")
    assert [fork.session_id for fork in store.forks("s1")] == ["s3"]
