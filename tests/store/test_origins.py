"""What every store knows of where a session came from, and of sessions that are kept whole."""

from __future__ import annotations

from dataclasses import replace

import pytest

from madlen.errors import NotFound
from madlen.origins import Origin
from madlen.store import Store
from madlen.types import Status
from tests.store.keeping import a_reply, a_session, a_turn
from tests.store.test_votes import VOTE


def test_a_session_that_began_by_itself_has_no_origin(store: Store) -> None:
    store.create_session(a_session())
    assert store.origin("s1") is None


@pytest.mark.parametrize(
    "origin", [Origin("fork", "s0", "t0"), Origin("rerun", "s0"), Origin("import")], ids=lambda one: one.kind
)
def test_a_session_keeps_where_it_came_from(store: Store, origin: Origin) -> None:
    store.keep(a_session(), [], origin=origin)
    assert store.origin("s1") == origin


def test_what_a_session_came_from_may_be_deleted(store: Store) -> None:
    store.create_session(a_session("s0"))
    store.keep(a_session(), [], origin=Origin("fork", "s0"))
    store.delete_session("s0")
    assert store.origin("s1") == Origin("fork", "s0")


def test_the_origin_of_an_unknown_session_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound, match="no such chat"):
        store.origin("nobody")


def test_a_session_is_kept_with_its_votes(store: Store) -> None:
    replies = tuple(replace(a_reply(name), status=Status.COMPLETE) for name in ("r1", "r2"))
    store.keep(a_session(), [replace(a_turn(), replies=replies)], votes=[VOTE])
    assert store.votes_of("s1") == [VOTE]
