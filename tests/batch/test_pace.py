"""Runs of free models against a pretend OpenRouter: its minute, its day, and the waits that it names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from madlen.batch.judge import TEMPLATES, Judge, Question
from madlen.prompt_sets import CellState, RunStatus
from madlen.types import Lane
from tests.batch.running import a_set, carried_out, eventually, states, until_it_is
from tests.playing import Stage, staged
from tests.pretend_openrouter import Answer, said

FREE = Lane("acme/small:free", "A")
PAID = Lane("acme/large", "B")
NUMBERS = a_set(*(f"Question {number}" for number in range(25)))


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path) as set_up:
        for lane in (FREE, PAID):
            set_up.pretend.answers[lane.model_id] = Answer(pieces=said(lane.model_id, "Yes."))
        yield set_up


def asked(stage: Stage, model_id: str) -> int:
    return sum(1 for question in stage.questions if question.body["model"] == model_id)


def test_free_models_are_asked_no_more_than_their_minute_takes(stage: Stage) -> None:
    run = stage.madlen.batch.start(NUMBERS, [FREE, PAID])
    eventually(lambda: states(stage.madlen, run.id).count(CellState.DONE) == 45)
    assert (asked(stage, FREE.model_id), asked(stage, PAID.model_id)) == (20, 25)
    progress = stage.madlen.batch.progress(run.id)
    assert (progress.status, progress.waiting, progress.failed) == (RunStatus.RUNNING, 5, 0)


def test_a_run_pauses_when_the_account_has_no_free_request_left_today(stage: Stage) -> None:
    stage.pretend.play("per_day")
    stage.pretend.answers.clear()
    run = stage.madlen.batch.start(NUMBERS, [FREE])
    until_it_is(stage.madlen, run.id, RunStatus.PAUSED)
    progress = stage.madlen.batch.progress(run.id)
    assert (progress.waiting, progress.failed) == (25, 0)
    assert "goes on by itself after midnight UTC" in progress.note


def test_a_busy_model_is_asked_until_it_answers(stage: Stage) -> None:
    stage.pretend.play("rate_limited_then_good")
    stage.pretend.answers.clear()
    run = stage.madlen.batch.start(a_set("One"), [PAID])
    until_it_is(stage.madlen, run.id, RunStatus.DONE)
    assert states(stage.madlen, run.id) == [CellState.DONE]


def test_a_free_judge_takes_from_the_same_minute_as_runs(stage: Stage) -> None:
    madlen, pretend = stage.madlen, stage.pretend
    run_id = carried_out(madlen, a_set(*(f"Question {number}" for number in range(15))), [FREE])
    pretend.answers[FREE.model_id] = Answer(pieces=said(FREE.model_id, "Score: 4"))
    replies = [reply for _, reply in madlen.batch.results(run_id) if reply]
    judge = Judge(FREE.model_id, "rubric", TEMPLATES["rubric"])
    asked_for = [Question(reply.turn_id, reply.session_id, "?", "", (reply,)) for reply in replies]
    madlen.judging.begin(run_id, judge, asked_for)
    eventually(lambda: len(madlen.store.judgements()) == 5)
    assert asked(stage, FREE.model_id) == 20
    assert madlen.judging.running(run_id)
