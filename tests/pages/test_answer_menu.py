"""The menu that stands for the icons under answers further up, run without a browser."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from madlen.services.wiring import Services
from madlen.types import Turn
from tests.asking import talked
from tests.pages.opening import Current, opened, texts
from tests.parrot import DONE, SEER, Parrot


def three(madlen: Services) -> Turn:
    """The first turn of a chat of three, whose answer has a menu."""
    return talked(madlen, "One", "Two", "Three")[0]


def pick(page: AppTest, turn: Turn, choice: str) -> AppTest:
    page.menu_button(key=f"menu-{turn.replies[0].id}").click(choice).run()
    assert not page.exception
    return page


def choices(page: AppTest, turn: Turn) -> list[str]:
    """The menu's labels without their icons."""
    options = page.menu_button(key=f"menu-{turn.replies[0].id}").options
    return [option.split(": ", 1)[1] for option in options]


def test_the_last_answer_has_icons_and_those_before_it_a_menu(current: Current) -> None:
    turns = talked(current(), "One", "Two", "Three", "Four")
    page = opened(session=turns[0].session_id)
    assert [menu.key for menu in page.main.menu_button] == [
        f"menu-{turn.replies[0].id}" for turn in turns[:3]
    ]
    keys = {button.key for button in page.main.button}
    assert [f"copy-{turn.replies[0].id}" in keys for turn in turns] == [False, False, False, True]


def test_a_linked_answer_is_the_last_of_its_page_and_has_icons(current: Current) -> None:
    turns = talked(current(), *"ABCDE")
    page = opened(session=turns[0].session_id, message=turns[1].id)
    assert [menu.key for menu in page.main.menu_button] == [f"menu-{turns[0].replies[0].id}"]
    assert page.button(key=f"copy-{turns[1].replies[0].id}")


def test_the_menu_offers_what_the_icons_do(current: Current) -> None:
    madlen = current()
    first = three(madlen)
    page = opened(session=first.session_id)
    assert choices(page, first) == [
        "Copy…",
        "Answer once more",
        "Answer with another model…",
        "Edit the prompt…",
        "Good answer",
        "Bad answer",
        "Trace: where the time went",
        "Link, trace, delete…",
    ]


def test_an_answer_that_failed_without_a_word_can_not_be_copied_from_the_menu(current: Current) -> None:
    madlen = current(Parrot([RuntimeError("Gone")], ["Fine.", DONE]))
    first = three(madlen)
    offered = choices(opened(session=first.session_id), first)
    assert "Copy…" not in offered
    assert "Answer once more" not in offered
    assert "Answer with another model…" in offered


def test_an_older_answer_is_copied_as_it_was_written(current: Current) -> None:
    madlen = current(Parrot(["**Bold**", DONE]))
    first = three(madlen)
    page = pick(opened(session=first.session_id), first, "copy")
    assert "**Bold**" in [code.value for code in page.code]


def test_an_older_prompt_is_answered_once_more(current: Current) -> None:
    madlen = current()
    first = three(madlen)
    page = pick(opened(session=first.session_id), first, "again")
    replies = madlen.store.turns(first.session_id)[0].replies
    assert len(replies) == 2
    assert "2 / 2" in texts(page)


def test_another_model_answers_an_older_prompt(current: Current) -> None:
    parrot = Parrot()
    first = three(current(parrot))
    page = pick(opened(session=first.session_id), first, "other")
    page.selectbox(key="other-model").set_value(SEER.id)
    page.button(key="other-go").click().run()
    assert parrot.requests[-1].model_id == SEER.id


def test_an_older_prompt_is_edited_in_a_chat_of_its_own(current: Current) -> None:
    madlen = current()
    first = three(madlen)
    page = pick(opened(session=first.session_id), first, "edit")
    page.text_area(key="edit-text").set_value("Uno")
    page.button(key="edit-go").click().run()
    [forked] = madlen.store.forks(first.session_id)
    assert page.query_params["session"] == forked.session_id


@pytest.mark.parametrize(("choice", "value"), [("up", 1), ("down", 0)])
def test_a_thumb_for_an_older_answer_is_kept_and_then_in_sight(
    current: Current, choice: str, value: int
) -> None:
    madlen = current()
    first = three(madlen)
    [reply] = first.replies
    page = pick(opened(session=first.session_id), first, choice)
    assert madlen.store.remarks(first.session_id).ratings == {reply.id: choice}
    assert page.feedback(key=f"thumbs-{reply.id}").value == value
    assert not {"Good answer", "Bad answer"} & set(choices(page, first))


def test_the_link_of_an_older_answer_is_shown_and_its_turn_can_be_deleted(current: Current) -> None:
    madlen = current()
    first = three(madlen)
    page = pick(opened(session=first.session_id), first, "more")
    link = f"http://localhost:8501/?session={first.session_id}&message={first.replies[0].id}"
    assert link in [code.value for code in page.code]
    page.button(key="delete-go").click().run()
    assert first.id not in [turn.id for turn in madlen.store.turns(first.session_id)]


def test_the_trace_of_an_older_answer_is_one_click_away(current: Current) -> None:
    madlen = current()
    first = three(madlen)
    page = pick(opened(session=first.session_id), first, "trace")
    assert page.query_params["trace"] == first.replies[0].trace_id
