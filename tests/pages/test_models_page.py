"""The page of models, run without a browser."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from madlen import votes
from madlen.errors import UpstreamError
from madlen.services.wiring import Services
from madlen.track_records import TrackRecord
from madlen.types import Model, Pricing
from madlen.ui.models import details, plot, table
from tests.pages import opening
from tests.pages.opening import Current, chatted, texts
from tests.pages.test_compare_page import compared
from tests.parrot import DEAR, DONE, POLLY, SEER, Parrot

KNOWN = Model(
    "maker/known",
    "Known",
    "openrouter",
    description="Reads <b>all</b> ![x](https://sink.example/a.png)",
    context_length=200_000,
    max_completion_tokens=4_096,
    input_modalities=frozenset({"text", "image"}),
    pricing=Pricing(Decimal("0.000001"), Decimal("0.00001"), Decimal("0.002"), Decimal("0.01")),
    supported_parameters=frozenset({"reasoning", "tools", "max_tokens"}),
    created=1_780_000_000,
)
ALL = (POLLY, SEER, DEAR, KNOWN)


def opened(**query: str) -> AppTest:
    page = opening.opened("models", seconds=30, **query)
    assert not page.exception
    return page


def rows(page: AppTest) -> dict[str, dict[str, Any]]:
    """The rows of the table by their ids."""
    return {row["Id"]: row for row in page.dataframe[0].value.to_dict("records")}


def test_every_model_stands_in_the_table_with_what_it_can_do_and_costs(current: Current) -> None:
    current(Parrot(models=ALL))
    page = opened()
    assert list(rows(page)) == [model.id for model in ALL]
    known = rows(page)[KNOWN.id]
    assert known["Model"] == "📷 Known"
    assert [known[name] for name in ("Free", "Sees", "Reasons", "Tools")] == [False, True, True, True]
    assert (known["Context"], known["In"], known["Out"]) == (200_000, 1, 10)
    assert (known["Released"], known["Provider"]) == (date(2026, 5, 28), "maker")
    assert rows(page)[POLLY.id]["Free"]
    assert "4 models, listed just now" in texts(page)


@pytest.mark.parametrize(
    ("wanted", "left"),
    [("Free", {POLLY.id, SEER.id}), ("Sees images", {SEER.id, KNOWN.id}), ("Reasons", {KNOWN.id})],
)
def test_filters_leave_what_has_the_property(current: Current, wanted: str, left: set[str]) -> None:
    current(Parrot(models=ALL))
    page = opened()
    page.button_group(key="models-with").set_value([wanted]).run()
    assert set(rows(page)) == left
    assert f"{len(left)} of them shown" in texts(page)


def test_words_context_and_order_narrow_and_sort(current: Current) -> None:
    current(Parrot(models=ALL))
    page = opened()
    page.text_input(key="models-words").set_value("PARROT se").run()
    assert list(rows(page)) == [SEER.id]
    page.button(key="models-all").click().run()
    assert list(rows(page)) == [model.id for model in ALL]
    page.selectbox(key="models-order").set_value("Longest context first").run()
    assert next(iter(rows(page))) == KNOWN.id
    page.selectbox(key="models-context").set_value(128_000).run()
    assert list(rows(page)) == [KNOWN.id]


@pytest.mark.parametrize("words", ['"', "*", "a AND", "(", "🦜", "\\", "x" * 200])
def test_whatever_is_searched_for_is_no_error(current: Current, words: str) -> None:
    current(Parrot(models=ALL))
    page = opened()
    page.text_input(key="models-words").set_value(words).run()
    assert not page.exception
    assert "No model is left" in page.info[0].value


def test_without_models_the_page_says_what_to_do(current: Current) -> None:
    current(Parrot(models=[]))
    assert "No model is listed yet" in texts(opened())


def test_pins_are_those_of_the_picker_and_stand_first(current: Current) -> None:
    madlen = current(Parrot(models=ALL))
    page = opened(model=DEAR.id)
    page.button(key="models-pin").click().run()
    assert madlen.store.choices().pinned == (DEAR.id,)
    assert next(iter(rows(page))) == DEAR.id
    assert rows(page)[DEAR.id]["Pinned"]
    page.button_group(key="models-with").set_value(["Pinned"]).run()
    assert list(rows(page)) == [DEAR.id]


def test_the_address_opens_the_details_of_a_model(current: Current) -> None:
    current(Parrot(models=ALL))
    said = texts(opened(model=KNOWN.id))
    assert r"Reads \<b\>all\</b\> \!\[x\]" in said
    for fact in (r"200,000 tokens", r"4,096 tokens", r"\$1\.00", r"\$10\.00", r"\$0\.0020", r"\$0\.01"):
        assert f"**{fact}**" in said.replace(r"\$0\.002**", r"\$0\.0020**")
    assert r"max\_tokens, reasoning, tools" in said


def test_a_model_that_is_not_listed_opens_nothing(current: Current) -> None:
    current(Parrot(models=ALL))
    page = opened(model="nobody/nothing")
    assert not [one for one in page.button if one.key == "models-chat"]


def test_a_model_that_goes_soon_says_when(current: Current) -> None:
    day = datetime.now(UTC).date() + timedelta(days=3)
    current(Parrot(models=[replace(KNOWN, expires=day)]))
    assert day.isoformat() in opened(model=KNOWN.id).warning[0].value


def test_several_models_are_compared_with_one_click(current: Current) -> None:
    current(Parrot(models=ALL))
    page = opened()
    page.session_state[table.CHOSEN] = [POLLY.id, SEER.id]
    page.run()
    [link] = page.main.get("page_link")
    assert link.proto.label == "Compare 2 models"
    assert link.proto.query_string == "models=parrot%2Fpolly%2Cparrot%2Fseer"
    page.selectbox(key="models-detailed").set_value(SEER.id).run()
    assert "parrot/seer" in texts(page)
    page.button(key="models-none").click().run()
    assert "Tick one for its details" in texts(page)


def test_more_models_than_lanes_cannot_be_compared(current: Current) -> None:
    many = [replace(POLLY, id=f"parrot/{number}", name=f"Parrot {number}") for number in range(13)]
    current(Parrot(models=many))
    page = opened()
    page.session_state[table.CHOSEN] = [model.id for model in many]
    page.run()
    assert "At most 12 models" in texts(page)


def test_a_choice_outlives_a_filter_that_hides_it(current: Current) -> None:
    current(Parrot(models=ALL))
    page = opened(model=KNOWN.id)
    page.button_group(key="models-with").set_value(["Free"]).run()
    assert KNOWN.id not in rows(page)
    assert page.session_state[table.CHOSEN] == [KNOWN.id]
    assert "200,000 tokens" in texts(page)


def test_a_chat_with_the_model_begins_with_one_click(current: Current) -> None:
    current(Parrot(models=ALL))
    page = opened(model=DEAR.id)
    page.button(key="models-chat").click().run()
    assert not page.exception
    assert page.selectbox(key="model-new").value == DEAR.id


def voted(madlen: Services) -> None:
    session = compared(madlen)
    [turn] = madlen.store.turns(session.id)
    first, second = (reply.id for reply in turn.replies)
    madlen.chat.vote(votes.Vote(turn.id, session.id, ((first,), (second,)), datetime.now(UTC)))


def test_figures_of_ones_own_use_are_there_once_there_are_any(current: Current) -> None:
    madlen = current(Parrot(["Left.", DONE], models=ALL))
    assert "Answers" not in opened().dataframe[0].proto.column_order
    voted(madlen)
    page = opened(model=POLLY.id)
    polly, seer = (rows(page)[model.id] for model in (POLLY, SEER))
    assert (polly["Answers"], polly["Won"], polly["Lost"]) == (1, 1, 0)
    assert (seer["Won"], seer["Lost"]) == (0, 1)
    assert polly["First token"] >= 0
    assert "1 won, 0 lost" in texts(page)
    page.button_group(key="models-with").set_value(["Used here"]).run()
    assert set(rows(page)) == {POLLY.id, SEER.id}


def test_models_that_are_gone_but_were_used_sit_behind_a_toggle(current: Current, tmp_path: Any) -> None:
    url = f"sqlite:///{tmp_path}/gone.db"
    chatted(current(Parrot(models=ALL), database_url=url))
    current(Parrot(models=[SEER]), database_url=url)
    page = opened()
    assert "parrot/polly" not in texts(page)
    page.toggle(key="models-gone").set_value(True).run()
    assert r"**parrot/polly** · Here\: 1 answer" in texts(page)


def test_a_list_that_could_not_be_had_says_nothing_of_who_is_gone(current: Current) -> None:
    parrot = Parrot(models=[SEER])
    madlen = current(parrot)
    parrot.listing_error = UpstreamError("Nobody answers.")
    madlen.list_anew()
    page = opened()
    assert "Nobody answers" in page.warning[0].value
    assert not page.toggle


def test_refresh_asks_for_the_list_anew(current: Current) -> None:
    parrot = Parrot(models=[POLLY])
    current(parrot)
    page = opened()
    parrot._models.append(SEER)
    page.button(key="models-refresh").click().run()
    assert list(rows(page)) == [POLLY.id, SEER.id]


def test_what_costs_nothing_has_a_place_in_the_plot_and_what_is_not_known_has_none() -> None:
    points = [plot._point(model) for model in (replace(POLLY, context_length=8_000), KNOWN, SEER)]
    assert [point and (point["dollars"], point["kind"]) for point in points] == [
        (0, "free"),
        (11, "paid"),
        None if SEER.context_length is None else (0, "free"),
    ]
    assert plot._point(replace(KNOWN, pricing=Pricing())) is None


def test_a_date_that_is_none_leaves_its_cell_empty() -> None:
    assert table.released(replace(KNOWN, created=10**18)) is None


def test_a_line_of_use_leaves_out_what_is_not_known() -> None:
    assert details.use(TrackRecord("a/b", answers=2, failures=2)) == "Here: 2 answers · 2 failures"


def test_four_hundred_models_are_in_one_table(current: Current) -> None:
    many = [replace(KNOWN, id=f"maker/{number}", name=f"Model {number}") for number in range(400)]
    current(Parrot(models=many))
    assert len(rows(opened())) == 400
