"""What every store knows of runs: who runs them, and how their cells come to one answer each."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from madlen.errors import NotFound
from madlen.prompt_sets import Cell, CellState, Check, Prompt, Run, RunStatus
from madlen.store import Store, open_store
from madlen.store.set_tables import MOST_ATTEMPTS
from madlen.types import Lane, Parameters, Reply, Status, Turn
from madlen.votes import Vote, best
from tests.store.keeping import NOW, PICTURE, a_session, a_turn

LANES = (Lane("parrot/polly", "A", Parameters(temperature=0.5), "Be brief."), Lane("parrot/seer", "B"))
PROMPTS = (Prompt("p1", "How many colours?", "Seven", (PICTURE,)), Prompt("p2", "Why?"))
RUN = Run("r", "run-session", "Colours", LANES, PROMPTS, NOW, "set", (Check("json"),), went_on_at=NOW)
RUNNING, PAUSED, STOPPED, DONE = RunStatus.RUNNING, RunStatus.PAUSED, RunStatus.STOPPED, RunStatus.DONE
EARLIER, SOON = NOW - timedelta(seconds=10), NOW + timedelta(seconds=5)


def begun(store: Store, number: str = "") -> Run:
    run = replace(RUN, id=f"r{number}", session_id=f"run-session{number}")
    turns = [
        Turn(f"turn-{prompt.id}{number}", run.session_id, prompt.asked, NOW, prompt.pictures)
        for prompt in run.prompts
    ]
    store.begin_run(run, a_session(run.session_id, "Colours"), turns)
    return run


def taken(store: Store, owner: str = "me", now: datetime = NOW, before: datetime = EARLIER) -> list[str]:
    return store.take_runs(owner, now, before)


def empty(cell: Cell, name: str = "reply") -> Reply:
    reply_id = f"{name}-{cell.prompt_id}-{cell.lane}"
    return Reply(reply_id, RUN.session_id, cell.turn_id, "parrot/polly", cell.lane, Status.STREAMING, NOW)


def asked(store: Store, *, cell: int = 0, name: str = "reply") -> Reply:
    waiting = store.cells("r")[cell]
    reply = empty(waiting, name)
    assert store.ask_cell(waiting, reply, "me")
    return reply


def answered(store: Store, status: Status = Status.COMPLETE, *, cell: int = 0, name: str = "reply") -> Reply:
    ended = replace(asked(store, cell=cell, name=name), status=status, text="Seven.")
    store.save(ended)
    return ended


def state(store: Store, cell: int = 0) -> CellState:
    return store.cells("r")[cell].state


def replies(store: Store) -> list[str]:
    return [reply.id for turn in store.turns(RUN.session_id) for reply in turn.replies]


def test_a_run_keeps_its_own_prompts_checks_and_lanes(store: Store) -> None:
    run = begun(store)
    assert store.run("r") == run
    turns = store.turns(run.session_id)
    assert [(turn.id, turn.text, turn.pictures) for turn in turns] == [
        ("turn-p1", "How many colours?", (PICTURE,)),
        ("turn-p2", "Why?", ()),
    ]


def test_every_prompt_has_a_cell_in_every_lane_that_waits(store: Store) -> None:
    begun(store)
    assert store.cells("r") == [
        Cell("r", "p1", "A", turn_id="turn-p1"),
        Cell("r", "p1", "B", turn_id="turn-p1"),
        Cell("r", "p2", "A", turn_id="turn-p2"),
        Cell("r", "p2", "B", turn_id="turn-p2"),
    ]


def test_runs_are_listed_newest_first_of_all_or_of_one_set(store: Store) -> None:
    begun(store, "1")
    begun(store, "2")
    assert [run.id for run in store.runs()] == ["r2", "r1"]
    assert [run.id for run in store.runs(limit=1, offset=1)] == ["r1"]
    assert [run.id for run in store.runs(set_id="set")] == ["r2", "r1"]
    assert store.runs(set_id="other") == []


def test_a_heading_is_the_run_without_its_prompts(store: Store) -> None:
    heading = replace(begun(store), prompts=())
    assert store.run_heading("r") == heading
    assert store.runs() == [heading]
    with pytest.raises(NotFound, match="no such run"):
        store.run_heading("nobody")


def test_no_list_of_chats_and_no_search_shows_a_run(store: Store) -> None:
    begun(store)
    store.create_session(a_session("s1", "Colours of birds"))
    assert [session.id for session in store.sessions()] == ["s1"]
    assert [session.id for session in store.sessions(words="colours")] == ["s1"]
    assert store.session(RUN.session_id).title == "Colours"


def test_a_run_goes_with_its_session(store: Store) -> None:
    begun(store)
    store.delete_session(RUN.session_id)
    assert (store.runs(), store.cells("r")) == ([], [])
    with pytest.raises(NotFound, match="no such run"):
        store.run("r")


def test_a_vote_on_a_turn_of_a_run_counts(store: Store) -> None:
    begun(store)
    taken(store)
    first, second = answered(store, cell=0), answered(store, cell=1)
    vote = Vote("turn-p1", RUN.session_id, best([first.id, second.id], first.id), NOW)
    store.vote(vote)
    [(cast, turn)] = store.ballots()
    assert (cast, turn.id) == (vote, "turn-p1")


def test_a_running_run_is_taken_by_one_process(store: Store) -> None:
    begun(store)
    assert taken(store) == ["r"]
    assert taken(store) == ["r"]
    assert taken(store, "other") == []


def test_a_run_is_taken_over_once_its_owner_gives_no_beat(store: Store) -> None:
    begun(store)
    taken(store)
    assert taken(store, "other", SOON, before=SOON) == ["r"]
    assert store.run("r").went_on_at == SOON
    assert taken(store, "me", SOON) == []


def test_a_run_that_was_left_is_taken_at_once(store: Store) -> None:
    begun(store)
    taken(store)
    store.leave_runs("me")
    assert taken(store, "other") == ["r"]


def test_many_who_want_a_run_at_once_get_it_once(store: Store, address: str) -> None:
    begun(store)
    others = [open_store(address) for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        got = list(threads.map(lambda n: taken(others[n], f"owner {n}"), range(4)))
    for other in others:
        other.close()
    assert sorted(got) == [[], [], [], ["r"]]


def test_a_status_changes_only_from_those_that_allow_it(store: Store) -> None:
    begun(store)
    assert store.change_run("r", PAUSED, NOW, among=[RUNNING], note="Used up.", resume_at=SOON)
    paused = store.run("r")
    assert (paused.status, paused.note, paused.resume_at) == (PAUSED, "Used up.", SOON)
    assert not store.change_run("r", STOPPED, NOW, among=[RUNNING])
    assert store.change_run("r", RUNNING, SOON, among=[PAUSED, STOPPED])
    going = store.run("r")
    assert (going.status, going.note, going.resume_at, going.went_on_at) == (RUNNING, "", None, SOON)


def test_what_is_done_to_an_unknown_run_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound, match="no such run"):
        store.change_run("nobody", PAUSED, NOW, among=[RUNNING])
    with pytest.raises(NotFound, match="no such run"):
        store.retry_cells("nobody", NOW)


def test_a_pause_that_is_over_ends_by_itself(store: Store) -> None:
    begun(store)
    store.change_run("r", PAUSED, NOW, among=[RUNNING], resume_at=SOON)
    assert taken(store, now=NOW) == []
    assert taken(store, now=SOON) == ["r"]
    assert store.run("r").status is RUNNING


def test_a_pause_without_an_end_stays(store: Store) -> None:
    begun(store)
    store.change_run("r", PAUSED, NOW, among=[RUNNING])
    assert taken(store, now=SOON) == []


def test_a_cell_stands_as_its_reply_stands(store: Store) -> None:
    begun(store)
    taken(store)
    reply = asked(store)
    known = store.cells("r")[0]
    assert (known.state, known.reply_id, known.attempts) == (CellState.ASKING, reply.id, 1)
    store.save(replace(reply, status=Status.COMPLETE))
    assert state(store) is CellState.DONE


@pytest.mark.parametrize("status", [Status.FAILED, Status.STOPPED])
def test_a_cell_whose_reply_came_to_nothing_has_failed(store: Store, status: Status) -> None:
    begun(store)
    taken(store)
    answered(store, status)
    assert state(store) is CellState.FAILED


def test_a_cell_is_asked_once_though_many_ask(store: Store, address: str) -> None:
    begun(store)
    taken(store)
    waiting = store.cells("r")[0]
    others = [open_store(address) for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        got = list(threads.map(lambda n: others[n].ask_cell(waiting, empty(waiting, str(n)), "me"), range(4)))
    for other in others:
        other.close()
    assert sorted(got) == [False, False, False, True]
    assert len(replies(store)) == 1


def test_only_the_owner_of_a_running_run_asks(store: Store) -> None:
    begun(store)
    waiting = store.cells("r")[0]
    assert not store.ask_cell(waiting, empty(waiting), "me")
    taken(store)
    assert not store.ask_cell(waiting, empty(waiting), "other")
    store.change_run("r", PAUSED, NOW, among=[RUNNING])
    assert not store.ask_cell(waiting, empty(waiting), "me")
    assert replies(store) == []


def test_a_cell_of_a_deleted_run_is_not_asked(store: Store) -> None:
    begun(store)
    taken(store)
    waiting = store.cells("r")[0]
    store.delete_session(RUN.session_id)
    assert not store.ask_cell(waiting, empty(waiting), "me")


def test_an_interrupted_cell_waits_and_its_new_reply_is_the_only_one(store: Store) -> None:
    begun(store)
    taken(store)
    answered(store, Status.INTERRUPTED)
    assert state(store) is CellState.WAITING
    again = asked(store, name="again")
    assert replies(store) == [again.id]
    assert store.cells("r")[0].attempts == 2


def test_an_answer_that_became_whole_meanwhile_is_not_lost(store: Store) -> None:
    begun(store)
    taken(store)
    cut = answered(store, Status.INTERRUPTED)
    waiting = store.cells("r")[0]
    store.save(replace(cut, status=Status.COMPLETE))
    assert not store.ask_cell(waiting, empty(waiting, "again"), "me")
    assert replies(store) == [cut.id]
    assert state(store) is CellState.DONE


def test_a_cell_that_is_always_cut_off_fails_in_the_end(store: Store) -> None:
    begun(store)
    taken(store)
    for attempt in range(MOST_ATTEMPTS):
        assert state(store) is CellState.WAITING
        answered(store, Status.INTERRUPTED, name=f"reply-{attempt}")
    assert state(store) is CellState.FAILED


def test_a_released_cell_waits_again_with_its_attempts(store: Store) -> None:
    begun(store)
    taken(store)
    reply = answered(store, Status.FAILED)
    store.release_cell(reply.id)
    assert store.cells("r")[0] == Cell("r", "p1", "A", attempts=1, turn_id="turn-p1")
    assert replies(store) == []


def test_a_whole_answer_is_never_released(store: Store) -> None:
    begun(store)
    taken(store)
    store.release_cell(answered(store).id)
    assert state(store) is CellState.DONE


def test_failed_cells_are_retried_and_whole_ones_kept(store: Store) -> None:
    begun(store)
    taken(store)
    kept = answered(store, cell=0)
    for cell, status in enumerate((Status.FAILED, Status.STOPPED), start=1):
        answered(store, status, cell=cell)
    store.change_run("r", STOPPED, NOW, among=[RUNNING])
    assert store.retry_cells("r", SOON) == 2
    assert [cell.state for cell in store.cells("r")] == [CellState.DONE, *[CellState.WAITING] * 3]
    assert {cell.attempts for cell in store.cells("r")[1:]} == {0}
    assert replies(store) == [kept.id]
    run = store.run("r")
    assert (run.status, run.went_on_at, run.ended_before) == (RUNNING, SOON, 1)


def test_a_run_is_finished_when_every_cell_has_ended(store: Store) -> None:
    begun(store)
    taken(store)
    for cell in range(3):
        answered(store, cell=cell)
    assert not store.finish_run("r", "me")
    last = asked(store, cell=3)
    assert not store.finish_run("r", "me")
    store.save(replace(last, status=Status.FAILED))
    assert not store.finish_run("r", "other")
    assert store.finish_run("r", "me")
    assert store.run("r").status is DONE
    assert taken(store, "other", SOON, before=SOON) == []


def test_the_pace_counts_from_when_a_run_last_went_on(store: Store) -> None:
    begun(store)
    taken(store)
    answered(store)
    answered(store, Status.FAILED, cell=1)
    taken(store, "other", SOON, before=SOON)
    assert store.run("r").ended_before == 2


def test_chats_beside_a_run_are_untouched(store: Store) -> None:
    store.begin(a_turn(), [], model_id="parrot/polly", session=a_session())
    begun(store)
    store.delete_session(RUN.session_id)
    assert [turn.id for turn in store.turns("s1")] == ["t1"]
