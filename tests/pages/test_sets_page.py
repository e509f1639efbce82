"""The page of prompt sets, run without a browser."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from madlen.errors import NotFound, UpstreamError
from madlen.prompt_sets import Check, Prompt, PromptSet, RunStatus
from madlen.services.wiring import Services
from madlen.types import Lane
from madlen.votes import Vote, best
from tests.batch.running import carried_out, eventually, until_it_is
from tests.pages.test_chat_page import Current, texts
from tests.pages.test_compare_page import compared
from tests.parrot import DONE, POLLY, SEER, Gate, Parrot

APP = Path(__file__).parents[2] / "app.py"
NOW = datetime(2026, 11, 23, tzinfo=UTC)
LANES = (Lane(POLLY.id, "A"), Lane(SEER.id, "B"))


def opened(**query: str) -> AppTest:
    page = AppTest.from_file(str(APP), default_timeout=30)
    for name, value in query.items():
        page.query_params[name] = value
    page = page.switch_page("pages/sets.py").run()
    assert not page.exception
    return page


def a_set(madlen: Services, *texts: str, checks: tuple[Check, ...] = ()) -> PromptSet:
    prompts = tuple(Prompt("", words, reference="42") for words in texts or ("One?", "Two?"))
    return madlen.batch.save(PromptSet("", "Numbers", NOW, NOW, prompts, checks))


def click(page: AppTest, key: str) -> None:
    page.button(key=key).click().run()
    assert not page.exception


def tables(page: AppTest) -> list[list[dict[str, Any]]]:
    return [table.value.to_dict("records") for table in page.dataframe]


def test_an_empty_page_says_what_it_is_for_and_offers_a_first_step(current: Current) -> None:
    current()
    page = opened()
    assert "A prompt set is a list of prompts" in texts(page)
    assert page.file_uploader
    click(page, "new-set")
    assert page.query_params["set"]
    assert page.title[0].value == "My prompts"


def test_a_file_becomes_a_set_and_its_bad_rows_are_named(current: Current) -> None:
    madlen = current()
    page = opened()
    content = b"prompt,reference,city\nWhere is {{city}}?,Norway,Oslo\n,x,y\n"
    page.file_uploader[0].set_value(("cities.csv", content, "text/csv")).run()
    assert "Row 3\\: the prompt is empty\\." in texts(page)
    assert page.button(key="new-set").label == "Make a set of 1 prompt"
    click(page, "new-set")
    [known] = madlen.store.prompt_sets()
    assert known.name == "cities"
    assert [prompt.asked for prompt in known.prompts] == ["Where is Oslo?"]
    assert page.query_params["set"] == known.id


def test_a_file_that_cannot_be_read_says_why(current: Current) -> None:
    current()
    page = opened()
    page.file_uploader[0].set_value(("x.csv", "prompt\nYes\n".encode("utf-16"), "text/csv")).run()
    assert "UTF\\-16" in page.error[0].value
    assert page.button(key="new-set").label == "Make an empty set"


def test_sets_and_runs_are_listed_and_opened(current: Current) -> None:
    madlen = current()
    known = a_set(madlen)
    run = carried_out(madlen, known, LANES)
    page = opened()
    assert "2 prompts · changed" in texts(page)
    assert "done · 2 lanes" in texts(page)
    click(page, f"open-{run}")
    assert page.query_params["run"] == run
    click(page, "back")
    assert page.query_params["set"] == known.id
    click(page, "back")
    assert "set" not in page.query_params


@pytest.mark.parametrize("name", ["set", "run"])
def test_an_address_of_what_has_gone_says_so_and_lists_what_there_is(current: Current, name: str) -> None:
    a_set(current())
    page = opened(**{name: "nothing"})
    assert page.warning
    assert page.title[0].value == "Prompt sets"


def test_checks_are_added_and_removed(current: Current) -> None:
    madlen = current()
    known = a_set(madlen)
    page = opened(set=known.id)
    page.selectbox(key="check-kind").set_value("contains").run()
    page.text_input(key="check-words-0").set_value("yes").run()
    click(page, "add-check")
    page.selectbox(key="check-kind").set_value("length").run()
    page.number_input(key="check-limit-length-1").set_value(100.0).run()
    click(page, "add-check")
    assert madlen.store.prompt_set(known.id).checks == (
        Check("contains", "yes"),
        Check("length", limit=100.0),
    )
    assert "The answer at most 100 characters" in texts(page)
    click(page, "remove-check-0")
    assert madlen.store.prompt_set(known.id).checks == (Check("length", limit=100.0),)


def test_a_check_that_cannot_work_is_refused_with_the_reason(current: Current) -> None:
    madlen = current()
    known = a_set(madlen)
    page = opened(set=known.id)
    page.selectbox(key="check-kind").set_value("regex").run()
    page.text_input(key="check-words-0").set_value("(").run()
    click(page, "add-check")
    assert "cannot be used" in page.toast[0].value
    assert madlen.store.prompt_set(known.id).checks == ()


def test_a_set_is_renamed_and_deleted_after_asking(current: Current) -> None:
    madlen = current()
    known = a_set(madlen)
    page = opened(set=known.id)
    page.text_input(key=f"name-{known.id}").set_value("Figures").run()
    click(page, "rename")
    assert page.title[0].value == "Figures"
    click(page, "delete")
    assert madlen.store.prompt_sets() == []
    assert page.title[0].value == "Prompt sets"


def test_a_set_is_downloaded_as_csv_and_jsonl(current: Current) -> None:
    known = a_set(current())
    page = opened(set=known.id)
    assert not page.get("download_button")
    page.session_state["set-download"] = True
    page.run()
    assert not page.exception
    assert [one.proto.label for one in page.get("download_button")] == ["CSV", "JSONL"]


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


def test_a_set_without_prompts_cannot_be_run(current: Current) -> None:
    madlen = current()
    known = madlen.batch.save(PromptSet("", "Empty", NOW, NOW))
    page = opened(set=known.id)
    assert page.button(key="start-run").disabled
    assert "nothing to run" in texts(page)


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


def test_a_judges_prompt_is_edited_and_one_that_shows_nothing_is_refused(current: Current) -> None:
    parrot = Parrot(["Yes.", DONE], ["Yes.", DONE], ["Score: 4", DONE])
    madlen = current(parrot)
    run = carried_out(madlen, a_set(madlen, "One?"), LANES)
    page = opened(run=run)
    page.segmented_control(key=f"judge-kind-{run}").set_value("rubric").run()
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


def test_the_sidebar_leads_from_here_to_a_comparison_and_to_a_new_chat(current: Current) -> None:
    madlen = current(Parrot(["Left.", DONE]))
    session = compared(madlen)
    page = opened()
    click(page, f"open-{session.id}")
    assert page.query_params["session"] == session.id
    assert "Left." in texts(page)
    page = opened()
    click(page, "new-chat")
    assert "What would you like to ask?" in texts(page)
