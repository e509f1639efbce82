"""The page of prompt sets, run without a browser."""

from __future__ import annotations

from dataclasses import replace

import pytest

from madlen.prompt_sets import Check, Prompt, PromptSet
from tests.batch.running import carried_out
from tests.pages.opening import Current, texts
from tests.pages.sets_page import LANES, NOW, a_set, click, opened, tables
from tests.pages.test_compare_page import compared
from tests.parrot import DONE, Parrot


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


def test_a_set_that_is_changed_elsewhere_is_shown_as_it_is_then(current: Current) -> None:
    madlen = current()
    known = a_set(madlen)
    page = opened(set=known.id)
    madlen.batch.save(replace(known, prompts=(*known.prompts, Prompt("", "Three?"))))
    page.run()
    assert [row["prompt"] for row in tables(page)[0]] == ["One?", "Two?", "Three?"]
    assert not page.toast
    page.session_state[f"table-{known.id}"].touch()
    madlen.batch.save(known)
    page.run()
    assert len(tables(page)[0]) == 2
    assert "write your last change once more" in page.toast[0].value


def test_a_set_is_downloaded_as_csv_and_jsonl(current: Current) -> None:
    known = a_set(current())
    page = opened(set=known.id)
    assert not page.get("download_button")
    page.session_state["set-download"] = True
    page.run()
    assert not page.exception
    assert [one.proto.label for one in page.get("download_button")] == ["CSV", "JSONL"]


def test_a_set_without_prompts_cannot_be_run(current: Current) -> None:
    madlen = current()
    known = madlen.batch.save(PromptSet("", "Empty", NOW, NOW))
    page = opened(set=known.id)
    assert page.button(key="start-run").disabled
    assert "nothing to run" in texts(page)


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
