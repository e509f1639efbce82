"""Judges at work, on a running Madlen."""

from __future__ import annotations

from concurrent.futures import CancelledError
from dataclasses import replace

import pytest

from madlen.batch.judge import TEMPLATES, Judge, Question
from madlen.batch.judging import Judging
from madlen.errors import DailyLimit, RateLimited, Unacceptable, UpstreamError
from madlen.services.wiring import Services
from madlen.types import Lane
from tests.conftest import StartMadlen
from tests.parrot import DEAR, DONE, POLLY, SEER, Gate, Parrot

PAIR = Judge(DEAR.id)
RUBRIC = Judge(DEAR.id, "rubric", TEMPLATES["rubric"])


def asked(madlen: Services) -> list[Question]:
    """Two answers to one prompt that nobody has judged."""
    made = madlen.chat.ask("Which way?", [Lane(POLLY.id, "A"), Lane(SEER.id, "B")])
    for generation in made.generations:
        list(generation.follow(every=0))
    [turn] = madlen.store.turns(made.session_id)
    return [Question(turn.id, turn.session_id, turn.text, "", turn.replies)]


def ended(judging: Judging) -> None:
    judging._tasks["run"].result(30)


def test_both_orders_are_asked_and_the_verdict_is_kept_with_its_judge(start_madlen: StartMadlen) -> None:
    parrot = Parrot(["Left.", DONE], ["Left.", DONE], ['Sound.\n{"verdict": "A"}', DONE], ["B", DONE])
    madlen = start_madlen(parrot)
    questions, judging = asked(madlen), madlen.judging
    judging.begin("run", PAIR, questions)
    ended(judging)
    [kept] = madlen.store.judgements(questions[0].session_id)
    assert (kept.judge, kept.outcome, kept.reason, kept.flipped) == (DEAR.id, "first", "Sound.", False)
    assert kept.replies == questions[0].ids
    progress = judging.progress("run")
    assert progress is not None
    assert (progress.total, progress.done, progress.failed, progress.running) == (1, 1, 0, False)
    assert [request.model_id for request in parrot.requests[2:]] == [DEAR.id, DEAR.id]


def test_what_was_judged_is_not_judged_again_in_the_same_way(start_madlen: StartMadlen) -> None:
    parrot = Parrot(["tie", DONE])
    madlen = start_madlen(parrot)
    questions, judging = asked(madlen), madlen.judging
    judging.begin("run", PAIR, questions)
    ended(judging)
    assert judging.left(PAIR, questions) == []
    judging.begin("run", PAIR, questions)
    assert len(parrot.requests) == 4
    assert judging.left(RUBRIC, questions) == questions


def test_a_verdict_that_cannot_be_read_is_kept_as_such_and_asked_for_again(start_madlen: StartMadlen) -> None:
    madlen = start_madlen(Parrot(["Hm, both have points.", DONE]))
    questions, judging = asked(madlen), madlen.judging
    judging.begin("run", PAIR, questions)
    ended(judging)
    [kept] = madlen.store.judgements()
    assert not kept.readable
    assert judging.left(PAIR, questions) == questions


def test_a_judge_that_fails_is_counted_and_says_why(start_madlen: StartMadlen) -> None:
    madlen = start_madlen(Parrot(["Left.", DONE], ["Left.", DONE], [UpstreamError("The judge is out.")]))
    questions, judging = asked(madlen), madlen.judging
    judging.begin("run", RUBRIC, questions)
    ended(judging)
    progress = judging.progress("run")
    assert progress is not None
    assert (progress.done, progress.failed, progress.note) == (0, 1, "The judge is out.")
    assert madlen.store.judgements() == []


def test_a_judge_that_is_asked_too_much_is_waited_for(start_madlen: StartMadlen) -> None:
    full = RateLimited("Too many.", retry_after=0.0)
    madlen = start_madlen(Parrot(["Left.", DONE], ["Left.", DONE], [full], ["Score: 4", DONE]))
    questions, judging = asked(madlen), madlen.judging
    judging.begin("run", RUBRIC, questions)
    ended(judging)
    assert [one.score for one in madlen.store.judgements()] == [4.0]


def test_a_judge_that_has_no_free_requests_left_today_says_so(start_madlen: StartMadlen) -> None:
    over = DailyLimit("Used up.")
    models = [replace(model, source="openrouter") for model in (POLLY, SEER, DEAR)]
    free = replace(models[-1], id="vendor/judge:free")
    parrot = Parrot(["Left.", DONE], ["Left.", DONE], [over], models=[*models, free])
    parrot.source = "openrouter"
    madlen = start_madlen(parrot)
    judge = replace(RUBRIC, model_id=free.id)
    [pair] = asked(madlen)
    madlen.judging.begin("run", judge, [replace(pair, replies=(reply,)) for reply in pair.replies])
    ended(madlen.judging)
    progress = madlen.judging.progress("run")
    assert progress is not None
    assert progress.failed == 2
    assert "used up" in progress.note.casefold()


def test_judging_is_stopped_with_its_answer_in_flight(start_madlen: StartMadlen) -> None:
    gate = Gate()
    parrot = Parrot(["Left.", DONE], ["Left.", DONE], ["Hm", gate, DONE])
    madlen = start_madlen(parrot)
    questions, judging = asked(madlen), madlen.judging
    judging.begin("run", PAIR, questions)
    assert gate.reached.wait(10)
    assert judging.running("run")
    judging.begin("run", PAIR, questions)
    judging.stop("run")
    with pytest.raises(CancelledError):
        ended(judging)
    assert not judging.running("run")
    assert madlen.store.judgements() == []


def test_a_template_that_shows_nothing_is_refused(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    judging = madlen.judging
    with pytest.raises(Unacceptable):
        judging.begin("run", Judge(DEAR.id, template="none"), [])
    assert judging.progress("run") is None


def test_a_process_ends_while_a_judge_is_at_work(start_madlen: StartMadlen) -> None:
    gate = Gate()
    madlen = start_madlen(Parrot(["Left.", DONE], ["Left.", DONE], ["Hm", gate, DONE]))
    questions = asked(madlen)
    madlen.judging.begin("run", PAIR, questions)
    assert gate.reached.wait(10)
    madlen.close()
    assert not madlen.judging.running("run")
