"""Files of runs on the page of prompt sets, without a browser."""

from __future__ import annotations

from dataclasses import replace

import pytest

from madlen.prompt_sets import Check, RunStatus
from madlen.services.wiring import Services
from tests.batch.running import a_set, carried_out, until_it_is
from tests.pages.opening import Current, texts
from tests.pages.sets_page import LANES, click, opened, tables
from tests.pages.sets_page import a_set as kept_set
from tests.parrot import DONE, Parrot


def file_of(madlen: Services, run_id: str) -> tuple[str, bytes, str]:
    file = madlen.run_files.export(run_id, "json")
    return file.name, file.content, file.media_type


def uploaded(madlen: Services, run_id: str, press: str) -> str:
    """The id of the run that is open after the file of one was taken."""
    file = file_of(madlen, run_id)
    page = opened()
    assert all(button.key != press for button in page.button)
    page.session_state["run-file"] = True
    page.run()
    page.file_uploader[-1].set_value(file).run()
    click(page, press)
    run: str = page.query_params["run"]
    return run


def test_a_run_offers_its_files_where_that_is_asked_for(current: Current) -> None:
    run = carried_out(current(), a_set(), LANES)
    page = opened(run=run)
    assert not page.get("download_button")
    page.session_state[f"export-{run}"] = True
    page.run()
    assert not page.exception
    assert [one.proto.label for one in page.get("download_button")] == ["JSON", "Markdown", "HTML"]


def test_a_run_is_run_again_with_then_beside_now(current: Current) -> None:
    madlen = current(Parrot(["No.", DONE], ["Yes.", DONE]))
    wanted = replace(a_set("One?"), checks=(Check("contains", "yes"),))
    run = carried_out(madlen, wanted, LANES[:1])
    page = opened(run=run)
    page.session_state[f"export-{run}"] = True
    page.run()
    click(page, f"again-{run}")
    again = page.query_params["run"]
    assert again != run
    until_it_is(madlen, again, RunStatus.DONE)
    page = opened(run=again)
    assert "**1** better" in texts(page)
    [row] = tables(page)[-1]
    assert (row["Then"], row["Now"]) == ("✗ No.", "✓ Yes.")


def test_a_file_is_kept_as_a_run(current: Current) -> None:
    madlen = current(Parrot(["Yes.", DONE]))
    run = carried_out(madlen, kept_set(madlen), LANES)
    taken = uploaded(madlen, run, "run-file-keep")
    assert taken != run
    assert madlen.batch.progress(taken).done == 4


def test_a_file_is_run_again(current: Current) -> None:
    madlen = current(Parrot(["Yes.", DONE]))
    run = carried_out(madlen, kept_set(madlen), LANES)
    again = uploaded(madlen, run, "run-file-again")
    until_it_is(madlen, again, RunStatus.DONE)
    assert madlen.run_files.then(madlen.store.run(again)) == madlen.store.run(run).session_id


@pytest.mark.parametrize("content", [b"{}", b"no JSON"])
def test_a_file_that_holds_no_run_says_so(current: Current, content: bytes) -> None:
    current()
    page = opened()
    page.session_state["run-file"] = True
    page.run()
    page.file_uploader[-1].set_value(("x.json", content, "application/json")).run()
    click(page, "run-file-keep")
    assert page.error
    assert "run" not in page.query_params
