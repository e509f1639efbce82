"""The usage page, and the budget on the pages where one asks, run without a browser."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest
from streamlit.testing.v1 import AppTest

from madlen.services.wiring import Services
from madlen.spendings import Account
from madlen.types import Lane, Model, Parameters
from madlen.ui.usage import tables
from madlen.usage import Taken
from tests.asking import ended
from tests.pages import opening
from tests.pages.opening import Current, texts
from tests.parrot import DEAR, DONE, FREE, POLLY, Gate, Parrot

SMALL = Model("local/small", "Small", "parrot", context_length=1000, pricing=FREE)
FREELY = Model("vendor/little:free", "Little", "parrot", context_length=1000, pricing=FREE)


def opened() -> AppTest:
    return opening.opened("usage", seconds=30)


def answered(madlen: Services, model_id: str = POLLY.id, text: str = "Hi") -> str:
    asked = madlen.chat.ask(text, [Lane(model_id)])
    ended(asked.generations[0])
    return asked.session_id


def test_without_answers_the_page_says_what_it_is_for(current: Current) -> None:
    current()
    page = opened()
    assert not page.exception
    assert "Nothing was answered in this time" in page.info[0].value
    assert "No budget is set" in texts(page)


def test_answers_are_added_up_by_model(current: Current) -> None:
    madlen = current(Parrot(["Hello", DONE]))
    for _ in range(2):
        answered(madlen)
    answered(madlen, DEAR.id)
    page = opened()
    assert not page.exception
    assert [metric.value for metric in page.metric] == ["3", "9", "15", "$0.0003"]
    [table] = page.dataframe
    assert list(table.value["Model"]) == ["Polly", "Dear"]
    assert list(table.value["Answers"]) == [2, 1]
    assert list(table.value["Cost"]) == [0.0002, 0.0001]


def test_figures_can_be_had_by_day_and_by_chat(current: Current) -> None:
    madlen = current(Parrot(["Hello", DONE]))
    answered(madlen, text="Why is the sky blue?")
    madlen.store.delete_session(answered(madlen, text="Forget me"))
    page = opened()
    page.button_group(key="usage-by").set_value("session").run()
    assert set(page.dataframe[0].value["Chat"]) == {"Why is the sky blue?", "deleted, or kept in no chat"}
    page.button_group(key="usage-by").set_value("day").run()
    assert list(page.dataframe[0].value["Answers"]) == [2]
    assert not page.exception


def test_every_period_measure_and_time_can_be_chosen(current: Current) -> None:
    madlen = current(Parrot(["Hello", DONE]))
    answered(madlen)
    page = opened()
    for key, values in {
        "usage-period": ("today", "30d", "all"),
        "usage-measure": ("Cost", "Tokens", "Failures"),
        "usage-time": ("Tokens/s", "In all"),
    }.items():
        for value in values:
            page.button_group(key=key).set_value(value).run()
            assert not page.exception
    assert "failures were none" in texts(page)


def test_the_embedded_model_and_free_requests_have_lines_of_their_own(current: Current) -> None:
    madlen = current(Parrot(["Hello", DONE], models=[SMALL, FREELY]))
    answered(madlen, SMALL.id)
    for _ in range(3):
        answered(madlen, FREELY.id)
    page = opened()
    assert not page.exception
    said = texts(page)
    assert "1 answer with 8 tokens came from the model inside Madlen" in said
    assert "3 free requests of today came from here" in said


def test_the_budget_is_shown_where_one_looks_and_where_one_asks(current: Current) -> None:
    madlen = current(Parrot(["Hello", DONE]), daily_budget_usd=Decimal("0.01"))
    answered(madlen, DEAR.id)
    for page in (opened(), opening.opened()):
        assert not page.exception
        assert "0.0099 of" in texts(page).replace("\\", "")


@pytest.mark.parametrize("here", ["chat", "temporary", "compare"])
def test_what_an_answer_cost_is_counted_on_its_page_when_it_has_ended(
    current: Current, here: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Gate()
    madlen = current(Parrot(["Hello", held, DONE]), daily_budget_usd=Decimal("0.1"))
    assert madlen.budget
    account = madlen.budget.account

    def stands() -> Account:
        now = account()
        # The answers are not to end before the page has looked.
        held.open()
        return now

    if here == "chat":
        page = opening.opened(session=madlen.chat.create_session(DEAR.id).id)
    elif here == "temporary":
        page = opening.opened(temporary="1", model=DEAR.id)
    else:
        page = opening.opened("compare", models=f"{DEAR.id},{POLLY.id}")
    monkeypatch.setattr(madlen.budget, "account", stands)
    page.chat_input[0].set_value("How so?").run()
    assert "Hello" in texts(page)
    [left] = [said for said in page.main.caption.values if "budget left today" in said]
    assert "spent" in left
    assert "set aside" not in left


def test_a_prompt_over_the_budget_goes_back_with_what_would_fit(current: Current) -> None:
    madlen = current(Parrot(["Hello", DONE]), daily_budget_usd=Decimal("0.001"))
    session = madlen.chat.create_session(DEAR.id)
    page = opening.opened(session=session.id)
    page.chat_input[0].set_value("How so?").run()
    assert "may cost $0.0082" in page.error[0].value.replace("\\", "")
    assert page.chat_input[0].proto.value == "How so?"
    labels = [button.label for button in page.button]
    assert "Take Polly, which is free" in labels
    [shorter] = [button for button in page.button if button.label.startswith("Ask for at most")]
    shorter.click().run()
    assert not page.exception
    assert page.chat_input[0].value is None or page.chat_input[0].proto.value == "How so?"
    page.chat_input[0].set_value("How so?").run()
    assert not page.error
    assert "Hello" in texts(page)


def test_a_free_model_is_one_click_from_a_prompt_over_the_budget(current: Current) -> None:
    madlen = current(Parrot(["Hello", DONE]), daily_budget_usd=Decimal(0))
    page = opening.opened(session=madlen.chat.create_session(DEAR.id).id)
    page.chat_input[0].set_value("How so?").run()
    assert not [button for button in page.button if button.label.startswith("Ask for at most")]
    page.button(key="over-free").click().run()
    page.chat_input[0].set_value("How so?").run()
    assert not page.error
    assert "Hello" in texts(page)


def test_a_lane_over_the_budget_says_so_and_offers_less(current: Current) -> None:
    madlen = current(Parrot(["Hello", DONE]), daily_budget_usd=Decimal("0.003"))
    lanes = [Lane(DEAR.id, name, Parameters(max_tokens=1000)) for name in ("First", "Second")]
    asked = madlen.chat.ask("Hi", lanes)
    for generation in asked.generations:
        ended(generation)
    page = opening.opened("compare", seconds=30, session=asked.session_id)
    assert not page.exception
    assert "Of the day's budget" in texts(page) + " ".join(error.value for error in page.error)
    assert "The budget of a new day begins at" in texts(page)
    assert [button for button in page.button if button.label.startswith("Ask for at most")]


def test_the_file_has_ids_whole_costs_and_no_formula() -> None:
    taken = [Taken("s1", 2, cost=Decimal("0.0000000001"), title="=1+1"), Taken("", 1)]
    [first, second] = csv.DictReader(io.StringIO(tables.csv(taken, "session", {})))
    assert (first["id"], first["Chat"], first["Cost"]) == ("s1", "'=1+1", "0.0000000001")
    assert (second["id"], second["Chat"]) == ("", "deleted, or kept in no chat")
