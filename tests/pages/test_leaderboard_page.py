"""The leaderboard page, run without a browser."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from streamlit.testing.v1 import AppTest

from madlen import votes
from madlen.services import Services
from tests.pages.test_chat_page import Current, texts
from tests.pages.test_compare_page import APP, compared
from tests.parrot import DONE, Parrot


def opened() -> AppTest:
    page = AppTest.from_file(str(Path(APP)), default_timeout=30)
    return page.switch_page("pages/leaderboard.py").run()


def voted(madlen: Services, *, blind: bool = False, tags: tuple[str, ...] = ()) -> None:
    """A comparison whose first lane won."""
    session = compared(madlen)
    [turn] = madlen.store.turns(session.id)
    first, second = (reply.id for reply in turn.replies)
    cast = votes.Vote(turn.id, session.id, ((first,), (second,)), datetime.now(UTC), blind=blind, tags=tags)
    madlen.chat.vote(cast)


def test_without_votes_the_page_says_what_makes_it(current: Current) -> None:
    current()
    page = opened()
    assert not page.exception
    assert "There are none yet" in texts(page)


def test_votes_make_an_order_that_is_not_settled_too_soon(current: Current) -> None:
    madlen = current(Parrot(["Left.", DONE]))
    voted(madlen)
    page = opened()
    assert not page.exception
    [table] = page.dataframe
    assert list(table.value["Model"]) == ["Polly", "Seer"]
    assert table.value["Before the next"][0].startswith("not settled")
    assert "1 vote between models" in texts(page)


def test_filters_narrow_the_votes(current: Current) -> None:
    madlen = current(Parrot(["Left.", DONE]))
    voted(madlen, tags=("coding",))
    voted(madlen, blind=True)
    page = opened()
    assert "2 votes" in texts(page)
    page.multiselect(key="board-tags").set_value(["coding"]).run()
    assert "1 vote between" in texts(page)
    page.toggle(key="board-blind").set_value(True).run()
    assert "No vote is left" in page.info[0].value
