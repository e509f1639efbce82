"""Runs are exported, taken from files and run once more."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from madlen.batch import results
from madlen.errors import NotFound, Unacceptable
from madlen.files.kinds import KINDS, Kind
from madlen.judgements import Judgement
from madlen.origins import Origin
from madlen.prompt_sets import Check, RunStatus
from madlen.services.wiring import Services
from madlen.votes import Vote, best
from tests.batch.running import LANES, a_set, carried_out, said, until_it_is
from tests.conftest import StartMadlen
from tests.parrot import DONE, Parrot
from tests.test_archives import asked
from tests.test_archives import exported as exported_chat

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
CHECKED = replace(a_set(), checks=(Check("contains", "one"),))


def exported(madlen: Services, run_id: str) -> io.BytesIO:
    return io.BytesIO(madlen.run_files.export(run_id, "json").content)


def judged_and_voted(madlen: Services, run_id: str) -> None:
    run = madlen.store.run(run_id)
    turn = madlen.store.turns(run.session_id)[0]
    ids = tuple(reply.id for reply in turn.replies)
    madlen.chat.vote(Vote(turn.id, run.session_id, best(ids, ids[0]), NOW))
    madlen.store.keep_judgement(Judgement("j/udge", turn.id, run.session_id, ids, NOW, "first"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_is_a_file_of_each_kind(start_madlen: StartMadlen, kind: Kind) -> None:
    madlen = start_madlen()
    run = carried_out(madlen, CHECKED)
    file = madlen.run_files.export(run, kind)
    assert file.name.startswith("Numbers-")
    assert b"One" in file.content


def test_a_file_has_all_that_is_known_of_a_run(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    run_id = carried_out(madlen, CHECKED)
    judged_and_voted(madlen, run_id)
    found = json.loads(exported(madlen, run_id).read())
    [chat] = found["chats"]
    assert found["app_version"] == "1.0.0"
    assert (chat["run"]["id"], chat["run"]["status"]) == (run_id, "done")
    assert chat["run"]["checks"] == [{"kind": "contains", "value": "one"}]
    assert [prompt["text"] for prompt in chat["run"]["prompts"]] == ["One", "Two"]
    assert [lane["name"] for lane in chat["lanes"]] == ["A", "B"]
    assert len(chat["votes"]) == len(chat["run"]["judgements"]) == 1
    reply = chat["turns"][0]["replies"][0]
    assert {"model", "usage", "timing", "trace_id", "parameters"} - reply.keys() <= {"parameters", "trace_id"}


def test_what_a_file_holds_is_kept_as_it_was(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    first = carried_out(madlen, CHECKED)
    judged_and_voted(madlen, first)
    run = madlen.run_files.take(exported(madlen, first))
    assert run.id != first
    assert said(madlen, run.id) == said(madlen, first)
    then, now = (madlen.store.run(run_id) for run_id in (first, run.id))
    assert (now.name, now.prompts, now.checks, now.lanes, now.status) == (
        then.name,
        then.prompts,
        then.checks,
        then.lanes,
        RunStatus.DONE,
    )
    assert madlen.store.origin(now.session_id) == Origin("import", then.session_id)
    assert len(madlen.store.votes_of(now.session_id)) == len(madlen.store.judgements(now.session_id)) == 1


def test_what_was_not_answered_in_a_file_is_asked_when_the_run_is_resumed(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    found = json.loads(exported(madlen, carried_out(madlen, a_set())).read())
    found["chats"][0]["turns"][1]["replies"].pop()
    run = madlen.run_files.take(io.BytesIO(json.dumps(found).encode()))
    progress = madlen.batch.progress(run.id)
    assert (progress.status, progress.waiting, progress.done) == (RunStatus.STOPPED, 1, 3)
    madlen.batch.resume(run.id)
    until_it_is(madlen, run.id, RunStatus.DONE)
    assert madlen.batch.progress(run.id).done == 4


def test_a_file_is_run_again_and_laid_beside_what_was_here(start_madlen: StartMadlen) -> None:
    madlen = start_madlen(Parrot(*[["Two.", DONE]] * 4, ["One.", DONE]))
    first = carried_out(madlen, CHECKED)
    again = madlen.run_files.rerun_file(exported(madlen, first))
    until_it_is(madlen, again.id, RunStatus.DONE)
    assert [run.id for run in madlen.store.runs()] == [again.id, first]
    assert madlen.run_files.then(again) == madlen.store.run(first).session_id
    then, now = (results.of(madlen.store.run(one), madlen.batch.results(one)) for one in (first, again.id))
    assert [one.change for one in results.differences(then, now)] == ["better"] * 4


def test_a_file_from_elsewhere_is_kept_to_be_the_then(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    first = carried_out(madlen, a_set())
    file = exported(madlen, first)
    madlen.batch.delete_run(first)
    again = madlen.run_files.rerun_file(file)
    until_it_is(madlen, again.id, RunStatus.DONE)
    [now, then] = madlen.store.runs()
    assert (now.id, madlen.run_files.then(now)) == (again.id, then.session_id)
    assert said(madlen, now.id) == said(madlen, then.id)


def test_a_run_is_run_again_from_where_it_is(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    first = carried_out(madlen, CHECKED)
    again = madlen.run_files.rerun(first)
    until_it_is(madlen, again.id, RunStatus.DONE)
    assert madlen.store.run(again.id).checks == CHECKED.checks
    assert madlen.store.run(again.id).lanes == LANES
    assert madlen.run_files.then(madlen.store.run(first)) == ""


def test_a_run_that_has_gone_is_told(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    for verb in (lambda: madlen.run_files.export("gone", "json"), lambda: madlen.run_files.rerun("gone")):
        with pytest.raises(NotFound):
            verb()


def test_a_chat_is_no_run_and_a_run_is_no_chat(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    chat = exported_chat(madlen, asked(madlen, "Hi").id)
    with pytest.raises(Unacceptable, match="no run of a prompt set"):
        madlen.run_files.rerun_file(chat)
    run = exported(madlen, carried_out(madlen, a_set()))
    with pytest.raises(Unacceptable, match="run again where sets are"):
        madlen.archives.rerun_file(run)


def test_a_run_among_chats_is_kept_as_a_run(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    first = carried_out(madlen, a_set())
    [taken] = madlen.archives.take(exported(madlen, first))
    assert taken.session is not None
    assert {run.session_id for run in madlen.store.runs()} == {
        taken.session.id,
        madlen.store.run(first).session_id,
    }
    assert madlen.store.sessions() == []
