"""Runs and judges under a budget of the day."""

from __future__ import annotations

from decimal import Decimal

from madlen.batch.judge import Judge
from madlen.prompt_sets import CellState, RunStatus
from madlen.types import Lane, Parameters
from tests.batch.running import a_set, carried_out, eventually, states, until_it_is
from tests.batch.test_judging import asked, ended
from tests.conftest import StartMadlen
from tests.parrot import DEAR, DONE, POLLY, Gate, Parrot

DEARLY = Lane(DEAR.id, "A", Parameters(max_tokens=1000))
ONE_AT_A_TIME = Decimal("0.0025")
"""More than one answer may cost at most, less than two may."""


def test_a_run_pauses_and_says_so_once_the_budget_allows_no_more(start_madlen: StartMadlen) -> None:
    madlen = start_madlen(Parrot(["Hello", DONE]), daily_budget_usd=Decimal("0.001"))
    run = madlen.batch.start(a_set(), [DEARLY])
    until_it_is(madlen, run.id, RunStatus.PAUSED)
    heading = madlen.store.run_heading(run.id)
    assert heading.note.startswith("The run has paused. Of the day's budget of $0.001, $0 are spent")
    assert heading.resume_at is not None
    assert states(madlen, run.id) == [CellState.WAITING] * 2


def test_a_paused_run_goes_on_with_a_larger_budget(start_madlen: StartMadlen) -> None:
    first = start_madlen(Parrot(["Hello", DONE]), daily_budget_usd=Decimal("0.001"))
    run = first.batch.start(a_set(), [DEARLY])
    until_it_is(first, run.id, RunStatus.PAUSED)
    first.close()
    second = start_madlen(Parrot(["Hello", DONE]), daily_budget_usd=Decimal(1))
    second.batch.resume(run.id)
    until_it_is(second, run.id, RunStatus.DONE)
    assert states(second, run.id) == [CellState.DONE] * 2


def test_a_run_waits_where_only_answers_in_flight_stand_in_its_way(start_madlen: StartMadlen) -> None:
    gate = Gate()
    parrot = Parrot([gate, "Hello", DONE], ["Hello", DONE])
    madlen = start_madlen(parrot, daily_budget_usd=ONE_AT_A_TIME)
    run = madlen.batch.start(a_set(), [DEARLY])
    assert gate.reached.wait(10)
    eventually(lambda: states(madlen, run.id).count(CellState.ASKING) == 1)
    gate.open()
    until_it_is(madlen, run.id, RunStatus.DONE)
    assert madlen.budget is not None
    assert madlen.budget.account().spent == Decimal("0.0002")


def test_a_run_of_free_models_does_not_know_of_the_budget(start_madlen: StartMadlen) -> None:
    madlen = start_madlen(Parrot(["Hello", DONE]), daily_budget_usd=Decimal(0))
    carried_out(madlen, a_set(), [Lane(POLLY.id, "A")])


def test_a_judge_over_the_budget_says_why_it_did_not_judge(start_madlen: StartMadlen) -> None:
    madlen = start_madlen(Parrot(["Left.", DONE]), daily_budget_usd=Decimal(0))
    questions = asked(madlen)
    madlen.judging.begin("run", Judge(DEAR.id), questions)
    ended(madlen.judging)
    progress = madlen.judging.progress("run")
    assert progress is not None
    assert (progress.done, progress.failed) == (0, 1)
    assert progress.note.startswith("Of the day's budget of $0")
