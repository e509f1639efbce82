"""Whole chats: copied, discarded, brought back, and removed in the end."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from madlen.errors import NotFound, StoreUnavailable, Unacceptable
from madlen.services.wiring import Services
from madlen.shelf import Shelf
from madlen.types import Lane, Status
from tests.conftest import StartMadlen
from tests.parrot import DONE, POLLY, Gate, Parrot
from tests.store.keeping import PICTURE


def chatted(madlen: Services, text: str = "Hello", **more: Any) -> str:
    made = madlen.chat.ask(text, [Lane(POLLY.id)], **more)
    list(made.generations[0].follow(every=0))
    return made.session_id


def quick(madlen: Services) -> tuple[Shelf, threading.Event]:
    """A shelf without time to undo, and what tells that it has removed something."""
    removed, purge = threading.Event(), madlen.store.purge

    def heard(before: datetime) -> int:
        number = purge(before)
        if number:
            removed.set()
        return number

    madlen.store.purge = heard  # type: ignore[method-assign]
    return Shelf(madlen.store, madlen.hub, madlen.portal, undo_seconds=0), removed


def test_a_copy_says_the_same_under_ids_of_its_own(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    session_id = chatted(madlen)
    copy = madlen.shelf.duplicate(session_id)
    first, second = madlen.store.turns(session_id), madlen.store.turns(copy.id)
    assert [turn.text for turn in second] == [turn.text for turn in first]
    assert [turn.replies[0].text for turn in second] == [turn.replies[0].text for turn in first]
    assert {turn.id for turn in second}.isdisjoint({turn.id for turn in first})
    assert all(reply.turn_id == turn.id for turn in second for reply in turn.replies)
    madlen.store.delete_session(session_id)
    assert madlen.store.turns(copy.id) == second


def test_pictures_are_in_the_copy_too(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    made = madlen.chat.ask("Look", [Lane("parrot/seer")], pictures=[PICTURE])
    list(made.generations[0].follow(every=0))
    copy = madlen.shelf.duplicate(made.session_id)
    assert madlen.store.turns(copy.id)[0].pictures == (PICTURE,)


def test_a_chat_is_not_copied_while_an_answer_is_written(start_madlen: StartMadlen) -> None:
    gate = Gate()
    madlen = start_madlen(Parrot(["Hello", gate, DONE]))
    made = madlen.chat.ask("Hello", [Lane(POLLY.id)])
    assert gate.reached.wait(5)
    with pytest.raises(Unacceptable, match="still being written"):
        madlen.shelf.duplicate(made.session_id)


def test_a_chat_that_has_gone_is_neither_copied_nor_marked(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    with pytest.raises(NotFound):
        madlen.shelf.duplicate("nobody")
    with pytest.raises(NotFound):
        madlen.shelf.mark("nobody", pinned=True)


def test_discarding_stops_the_answer_and_restoring_shows_how_far_it_came(start_madlen: StartMadlen) -> None:
    gate = Gate()
    madlen = start_madlen(Parrot(["Seven", gate, DONE]))
    made = madlen.chat.ask("How many?", [Lane(POLLY.id)])
    assert gate.reached.wait(5)
    assert madlen.shelf.discard([made.session_id]) == 1
    *_, last = made.generations[0].follow(every=0)
    assert last.ended is not None
    assert madlen.shelf.restore([made.session_id]) == 1
    reply = madlen.store.reply(made.generations[0].id)
    assert (reply.text, reply.status) == ("Seven", Status.STOPPED)


def test_a_discarded_chat_is_removed_when_its_time_is_over(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    shelf, removed = quick(madlen)
    session_id = chatted(madlen)
    shelf.discard([session_id])
    assert removed.wait(10)
    assert shelf.restore([session_id]) == 0


def test_a_start_removes_what_was_left_discarded(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    session_id = chatted(madlen)
    madlen.store.discard([session_id], datetime(2026, 1, 1, tzinfo=UTC))
    shelf, removed = quick(madlen)
    task = madlen.portal.start_task_soon(shelf.keep_purged)
    assert removed.wait(10)
    task.result(10)
    assert madlen.store.restore([session_id]) == 0


def test_a_process_that_ends_does_not_wait_for_the_undo(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    session_id = chatted(madlen)
    madlen.shelf.discard([session_id])
    before = datetime.now(UTC)
    madlen.close()
    assert (datetime.now(UTC) - before).total_seconds() < 8


def test_a_database_that_is_busy_is_tried_again(
    start_madlen: StartMadlen, monkeypatch: pytest.MonkeyPatch
) -> None:
    madlen = start_madlen()
    shelf, removed = quick(madlen)
    purge, busy = madlen.store.purge, [True]

    def once_busy(before: datetime) -> int:
        if busy:
            busy.clear()
            raise StoreUnavailable("The database is busy.")
        return purge(before)

    monkeypatch.setattr(madlen.store, "purge", once_busy)
    shelf.discard([chatted(madlen)])
    assert removed.wait(10)
