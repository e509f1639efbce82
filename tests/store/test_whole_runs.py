"""What every store knows of runs that come with their answers, out of a file."""

from __future__ import annotations

from dataclasses import replace

from madlen.origins import Origin
from madlen.prompt_sets import Cell, CellState, RunStatus
from madlen.store import Store
from madlen.types import Reply, Status, Turn
from madlen.votes import Vote
from tests.store.keeping import NOW, PICTURE, a_session
from tests.store.test_judgements import PAIR, SCORE
from tests.store.test_runs import RUN

SESSION = a_session(RUN.session_id, "Colours")


def reply(number: int, turn_id: str, lane: str, status: Status = Status.COMPLETE) -> Reply:
    drawn = (PICTURE,) if number == 1 else ()
    return Reply(
        f"r{number}", SESSION.id, turn_id, "parrot/polly", lane, status, NOW, text="Seven.", pictures=drawn
    )


TURNS = (
    Turn("t1", SESSION.id, "How many colours?", NOW, (PICTURE,), (reply(1, "t1", "A"), reply(2, "t1", "B"))),
    Turn("t2", SESSION.id, "Why?", NOW, replies=(reply(3, "t2", "A", Status.FAILED),)),
)
VOTE = Vote("t1", SESSION.id, (("r1",), ("r2",)), NOW, note="Clear.", tags=("physics",))
JUDGEMENTS = [replace(one, session_id=SESSION.id) for one in (PAIR, SCORE)]


def kept(store: Store) -> None:
    run = replace(RUN, status=RunStatus.STOPPED)
    store.begin_run(
        run, SESSION, TURNS, votes=[VOTE], judgements=JUDGEMENTS, origin=Origin("import", "elsewhere")
    )


def test_a_run_is_kept_with_its_answers_votes_and_judgements(store: Store) -> None:
    kept(store)
    assert store.turns(SESSION.id) == list(TURNS)
    assert store.votes_of(SESSION.id) == [VOTE]
    assert store.judgements(SESSION.id) == JUDGEMENTS
    assert store.origin(SESSION.id) == Origin("import", "elsewhere")
    assert store.sessions() == []


def test_its_cells_stand_as_their_answers_do(store: Store) -> None:
    kept(store)
    assert store.cells(RUN.id) == [
        Cell(RUN.id, "p1", "A", CellState.DONE, "r1", 1, "t1"),
        Cell(RUN.id, "p1", "B", CellState.DONE, "r2", 1, "t1"),
        Cell(RUN.id, "p2", "A", CellState.FAILED, "r3", 1, "t2"),
        Cell(RUN.id, "p2", "B", CellState.WAITING, "", 0, "t2"),
    ]


def test_a_run_that_has_stopped_is_nobodys_work(store: Store) -> None:
    kept(store)
    assert store.take_runs("me", NOW, NOW) == []


def test_all_of_it_goes_with_its_session(store: Store) -> None:
    kept(store)
    store.delete_session(SESSION.id)
    assert (store.runs(), store.judgements(), store.votes_of(SESSION.id)) == ([], [], [])
