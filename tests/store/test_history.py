"""What every store promises of lists of chats: marks, filters, and deleting that can be undone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from madlen.errors import NotFound
from madlen.history import Use, Wanted
from madlen.store import Store, open_store
from madlen.types import Parameters, Picture, Reply, Status, Turn, Usage
from madlen.votes import Vote
from tests.store.keeping import NOW, PICTURE, a_reply, a_session, a_turn, asked

LATER = NOW + timedelta(seconds=10)


def ids(store: Store, words: str = "", wanted: Wanted | None = None) -> list[str]:
    return [one.id for one in store.sessions(words=words, wanted=wanted or Wanted())]


def said(
    store: Store, name: str, minute: int = 0, text: str = "How many colours?", **changes: Any
) -> tuple[Turn, Reply]:
    """A session with a prompt and an answer that has ended."""
    turn = replace(a_turn(f"t-{name}", name, text), created_at=NOW + timedelta(minutes=minute))
    reply = replace(a_reply(f"r-{name}", turn.id, name), status=Status.COMPLETE, text="Seven.", **changes)
    store.keep(a_session(name, f"Title of {name}", minute), [replace(turn, replies=(reply,))])
    return turn, reply


def test_a_chat_is_neither_pinned_nor_archived_at_first(store: Store) -> None:
    asked(store)
    [entry] = store.sessions()
    assert (entry.pinned, entry.archived, entry.message_count, entry.found) == (False, False, 2, ())
    assert store.entry("s1") == entry


def test_an_entry_of_an_unknown_chat_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound):
        store.entry("nobody")


def test_a_pin_stays_and_does_not_date_the_chat(store: Store) -> None:
    asked(store)
    assert store.mark(["s1"], pinned=True) == 1
    entry = store.entry("s1")
    assert (entry.pinned, entry.archived, entry.updated_at) == (True, False, NOW)
    store.mark(["s1"], pinned=False)
    assert not store.entry("s1").pinned


def test_those_that_are_pinned_come_first_where_that_is_asked_for(store: Store) -> None:
    for minute, name in enumerate(("old", "middle", "new")):
        said(store, name, minute)
    store.mark(["old"], pinned=True)
    assert ids(store) == ["new", "middle", "old"]
    assert [one.id for one in store.sessions(pinned_first=True)] == ["old", "new", "middle"]
    assert [one.id for one in store.sessions(pinned_first=True, limit=1, offset=1)] == ["new"]


def test_an_archived_chat_is_only_in_the_archive(store: Store) -> None:
    for minute, name in enumerate(("s1", "s2")):
        said(store, name, minute)
    store.mark(["s1"], archived=True)
    assert (ids(store), ids(store, "colours")) == (["s2"], ["s2"])
    archive = Wanted(archived=True)
    assert (ids(store, wanted=archive), ids(store, "colours", archive)) == (["s1"], ["s1"])
    assert store.session("s1").id == "s1"


def test_marking_says_how_many_chats_were_there(store: Store) -> None:
    said(store, "s1")
    assert store.mark(["s1", "nobody", "s1"], pinned=True, archived=True) == 1
    assert store.mark(["s1"]) == 1
    assert store.mark([], pinned=True) == 0
    entry = store.entry("s1")
    assert (entry.pinned, entry.archived) == (True, True)


def test_more_chats_are_marked_at_once_than_a_statement_can_name(store: Store) -> None:
    names = [f"s{number}" for number in range(1201)]
    for name in names:
        store.create_session(a_session(name))
    assert store.mark(names, archived=True) == 1201
    assert ids(store) == []


def test_a_discarded_chat_is_nowhere(store: Store) -> None:
    said(store, "s1", usage=Usage(3, 5))
    store.vote(Vote("t-s1", "s1", (("r-s1",),), NOW))
    assert store.discard(["s1"], NOW) == 1
    assert ids(store) == ids(store, "colours") == ids(store, "title") == []
    assert (store.turns("s1"), store.ballots(), store.uses(NOW - timedelta(days=1))) == ([], [], [])
    for ask in (store.session, store.entry, store.origin, store.delete_session):
        with pytest.raises(NotFound):
            ask("s1")
    with pytest.raises(NotFound):
        store.reply("r-s1")
    assert store.mark(["s1"], pinned=True) == store.discard(["s1"], NOW) == 0


def test_nothing_changes_a_discarded_chat(store: Store) -> None:
    asked(store)
    store.discard(["s1"], NOW)
    with pytest.raises(NotFound):
        store.rename_session("s1", "Clouds", LATER)
    with pytest.raises(NotFound):
        store.configure("s1", system="Be brief.", parameters=Parameters())
    with pytest.raises(NotFound):
        store.arrange("s1", [])
    with pytest.raises(NotFound):
        store.begin(a_turn("t2"), [a_reply("r2", "t2")], model_id="parrot/polly")
    assert not store.entitle("s1", "Clouds", instead_of="Rainbows")


def test_a_restored_chat_is_as_it_was(store: Store) -> None:
    said(store, "s1")
    before, turns = store.entry("s1"), store.turns("s1")
    store.discard(["s1"], NOW)
    assert store.restore(["s1"]) == 1
    assert (store.entry("s1"), store.turns("s1")) == (before, turns)
    assert ids(store, "colours") == ["s1"]
    assert store.restore(["s1"]) == 0


def test_a_discarded_chat_is_removed_with_its_messages_when_its_time_is_over(
    address: str, store: Store
) -> None:
    said(store, "s1")
    said(store, "s2", 1)
    store.discard(["s1"], NOW)
    assert store.purge(NOW) == 0
    assert store.purge(LATER) == 1
    assert store.restore(["s1"]) == 0
    assert ids(store) == ["s2"]
    again = open_store(address)
    assert again.restore(["s1"]) == 0
    again.close()


def test_a_prompt_in_flight_is_stopped_by_whoever_makes_it(store: Store) -> None:
    asked(store)
    store.discard(["s1"], NOW)
    assert store.unwanted(["r1"]) == {"r1"}
    store.save(replace(a_reply(), text="Seven", status=Status.STOPPED))
    store.restore(["s1"])
    assert (store.reply("r1").text, store.reply("r1").status) == ("Seven", Status.STOPPED)


def test_a_made_title_gives_way_to_a_better_one_and_the_chat_is_not_dated(store: Store) -> None:
    asked(store)
    assert store.entitle("s1", "Colours of the rainbow", instead_of="Rainbows")
    assert (store.session("s1").title, store.session("s1").updated_at) == ("Colours of the rainbow", NOW)
    assert ids(store, "colours of the") == ["s1"]


def test_a_title_that_a_person_gave_is_never_replaced(store: Store) -> None:
    asked(store)
    store.rename_session("s1", "Rainbows", NOW)
    assert not store.entitle("s1", "Colours", instead_of="Rainbows")
    assert store.session("s1").title == "Rainbows"


def test_a_title_that_has_changed_meanwhile_is_not_replaced(store: Store) -> None:
    asked(store)
    assert not store.entitle("s1", "Colours", instead_of="Clouds")


def filtered(store: Store) -> None:
    """Three chats: one with an image, one that failed, one by another model."""
    said(store, "image", 0)
    turn = replace(a_turn("t2", "image"), pictures=(PICTURE, Picture(url="https://example.com/a.png")))
    store.begin(turn, [], model_id="parrot/polly")
    said(store, "failed", 1)
    failed = replace(a_reply("r-failed", "t-failed", "failed"), status=Status.FAILED)
    store.save(failed)
    said(store, "seer", 2, model_id="parrot/seer")


@pytest.mark.parametrize("words", ["", "colours", "title"])
@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted(), {"image", "failed", "seer"}),
        (Wanted(has_image=True), {"image"}),
        (Wanted(has_error=True), {"failed"}),
        (Wanted(model_id="parrot/seer"), {"seer"}),
        (Wanted(model_id="parrot/dodo"), set()),
        (Wanted(since=NOW + timedelta(minutes=1)), {"failed", "seer"}),
        (Wanted(until=NOW + timedelta(minutes=2)), {"image", "failed"}),
        (Wanted(since=NOW + timedelta(minutes=1), until=NOW + timedelta(minutes=2)), {"failed"}),
        (Wanted(has_error=True, has_image=True), set()),
        (Wanted(pinned=True), {"seer"}),
        (Wanted(pinned=False), {"image", "failed"}),
    ],
)
def test_chats_are_listed_and_found_by_filters(
    store: Store, words: str, wanted: Wanted, expected: set[str]
) -> None:
    filtered(store)
    store.mark(["seer"], pinned=True)
    assert {*ids(store, words, wanted)} == expected


def test_uses_are_counted_by_day_and_model(store: Store) -> None:
    tomorrow = NOW + timedelta(days=1)
    said(store, "a", usage=Usage(3, 5, cost=Decimal("0.25")))
    said(store, "b", usage=Usage(2, 1, cost=Decimal("0.50")))
    said(store, "c", model_id="parrot/seer")
    said(store, "d", created_at=tomorrow)
    asked(store)
    day = date(2026, 11, 23)
    assert store.uses(NOW) == [
        Use(day, "parrot/polly", 2, 5, 6, 0.75),
        Use(day, "parrot/seer", 1, 0, 0, 0.0),
        Use(day + timedelta(days=1), "parrot/polly", 1, 0, 0, 0.0),
    ]
    assert [use.day for use in store.uses(tomorrow)] == [day + timedelta(days=1)]
