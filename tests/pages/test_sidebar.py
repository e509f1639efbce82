"""The list of chats beside every page, run without a browser."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from madlen.services.wiring import Services
from tests.pages import test_compare_page, test_history_page
from tests.pages.opening import Current, chatted, opened
from tests.pages.test_compare_page import compared
from tests.pages.test_history_page import held
from tests.parrot import DONE, POLLY, Parrot
from tests.statements import counted


def listed(page: AppTest) -> list[str]:
    return [one.label for one in page.sidebar.button if str(one.key).startswith("open-")]


def groups(page: AppTest) -> list[str]:
    return [str(one.value) for one in page.sidebar.caption]


def elements(page: AppTest) -> int:
    """How many elements the sidebar has, those that programs read of left out."""
    return sum(1 for one in page.sidebar if one.type not in {"expander", "code"})


def chosen(page: AppTest, session_id: str, action: str) -> AppTest:
    page.menu_button(key=f"menu-{session_id}").click(action).run()
    return page


def test_chats_are_listed_under_their_days(current: Current) -> None:
    held(current(), "Apples", "Pears")
    page = opened()
    assert listed(page) == ["Pears", "Apples"]
    assert "Today" in groups(page)


def test_only_the_open_chat_has_a_menu(current: Current) -> None:
    apples, _ = held(current(), "Apples", "Pears")
    page = opened(session=apples)
    assert [one.key for one in page.sidebar.get("menu_button")] == [f"menu-{apples}"]
    assert listed(page) == ["Pears", "**Apples**"]


def test_a_chat_that_is_opened_is_all_that_the_address_names(current: Current) -> None:
    apples, pears = held(current(), "Apples", "Pears")
    page = opened(session=apples, message="linked")
    page.sidebar.button(key=f"open-{pears}").click().run()
    assert dict(page.query_params) == {"session": pears}
    page.sidebar.button(key="new-chat").click().run()
    assert dict(page.query_params) == {}


def test_a_chat_is_renamed_in_its_place(current: Current) -> None:
    madlen = current()
    [session_id] = held(madlen, "Apples")
    page = chosen(opened(session=session_id), session_id, "rename")
    box = page.sidebar.text_input[0]
    assert box.value == "Apples"
    box.set_value("Red apples")
    page.button(key=f"rename-{session_id}-save").click().run()
    assert madlen.store.session(session_id).title == "Red apples"
    assert (listed(page), len(page.sidebar.text_input)) == (["**Red apples**"], 0)


def test_a_title_without_words_is_refused_and_the_old_one_stays(current: Current) -> None:
    madlen = current()
    [session_id] = held(madlen, "Apples")
    page = chosen(opened(session=session_id), session_id, "rename")
    page.sidebar.text_input[0].set_value("  ")
    page.button(key=f"rename-{session_id}-save").click().run()
    assert "at least one character" in page.toast[0].value
    assert listed(page) == ["**Apples**"]


def test_renaming_can_be_left(current: Current) -> None:
    madlen = current()
    [session_id] = held(madlen, "Apples")
    page = chosen(opened(session=session_id), session_id, "rename")
    page.sidebar.text_input[0].set_value("Pears")
    page.button(key=f"rename-{session_id}-cancel").click().run()
    assert listed(page) == ["**Apples**"]
    assert madlen.store.session(session_id).title == "Apples"


def test_a_pinned_chat_stands_first_and_can_be_let_go(current: Current) -> None:
    apples, _ = held(current(), "Apples", "Pears")
    page = chosen(opened(session=apples), apples, "pin")
    assert listed(page) == ["**Apples**", "Pears"]
    assert "Pinned" in groups(page)
    page = chosen(page, apples, "pin")
    assert listed(page) == ["Pears", "**Apples**"]


def test_a_copy_is_opened_and_knows_where_it_came_from(current: Current) -> None:
    madlen = current()
    [session_id] = held(madlen, "Apples")
    page = chosen(opened(session=session_id), session_id, "duplicate")
    copy = page.query_params["session"]
    copy_id = copy[0] if isinstance(copy, list) else copy
    assert listed(page) == ["**Copy of Apples**", "Apples"]
    origin = madlen.store.origin(copy_id)
    assert origin is not None
    assert (origin.kind, origin.session_id) == ("copy", session_id)


def test_an_archived_chat_is_listed_only_while_it_is_open(current: Current) -> None:
    apples, pears = held(current(), "Apples", "Pears")
    page = chosen(opened(session=apples), apples, "archive")
    assert listed(page) == ["**Apples**", "Pears"]
    assert listed(opened(session=pears)) == ["**Pears**"]
    page = chosen(page, apples, "archive")
    assert listed(page) == ["Pears", "**Apples**"]


def test_a_deleted_chat_is_gone_at_once_and_comes_back(current: Current) -> None:
    madlen = current()
    apples, _ = held(madlen, "Apples", "Pears")
    page = chosen(opened(session=apples), apples, "delete")
    assert not page.exception
    assert listed(page) == ["Pears"]
    assert "session" not in page.query_params
    assert "Deleted “Apples”" in groups(page)
    page.button(key="undo").click().run()
    assert listed(page) == ["Pears", "Apples"]
    assert not [one for one in page.button if one.key == "undo"]


def test_what_was_deleted_too_long_ago_is_not_offered_and_not_brought_back(
    current: Current, monkeypatch: pytest.MonkeyPatch
) -> None:
    madlen = current()
    [apples] = held(madlen, "Apples")
    page = chosen(opened(session=apples), apples, "delete")
    madlen.store.purge(madlen.store.session(held(madlen, "Pears")[0]).updated_at.replace(year=9999))
    page.button(key="undo").click().run()
    assert "too late" in page.toast[0].value
    monkeypatch.setattr("madlen.ui.chats.UNDO_SECONDS", -1)
    [left] = madlen.store.sessions()
    page = chosen(opened(session=left.id), left.id, "delete")
    assert not [one for one in page.button if one.key == "undo"]


def test_a_comparison_is_deleted_from_its_page(current: Current) -> None:
    madlen = current(Parrot(["Left.", DONE]))
    session = compared(madlen)
    page = chosen(test_compare_page.opened(session=session.id), session.id, "delete")
    assert not page.exception
    assert (listed(page), madlen.store.sessions()) == ([], [])


def test_the_sidebar_is_small_however_many_chats_there_are(current: Current) -> None:
    madlen = current()
    for number in range(40):
        madlen.chat.create_session(POLLY.id, f"Chat {number}")
    page = opened(session=madlen.store.sessions()[0].id)
    assert len(listed(page)) == 14
    assert elements(page) <= 25


def statements(madlen: Services, number: int, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How many statements each page carries out with so many chats."""
    for one in range(number):
        chatted(madlen, f"Apples {one}")
    [newest, *_] = madlen.store.sessions()
    found = {}
    for name, query in {"chat": {"session": newest.id}, "new": {}, "history": None}.items():
        with counted(madlen.store, monkeypatch) as carried_out:
            if query is None:
                page = test_history_page.sought(test_history_page.opened(), "apples")
            else:
                page = opened(seconds=20, **query)
        assert not page.exception
        found[name] = len(carried_out)
    for name in ("compare", "leaderboard", "models", "sets", "settings"):
        with counted(madlen.store, monkeypatch) as carried_out:
            page = opened(name, seconds=60)
        assert not page.exception
        found[name] = len(carried_out)
    return found


def test_no_page_asks_the_database_once_for_each_chat(
    current: Current, monkeypatch: pytest.MonkeyPatch
) -> None:
    madlen = current()
    few = statements(madlen, 2, monkeypatch)
    many = statements(madlen, 20, monkeypatch)
    assert few == many
