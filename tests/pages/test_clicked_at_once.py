"""What is written or chosen counts for the click or the Enter that comes before the page is drawn with it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from streamlit.testing.v1 import AppTest

from madlen.prompt_sets import Check
from madlen.types import Lane, Parameters, Turn
from madlen.ui import replies, streaming
from madlen.ui.welcome import SUGGESTIONS
from tests.batch.running import eventually
from tests.pages import opening
from tests.pages.opening import Current, looked_at
from tests.pages.sets_page import a_set, click, judged_by_points, opened
from tests.pages.test_compare_page import compared
from tests.parrot import DEAR, DONE, POLLY, SEER, Parrot


def test_a_chat_asks_the_model_and_with_the_settings_of_the_moment(current: Current) -> None:
    parrot = Parrot(models=[POLLY, SEER])
    madlen = current(parrot)
    page = looked_at(opening.opened(), "model-new-settings")
    page.selectbox(key="model-new").set_value(SEER.id)
    page.text_area(key="model-new-system").set_value("Be brief.")
    page.number_input(key="model-new-seed").set_value(7)
    page.chat_input[0].set_value("Hi").run()
    assert not page.exception
    [request] = parrot.requests
    assert (request.model_id, request.parameters) == (SEER.id, Parameters(seed=7))
    assert request.messages[0].text == "Be brief."
    [session] = madlen.store.sessions()
    assert (session.system, session.parameters) == ("Be brief.", Parameters(seed=7))


def test_a_suggestion_is_asked_of_the_model_of_the_moment(current: Current) -> None:
    parrot = Parrot(models=[POLLY, SEER])
    current(parrot)
    page = opening.opened()
    page.selectbox(key="model-new").set_value(SEER.id)
    page.button_group(key="suggestion").set_value(SUGGESTIONS[1]).run()
    assert not page.exception
    [request] = parrot.requests
    assert (request.model_id, request.messages[-1].text) == (SEER.id, SUGGESTIONS[1])


def test_a_comparison_asks_its_lanes_as_they_are_at_the_moment(current: Current) -> None:
    parrot = Parrot(["Yes.", DONE], models=[POLLY, SEER, DEAR])
    madlen = current(parrot)
    page = looked_at(opening.opened("compare", models=f"{POLLY.id},{SEER.id}"), "lanes-new-B-settings")
    page.selectbox(key="lanes-new-A-model").set_value(SEER.id)
    page.text_area(key="lanes-new-B-system").set_value("Be brief.")
    page.chat_input[0].set_value("Hi").run()
    assert not page.exception
    [session] = madlen.store.sessions()
    assert session.lanes == (Lane(SEER.id, "A"), Lane(SEER.id, "B", system="Be brief."))


@pytest.mark.parametrize(
    "visit",
    [
        opening.opened,
        partial(opening.opened, "chat", temporary="one"),
        partial(opening.opened, "compare", models=f"{POLLY.id},{SEER.id}"),
    ],
    ids=["chat", "temporary chat", "comparison"],
)
def test_a_prompt_goes_out_before_the_page_is_drawn_for_it(
    current: Current, monkeypatch: pytest.MonkeyPatch, visit: Callable[[], AppTest]
) -> None:
    parrot = Parrot(models=[POLLY, SEER])
    current(parrot)
    page = visit()
    order: list[str] = []
    draw = replies.prompt

    def given() -> None:
        eventually(lambda: bool(parrot.requests))
        order.append("sent")

    def drawn(turn: Turn) -> None:
        order.append("drawn")
        draw(turn)

    monkeypatch.setattr(streaming, "head_start", given)
    monkeypatch.setattr(replies, "prompt", drawn)
    page.chat_input[0].set_value("Hi").run()
    assert not page.exception
    assert order[:2] == ["sent", "drawn"]


def test_a_prompt_goes_into_the_set_that_is_named_and_with_the_answer_that_is_chosen(
    current: Current,
) -> None:
    madlen = current(Parrot(["Left.", DONE]))
    session = compared(madlen)
    [turn] = madlen.store.turns(session.id)
    page = looked_at(opening.opened("compare", session=session.id), f"add-to-set-{turn.id}")
    page.text_input(key=f"set-name-{turn.id}").set_value("Ways")
    page.selectbox(key=f"set-reference-{turn.id}").set_value("B")
    click(page, f"set-add-{turn.id}")
    [known] = madlen.store.prompt_sets()
    assert (known.name, [prompt.reference for prompt in known.prompts]) == ("Ways", ["Left."])


def test_a_prompt_set_has_the_name_that_was_written(current: Current) -> None:
    madlen = current()
    page = opened()
    page.text_input(key="new-set-name").set_value("Rivers")
    click(page, "new-set")
    [known] = madlen.store.prompt_sets()
    assert known.name == page.title[0].value == "Rivers"
    page.text_input(key=f"name-{known.id}").set_value("Lakes")
    click(page, "rename")
    assert madlen.store.prompt_set(known.id).name == page.title[0].value == "Lakes"


def test_a_prompt_set_has_the_check_and_the_variable_that_were_written(current: Current) -> None:
    madlen = current()
    known = a_set(madlen)
    page = opened(set=known.id)
    page.text_input(key="check-words-0").set_value("yes")
    click(page, "add-check")
    assert madlen.store.prompt_set(known.id).checks == (Check("contains", "yes"),)
    page.text_input(key=f"column-{known.id}").set_value("city")
    click(page, "add-column")
    assert "{{city}}" in page.dataframe[0].value


def test_a_run_has_the_name_and_the_lanes_that_were_written(current: Current) -> None:
    madlen = current(Parrot(["Yes.", DONE]))
    known = a_set(madlen)
    page = opened(set=known.id)
    page.text_input(key=f"run-name-{known.id}").set_value("First")
    page.selectbox(key=f"run-lanes-{known.id}-A-model").set_value(SEER.id)
    click(page, "start-run")
    [run] = madlen.store.runs()
    assert (run.name, [lane.model_id for lane in run.lanes]) == ("First", [SEER.id, SEER.id])


def test_a_judge_judges_as_was_chosen_and_written(current: Current) -> None:
    parrot = Parrot(["Yes.", DONE], ["Yes.", DONE], ['{"score": 4}', DONE])
    madlen = current(parrot)
    run, page = judged_by_points(madlen)
    page.text_area(key=f"judge-template-{run}-rubric").set_value("Strictly: {prompt} {a}")
    page.selectbox(key=f"judge-model-{run}").set_value(SEER.id)
    click(page, "judge-begin")
    eventually(lambda: not madlen.judging.running(run))
    asked = parrot.requests[-1]
    assert asked.model_id == SEER.id
    assert asked.messages[-1].text.startswith("Strictly: ")
