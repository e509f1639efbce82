from __future__ import annotations

from datetime import UTC, datetime

import pytest

from madlen import disliked, votes
from madlen.services.wiring import Services
from madlen.types import Reply
from madlen.votes import Order, Vote
from tests.conftest import StartMadlen
from tests.pages.test_compare_page import compared

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def replies(madlen: Services) -> list[Reply]:
    session = compared(madlen)
    [turn] = madlen.store.turns(session.id)
    return list(turn.replies)


def cast(madlen: Services, order: Order, reply: Reply, *, bad: bool = False) -> None:
    madlen.chat.vote(Vote(reply.turn_id, reply.session_id, order, NOW, bad=bad))


def test_nothing_is_disliked_to_begin_with(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    replies(madlen)
    assert disliked.spans(madlen.store) == frozenset()


def test_who_lost_a_vote_is_disliked_and_who_tied_is_not(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    first, second = replies(madlen)
    cast(madlen, votes.best([first.id, second.id], first.id), first)
    assert disliked.spans(madlen.store) == {second.span_id}
    cast(madlen, votes.tie([first.id, second.id]), first)
    assert disliked.spans(madlen.store) == frozenset()


def test_all_of_a_bad_vote_are_disliked(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    first, second = replies(madlen)
    cast(madlen, votes.tie([first.id, second.id]), first, bad=True)
    assert disliked.spans(madlen.store) == {first.span_id, second.span_id}


@pytest.mark.parametrize(("rating", "expected"), [("down", True), ("up", False), (None, False)])
def test_a_thumb_down_is_one_too(start_madlen: StartMadlen, rating: str | None, expected: bool) -> None:
    madlen = start_madlen()
    first, _ = replies(madlen)
    madlen.store.rate(first.id, rating)  # type: ignore[arg-type]
    assert (first.span_id in disliked.spans(madlen.store)) is expected
