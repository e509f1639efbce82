"""Runs from their beginning to their end, in one process."""

from __future__ import annotations

from dataclasses import replace

import pytest

from madlen.batch import MOST_PROMPTS
from madlen.errors import (
    DailyLimit,
    Interrupted,
    MinuteLimit,
    NotFound,
    RateLimited,
    TooLarge,
    Unacceptable,
    UpstreamError,
)
from madlen.prompt_sets import CellState, Check, Prompt, RunStatus
from madlen.store.set_tables import MOST_ATTEMPTS
from madlen.store.sqlite import SQLiteStore
from madlen.types import Lane, Model, Parameters, Picture, Status
from madlen.votes import Vote, best
from tests.batch.running import (
    LANES,
    NOW,
    a_set,
    carried_out,
    eventually,
    in_flight,
    said,
    states,
    until_it_is,
)
from tests.conftest import StartMadlen
from tests.parrot import DONE, FREE, POLLY, Gate, Parrot

PICTURE = Picture(sha256="ab" * 32, media_type="image/png", content=b"\x89PNG")


def test_every_prompt_is_asked_of_every_lane(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    run_id = carried_out(madlen, a_set("One", "Two"))
    assert said(madlen, run_id) == [
        ("p1", "A", "One"),
        ("p1", "B", "One"),
        ("p2", "A", "Two"),
        ("p2", "B", "Two"),
    ]
    progress = madlen.batch.progress(run_id)
    assert (progress.done, progress.total, progress.seconds_left) == (4, 4, 0.0)


def test_a_prompt_is_asked_without_what_came_before_it(start_madlen: StartMadlen) -> None:
    parrot = Parrot()
    madlen = start_madlen(parrot)
    lane = Lane("parrot/seer", "A", Parameters(temperature=0.5), "Be brief.")
    prompt = Prompt("p", "Greet {{who}}", pictures=(PICTURE,), variables={"who": "Ayşe"})
    carried_out(madlen, replace(a_set(), prompts=(Prompt("q", "Hi"), prompt)), [lane])
    asked = {request.messages[-1].text: request for request in parrot.requests}
    told = asked["Greet Ayşe"]
    assert [(message.role, message.text) for message in told.messages] == [
        ("system", "Be brief."),
        ("user", "Greet Ayşe"),
    ]
    assert told.messages[1].pictures == (PICTURE,)
    assert told.parameters == lane.parameters


def test_a_run_is_in_no_list_of_chats_and_its_answers_can_be_voted_on(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    run_id = carried_out(madlen, a_set("One"))
    assert madlen.store.sessions() == []
    run = madlen.store.run(run_id)
    first, second = madlen.store.cells(run_id)
    order = best([first.reply_id, second.reply_id], first.reply_id)
    madlen.chat.vote(Vote(first.turn_id, run.session_id, order, NOW))
    assert [vote.turn_id for vote, _ in madlen.store.ballots()] == [first.turn_id]


def test_a_run_keeps_the_prompts_that_it_began_with(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    saved = madlen.batch.save(a_set("One"))
    run = madlen.batch.start(saved, LANES, "First")
    madlen.batch.save(replace(saved, prompts=()))
    madlen.batch.delete_set(saved.id)
    known = madlen.store.run(run.id)
    assert (known.name, known.set_id, known.prompts) == ("First", saved.id, saved.prompts)


def test_a_saved_set_has_ids_and_a_date(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    saved = madlen.batch.save(replace(a_set(), prompts=(Prompt("", "One"), Prompt("", "Two"))))
    assert saved.id
    assert len({prompt.id for prompt in saved.prompts}) == 2
    assert saved.updated_at != NOW
    assert madlen.store.prompt_set(saved.id) == saved


def test_what_cannot_be_a_set_or_a_run_is_refused(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    with pytest.raises(Unacceptable, match="needs a name"):
        madlen.batch.save(replace(a_set(), name=" "))
    with pytest.raises(Unacceptable, match="same id"):
        madlen.batch.save(replace(a_set(), prompts=(Prompt("p", "One"), Prompt("p", "Two"))))
    with pytest.raises(Unacceptable, match="is empty"):
        madlen.batch.save(a_set(" "))
    with pytest.raises(TooLarge, match="at most 5,000 prompts"):
        madlen.batch.save(a_set(*["One"] * (MOST_PROMPTS + 1)))
    with pytest.raises(Unacceptable, match="no prompts"):
        madlen.batch.start(replace(a_set(), prompts=()), LANES)
    with pytest.raises(Unacceptable, match="1 to 12 lanes"):
        madlen.batch.start(a_set(), [])
    assert madlen.store.runs() == []


def test_no_more_is_in_flight_than_may_be(start_madlen: StartMadlen) -> None:
    gate = Gate()
    parrot = Parrot([gate, "Yes", DONE])
    madlen = start_madlen(parrot, batch_concurrency=3)
    run = madlen.batch.start(a_set(*["One"] * 4), LANES)
    eventually(lambda: len(parrot.requests) == 3)
    assert in_flight(madlen, run.id) == 3
    gate.open()
    until_it_is(madlen, run.id, RunStatus.DONE)
    assert len(parrot.requests) == 8


def test_two_runs_share_what_may_be_in_flight(start_madlen: StartMadlen) -> None:
    gate = Gate()
    madlen = start_madlen(Parrot([gate, "Yes", DONE]), batch_concurrency=4)
    first = madlen.batch.start(a_set(*["One"] * 4), LANES[:1])
    eventually(lambda: in_flight(madlen, first.id) == 4)
    second = madlen.batch.start(a_set(*["Two"] * 4), LANES[:1])
    gate.open()
    until_it_is(madlen, first.id, RunStatus.DONE)
    until_it_is(madlen, second.id, RunStatus.DONE)


def test_a_paused_run_finishes_what_is_in_flight_and_then_goes_on(start_madlen: StartMadlen) -> None:
    gate = Gate()
    parrot = Parrot([gate, "Yes", DONE])
    madlen = start_madlen(parrot, batch_concurrency=2)
    run = madlen.batch.start(a_set(*["One"] * 4), LANES[:1])
    eventually(lambda: len(parrot.requests) == 2)
    assert madlen.batch.pause(run.id).status is RunStatus.PAUSED
    gate.open()
    eventually(lambda: states(madlen, run.id).count(CellState.DONE) == 2)
    progress = madlen.batch.progress(run.id)
    assert (progress.status, progress.waiting, progress.seconds_left) == (RunStatus.PAUSED, 2, None)
    assert len(parrot.requests) == 2
    madlen.batch.resume(run.id)
    until_it_is(madlen, run.id, RunStatus.DONE)
    assert len(parrot.requests) == 4


def test_a_stopped_run_stops_what_is_in_flight(start_madlen: StartMadlen) -> None:
    gate = Gate()
    parrot = Parrot(["Half", gate, DONE], ["Half", gate, DONE], ["Whole", DONE])
    madlen = start_madlen(parrot, batch_concurrency=2)
    run = madlen.batch.start(a_set("One", "Two", "Three"), LANES[:1])
    eventually(lambda: in_flight(madlen, run.id) == 2 and len(parrot.requests) == 2)
    madlen.batch.stop(run.id)
    eventually(lambda: states(madlen, run.id).count(CellState.FAILED) == 2)
    statuses = [reply.status for _, reply in madlen.batch.results(run.id) if reply]
    assert statuses == [Status.STOPPED, Status.STOPPED]
    assert madlen.batch.resume(run.id).status is RunStatus.RUNNING
    until_it_is(madlen, run.id, RunStatus.DONE)
    assert states(madlen, run.id) == [CellState.FAILED, CellState.FAILED, CellState.DONE]
    madlen.batch.retry(run.id)
    until_it_is(madlen, run.id, RunStatus.DONE)
    assert said(madlen, run.id) == [("p1", "A", "Whole"), ("p2", "A", "Whole"), ("p3", "A", "Whole")]


def test_a_run_that_is_over_stays_over(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    run_id = carried_out(madlen, a_set())
    for act in (madlen.batch.pause, madlen.batch.resume, madlen.batch.stop):
        assert act(run_id).status is RunStatus.DONE


def test_a_failed_cell_tells_why_and_does_not_hold_up_the_others(start_madlen: StartMadlen) -> None:
    madlen = start_madlen(Parrot([UpstreamError("The provider failed.")], ["Yes", DONE]), batch_concurrency=1)
    run_id = carried_out(madlen, a_set("One", "Two"), LANES[:1])
    assert states(madlen, run_id) == [CellState.FAILED, CellState.DONE]
    reply = madlen.batch.results(run_id)[0][1]
    assert reply is not None
    assert reply.failure is not None
    assert reply.failure.sentence == "The provider failed."


def test_a_lane_that_cannot_be_asked_fails_with_the_reason(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    shown = replace(a_set(), prompts=(Prompt("p", "What is it?", pictures=(PICTURE,)),))
    run_id = carried_out(madlen, shown, [*LANES, Lane("parrot/none", "C")])
    sentences = [
        reply.failure.sentence if reply and reply.failure else "" for _, reply in madlen.batch.results(run_id)
    ]
    assert states(madlen, run_id) == [CellState.FAILED, CellState.DONE, CellState.FAILED]
    assert "cannot see images" in sentences[0]
    assert "no model" in sentences[2]


def test_failed_cells_are_retried_with_one_reply_each(start_madlen: StartMadlen) -> None:
    parrot = Parrot([UpstreamError("The provider failed.")], ["Yes", DONE])
    madlen = start_madlen(parrot, batch_concurrency=1)
    run_id = carried_out(madlen, a_set("One", "Two"), LANES[:1])
    madlen.batch.retry(run_id)
    until_it_is(madlen, run_id, RunStatus.DONE)
    assert said(madlen, run_id) == [("p1", "A", "Yes"), ("p2", "A", "Yes")]
    turns = madlen.store.turns(madlen.store.run(run_id).session_id)
    assert [len(turn.replies) for turn in turns] == [1, 1]
    assert len(parrot.requests) == 3


@pytest.mark.parametrize("busy", [RateLimited, MinuteLimit])
def test_a_busy_model_is_asked_again_after_the_wait_that_it_names(
    start_madlen: StartMadlen, busy: type[RateLimited]
) -> None:
    parrot = Parrot([busy("Busy.", retry_after=0.2)], ["Yes", DONE])
    madlen = start_madlen(parrot, batch_concurrency=1)
    run_id = carried_out(madlen, a_set("One"), LANES[:1])
    assert said(madlen, run_id) == [("p1", "A", "Yes")]
    assert madlen.store.cells(run_id)[0].attempts == 2


def test_a_model_that_stays_busy_fails_in_the_end(start_madlen: StartMadlen) -> None:
    parrot = Parrot([RateLimited("Busy.", retry_after=0.0)])
    madlen = start_madlen(parrot, batch_concurrency=1)
    run_id = carried_out(madlen, a_set("One"), LANES[:1])
    assert states(madlen, run_id) == [CellState.FAILED]
    assert len(parrot.requests) == MOST_ATTEMPTS


def test_an_answer_that_was_cut_off_is_asked_for_again(start_madlen: StartMadlen) -> None:
    parrot = Parrot(["Ha", Interrupted("Cut off.")], ["Whole", DONE])
    madlen = start_madlen(parrot, batch_concurrency=1)
    run_id = carried_out(madlen, a_set("One"), LANES[:1])
    assert said(madlen, run_id) == [("p1", "A", "Whole")]


def test_a_run_pauses_when_the_free_requests_of_the_day_are_used_up(start_madlen: StartMadlen) -> None:
    free = replace(POLLY, id="parrot/polly:free", source="openrouter", pricing=FREE)
    parrot = Parrot(["Yes", DONE], [DailyLimit("Used up.")], ["Yes", DONE], models=[free])
    parrot.source = "openrouter"
    madlen = start_madlen(parrot, batch_concurrency=1)
    run = madlen.batch.start(a_set("One", "Two", "Three"), [Lane(free.id, "A")])
    until_it_is(madlen, run.id, RunStatus.PAUSED)
    paused = madlen.batch.progress(run.id)
    assert (paused.done, paused.waiting, paused.failed) == (1, 2, 0)
    assert "used up" in paused.note
    assert paused.resume_at is not None
    assert (paused.resume_at.hour, paused.resume_at.minute) == (0, 1)
    assert len(parrot.requests) == 2
    madlen.batch.resume(run.id)
    until_it_is(madlen, run.id, RunStatus.DONE)
    assert madlen.store.run(run.id).note == ""
    assert len(parrot.requests) == 4


def test_lanes_that_cost_something_go_on_when_the_free_day_is_over(start_madlen: StartMadlen) -> None:
    free = replace(POLLY, id="parrot/polly:free", source="openrouter", pricing=FREE)
    paid = Model("parrot/dear", "Dear", "openrouter")
    parrot = Parrot([DailyLimit("Used up.")], ["Yes", DONE], models=[free, paid])
    parrot.source = "openrouter"
    madlen = start_madlen(parrot, batch_concurrency=1)
    run = madlen.batch.start(a_set("One", "Two"), [Lane(free.id, "A"), Lane(paid.id, "B")])
    until_it_is(madlen, run.id, RunStatus.PAUSED)
    waiting, done = CellState.WAITING, CellState.DONE
    assert states(madlen, run.id) == [waiting, done, waiting, done]


def test_a_defect_in_one_run_pauses_it_and_leaves_the_others_alone(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    broken = madlen.batch.start(a_set("One"), LANES)
    until_it_is(madlen, broken.id, RunStatus.DONE)
    assert isinstance(madlen.store, SQLiteStore)
    with madlen.store._connections.write() as db:
        db.execute("UPDATE run_cells SET lane = 'Z', reply_id = NULL WHERE run_id = ?", [broken.id])
        db.execute("UPDATE runs SET status = 'running' WHERE id = ?", [broken.id])
    until_it_is(madlen, broken.id, RunStatus.PAUSED)
    assert "this is a defect" in madlen.batch.progress(broken.id).note
    carried_out(madlen, a_set("Two"))


def test_a_deleted_run_is_gone_and_asks_nothing_more(start_madlen: StartMadlen) -> None:
    gate = Gate()
    parrot = Parrot([gate, "Yes", DONE])
    madlen = start_madlen(parrot, batch_concurrency=1)
    run = madlen.batch.start(a_set("One", "Two"), LANES)
    eventually(lambda: len(parrot.requests) == 1)
    madlen.batch.delete_run(run.id)
    eventually(lambda: parrot.closed_streams == 1)
    assert madlen.store.runs() == []
    for act in (madlen.batch.progress, madlen.batch.results, madlen.batch.delete_run, madlen.batch.retry):
        with pytest.raises(NotFound, match="no such run"):
            act(run.id)
    assert len(parrot.requests) == 1


def test_a_run_goes_on_in_the_next_process(start_madlen: StartMadlen) -> None:
    gate = Gate()
    first = start_madlen(Parrot(["Yes", DONE], ["Half", gate, DONE]), batch_concurrency=1)
    run = first.batch.start(replace(a_set("One", "Two"), checks=(Check("json"),)), LANES[:1])
    eventually(lambda: states(first, run.id)[0] is CellState.DONE and in_flight(first, run.id) == 1)
    kept = first.store.cells(run.id)[0].reply_id
    first.close()
    second = start_madlen(Parrot(["Again", DONE]))
    until_it_is(second, run.id, RunStatus.DONE)
    assert said(second, run.id) == [("p1", "A", "Yes"), ("p2", "A", "Again")]
    assert second.store.cells(run.id)[0].reply_id == kept
