"""Runs of a prompt set on its page: begun, watched, judged, compared, deleted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from madlen.errors import NotFound, UpstreamError
from madlen.judgements import Judgement
from madlen.prompt_sets import Check, RunStatus
from madlen.votes import Vote, best
from tests.batch.running import carried_out, eventually, until_it_is
from tests.pages.opening import Current, texts
from tests.pages.sets_page import LANES, NOW, a_set, click, judged_by_points, opened, tables
from tests.parrot import DONE, POLLY, SEER, Gate, Parrot


def test_a_run_says_before_what_it_will_take_and_then_begins(current: Current) -> None:
    parrot = Parrot(["Yes.", DONE])
    madlen = current(parrot)
    known = a_set(madlen)
    page = opened(set=known.id)
    assert "**2 prompts × 2 lanes = 4 answers**" in texts(page)
    page.text_input(key=f"run-name-{known.id}").set_value("First").run()
    click(page, "start-run")
    [run] = madlen.store.runs()
    assert (run.name, [lane.model_id for lane in run.lanes]) == ("First", [POLLY.id, SEER.id])
    assert page.query_params["run"] == run.id
    until_it_is(madlen, run.id, RunStatus.DONE)
    page.run()
    assert "Done · 4 of 4 answers" in str(page.get("progress")[0].proto.text)
    assert len(parrot.requests) == 4


def test_a_run_is_paused_resumed_and_stopped(current: Current) -> None:
    gate = Gate()
    madlen = current(Parrot([gate, "Yes.", DONE]))
    run = madlen.batch.start(a_set(madlen, *map(str, range(40))), LANES)
    assert gate.reached.wait(10)
    page = opened(run=run.id)
    click(page, "run-pause")
    assert madlen.batch.progress(run.id).status is RunStatus.PAUSED
    click(page, "run-resume")
    assert madlen.batch.progress(run.id).status is RunStatus.RUNNING
    click(page, "run-stop")
    assert madlen.batch.progress(run.id).status is RunStatus.STOPPED


def test_failed_cells_are_shown_filtered_and_asked_again(current: Current) -> None:
    madlen = current(Parrot([UpstreamError("Down.")], ["Yes.", DONE]))
    run = carried_out(madlen, a_set(madlen), LANES)
    page = opened(run=run)
    page.segmented_control(key="run-filter").set_value("Failed").run()
    assert "1 of 2 prompts" in texts(page)
    assert any("✗ failed · Down." in str(row) for row in tables(page)[0])
    click(page, "run-retry")
    until_it_is(madlen, run, RunStatus.DONE)
    eventually(lambda: madlen.batch.progress(run).failed == 0)
    page.run()
    assert "0 of 2 prompts" in texts(page)


def test_the_table_marks_checks_and_a_prompt_is_read_as_cards(current: Current) -> None:
    madlen = current(Parrot(["Yes.", DONE], ["No.", DONE]))
    known = a_set(madlen, "One?", checks=(Check("contains", "yes"),))
    run = madlen.store.run(carried_out(madlen, known, LANES))
    page = opened(run=run.id)
    [row] = tables(page)[0]
    marks = sorted(str(row[f"{lane} · {name}"])[0] for lane, name in (("A", "Polly"), ("B", "📷 Seer")))
    assert marks == ["✓", "✗"]
    page = opened(run=run.id, prompt=run.prompts[0].id)
    said = texts(page)
    assert "It does not contain “yes”\\." in said
    assert "contains “yes”" in said
    assert "Prompt 1 of 1" in said
    click(page, "prompt-close")
    assert "prompt" not in page.query_params


def test_answers_of_a_run_are_voted_on(current: Current) -> None:
    madlen = current(Parrot(["Yes.", DONE]))
    run = madlen.store.run(carried_out(madlen, a_set(madlen, "One?"), LANES))
    page = opened(run=run.id, prompt=run.prompts[0].id)
    [button] = [one for one in page.main.button if one.label == "A is better"]
    button.click().run()
    [vote] = madlen.store.votes_of(run.session_id)
    replies = {cell.lane: cell.reply_id for cell in madlen.store.cells(run.id)}
    assert vote.order[0] == (replies["A"],)


def test_prompts_are_stepped_through(current: Current) -> None:
    madlen = current(Parrot(["Yes.", DONE]))
    run = madlen.store.run(carried_out(madlen, a_set(madlen), LANES))
    first, second = (prompt.id for prompt in run.prompts)
    page = opened(run=run.id, prompt=first)
    assert page.button(key="prompt-previous").disabled
    click(page, "prompt-next")
    assert page.query_params["prompt"] == second


def test_a_judge_says_which_is_better_and_how_far_it_agrees(current: Current) -> None:
    parrot = Parrot(["Yes.", DONE], ["No.", DONE], ['Right.\n{"verdict": "A"}', DONE], ["B", DONE])
    madlen = current(parrot)
    run = madlen.store.run(carried_out(madlen, a_set(madlen, "One?"), LANES))
    cells = {cell.lane: cell for cell in madlen.store.cells(run.id)}
    ids = [cells["A"].reply_id, cells["B"].reply_id]
    madlen.chat.vote(Vote(cells["A"].turn_id, run.session_id, best(ids, ids[0]), NOW))
    page = opened(run=run.id, prompt=run.prompts[0].id)
    assert page.button(key="judge-begin").label == "Judge 1 pair with 2 requests"
    click(page, "judge-begin")
    eventually(lambda: not madlen.judging.running(run.id))
    page.run()
    said = texts(page)
    assert "agrees with 1 of 1 votes (100%" in said
    assert "A is better than B" in said
    assert "It has judged all of these answers." in said
    assert [one.outcome for one in madlen.store.judgements()] == ["first"]
    assert "Right." in "".join(page.caption.values).replace("\\", "")


def test_what_a_judge_says_while_the_page_is_drawn_stands_on_it_without_another_click(
    current: Current, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Gate()
    madlen = current(Parrot(["Yes.", DONE], ["No.", DONE], [held, '{"verdict": "A"}', DONE], ["B", DONE]))
    run = carried_out(madlen, a_set(madlen, "One?"), LANES)
    page = opened(run=run)
    read = madlen.store.judgements

    def just_before_the_end(*given: str) -> list[Judgement]:
        found = read(*given)
        if madlen.judging.running(run):
            held.open()
            eventually(lambda: not madlen.judging.running(run))
        return found

    monkeypatch.setattr(madlen.store, "judgements", just_before_the_end)
    click(page, "judge-begin")
    assert "It has judged all of these answers." in texts(page)
    assert "1 verdict" in texts(page)


def test_a_judges_prompt_is_edited_and_one_that_shows_nothing_is_refused(current: Current) -> None:
    parrot = Parrot(["Yes.", DONE], ["Yes.", DONE], ["Score: 4", DONE])
    madlen = current(parrot)
    run, page = judged_by_points(madlen)
    template = f"judge-template-{run}-rubric"
    page.text_area(key=template).set_value("Rate it.").run()
    click(page, "judge-begin")
    assert "must hold {a}" in page.toast[0].value.replace("\\", "")
    page.text_area(key=template).set_value("Rate this haiku: {a}").run()
    click(page, "judge-begin")
    eventually(lambda: not madlen.judging.running(run))
    assert "Rate this haiku" in parrot.requests[-1].messages[-1].text
    page.run()
    assert any("4.0" in str(row.get("Points")) for row in tables(page)[1])


def test_a_run_is_summed_up_lane_by_lane(current: Current) -> None:
    madlen = current(Parrot(["Yes.", DONE]))
    run = carried_out(madlen, a_set(madlen, checks=(Check("contains", "yes"),)), LANES)
    page = opened(run=run)
    rows = tables(page)[1]
    assert [row["Lane"] for row in rows] == ["A · Polly", "B · 📷 Seer"]
    assert [(row["Answers"], row["Failures"], row["Tokens out"]) for row in rows] == [(2, 0, 10)] * 2
    assert rows[0]["Passed"] == "100% (34%–100%)"
    assert len(page.get("vega_lite_chart")) >= 2


def test_a_run_is_laid_beside_an_earlier_one(current: Current) -> None:
    madlen = current(Parrot(["No.", DONE], ["Yes.", DONE]))
    known = a_set(madlen, "One?", checks=(Check("contains", "yes"),))
    before = carried_out(madlen, known, LANES[:1])
    now = carried_out(madlen, known, LANES[:1])
    page = opened(run=now)
    page.selectbox(key=f"compare-with-{now}").set_value(before).run()
    assert "**1** better" in texts(page)
    [row] = tables(page)[-1]
    assert (row["Change"], row["Then"], row["Now"]) == ("better", "✗ No.", "✓ Yes.")


def test_a_run_alone_says_what_there_is_to_compare_with(current: Current) -> None:
    madlen = current(Parrot(["Yes.", DONE]))
    page = opened(run=carried_out(madlen, a_set(madlen), LANES))
    assert "Run the set again" in texts(page)


def test_a_run_is_deleted_after_asking(current: Current) -> None:
    madlen = current(Parrot(["Yes.", DONE]))
    known = a_set(madlen)
    run = carried_out(madlen, known, LANES)
    page = opened(run=run)
    click(page, "delete")
    assert page.query_params["set"] == known.id
    with pytest.raises(NotFound):
        madlen.store.run(run)


def test_the_lanes_of_the_last_run_stand_ready_for_the_next(current: Current) -> None:
    madlen = current(Parrot(["Yes.", DONE]))
    known = a_set(madlen)
    lanes = [replace(LANES[1], name="X", system="Be brief."), LANES[0]]
    madlen.batch.start(known, lanes)
    page = opened(set=known.id)
    assert page.selectbox(key=f"run-lanes-{known.id}-X-model").value == SEER.id
