"""Verdicts are come to once, by the run itself or by whoever looks first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from madlen.batch import results, verdicts
from madlen.batch.verdicts import Verdicts
from madlen.prompt_sets import Check, Prompt
from madlen.types import Reply, Status
from tests.batch.running import NOW, a_set, carried_out
from tests.conftest import StartMadlen
from tests.parrot import DONE, Parrot

YES = (Check("contains", "yes"),)
PROMPT = Prompt("p1", "Is it?")


def reply(number: int = 1, status: Status = Status.COMPLETE) -> Reply:
    return Reply(f"r{number}", "s1", "t1", "parrot/polly", "A", status, NOW, text="Yes.")


def test_a_second_look_gets_what_the_first_came_to() -> None:
    known = Verdicts()
    first = known.of(reply(), PROMPT, YES)
    assert [one.passed for one in first] == [True]
    assert known.of(reply(), PROMPT, YES) is first


def test_an_answer_that_is_not_whole_has_none_and_is_looked_at_again() -> None:
    known = Verdicts()
    assert known.of(reply(status=Status.STREAMING), PROMPT, YES) == ()
    assert not known.knows(reply())
    assert known.of(reply(), PROMPT, YES) != ()


def test_those_that_were_not_wanted_for_longest_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdicts, "MOST", 2)
    known = Verdicts()
    for number in (1, 2, 1, 3):
        known.of(reply(number), PROMPT, YES)
    assert [known.knows(reply(number)) for number in (1, 2, 3)] == [True, False, True]


def test_nobody_who_looks_at_a_run_waits_for_its_checks(start_madlen: StartMadlen) -> None:
    madlen = start_madlen(Parrot(["Yes.", DONE]))
    run = carried_out(madlen, replace(a_set(), checks=YES))
    cells = madlen.batch.results(run)
    assert len(cells) == 4
    assert all(one is not None and madlen.batch.verdicts.knows(one) for _, one in cells)
    assert list(madlen.batch.check(madlen.store.run(run), cells)) == []


def test_after_a_restart_it_is_told_how_far_the_checks_are(start_madlen: StartMadlen) -> None:
    madlen = start_madlen(Parrot(["Yes.", DONE]))
    run = madlen.store.run(carried_out(madlen, replace(a_set(), checks=YES)))
    cells = madlen.batch.results(run.id)
    madlen.batch.verdicts = Verdicts()
    assert list(madlen.batch.check(run, cells)) == [0.25, 0.5, 0.75, 1.0]
    found = results.of(run, cells, verdicts=madlen.batch.verdicts.of)
    assert [one.passed for one in found] == [True] * 4
