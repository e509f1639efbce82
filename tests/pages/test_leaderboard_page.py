"""The leaderboard page, run without a browser."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from streamlit.testing.v1 import AppTest

from madlen import ratings, votes
from madlen.judgements import Judgement
from madlen.services.wiring import Services
from madlen.types import Lane
from madlen.ui import standing
from tests.pages import opening
from tests.pages.opening import Current, texts
from tests.pages.test_compare_page import compared
from tests.parrot import DEAR, DONE, POLLY, SEER, Parrot


def opened() -> AppTest:
    return opening.opened("leaderboard", seconds=30)


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


def test_what_judges_said_counts_only_where_it_is_asked_for(current: Current) -> None:
    madlen = current(Parrot(["Left.", DONE]))
    voted(madlen)
    [session] = madlen.store.sessions()
    [turn] = madlen.store.turns(session.id)
    first, second = (reply.id for reply in turn.replies)
    said = Judgement("parrot/dear", turn.id, session.id, (second, first), datetime.now(UTC), "first")
    madlen.store.keep_judgement(said)
    page = opened()
    assert list(page.dataframe[0].value["Won"]) == [1, 0]
    page.toggle(key="board-judged").set_value(True).run()
    assert not page.exception
    assert list(page.dataframe[0].value["Won"]) == [1, 1]


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


def test_models_that_no_list_has_any_more_sit_behind_a_toggle(current: Current) -> None:
    parrot = Parrot(["Left.", DONE])
    madlen = current(parrot, database_url=f"sqlite:///{Path.cwd()}/board.db")
    session = compared(madlen, Lane(POLLY.id, "A"), Lane(SEER.id, "B"), Lane(DEAR.id, "C"))
    [turn] = madlen.store.turns(session.id)
    order = votes.ranking(reply.id for reply in turn.replies)
    madlen.chat.vote(votes.Vote(turn.id, session.id, order, datetime.now(UTC)))
    current(Parrot(models=[POLLY, SEER]), database_url=f"sqlite:///{Path.cwd()}/board.db")
    page = opened()
    assert list(page.dataframe[0].value["Model"]) == ["Polly", "Seer"]
    [gone] = [one for one in page.toggle if "1 model that no list has" in one.label]
    gone.set_value(True).run()
    assert list(page.dataframe[0].value["Model"]) == ["Polly", "Seer", DEAR.id]


def test_votes_are_counted_up_to_a_day(current: Current) -> None:
    madlen = current(Parrot(["Left.", DONE]))
    voted(madlen)
    page = opened()
    today = datetime.now(UTC).date()
    page.date_input(key="board-until").set_value(today).run()
    assert "1 vote between" in texts(page)
    page.date_input(key="board-until").set_value(today - timedelta(days=2)).run()
    assert "No vote is left" in page.info[0].value


def test_the_board_is_taken_away_as_csv_and_json(current: Current) -> None:
    madlen = current(Parrot(["Left.", DONE]))
    voted(madlen)
    page = opened()
    assert [one.proto.label for one in page.get("download_button")] == ["CSV", "JSON"]


def test_a_name_in_the_csv_is_no_formula_and_the_json_has_every_row() -> None:
    duel = votes.Duel("a/one", "b/two", "first", datetime.now(UTC), turn_id="t1")
    board = ratings.standings([duel], seed=1)
    names = {"a/one": "=1+1", "b/two": "Two"}
    assert "'=1+1" in standing.csv(board, names)
    assert [row["Model"] for row in json.loads(standing.json(board, names))] == ["=1+1", "Two"]


def test_answer_length_is_set_aside_where_that_is_asked_for(current: Current) -> None:
    madlen = current(Parrot(["Left.", DONE]))
    voted(madlen)
    page = opened()
    page.toggle(key="board-length").set_value(True).run()
    assert not page.exception
    assert list(page.dataframe[0].value["Won"]) == [1, 0]
