"""Exporting, importing and asking again from the pages, run without a browser."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from madlen.services.wiring import Services
from madlen.types import Lane, Started
from tests.pages import opening
from tests.pages.opening import Current, chatted, looked_at, texts
from tests.pages.test_compare_page import compared, opened
from tests.parrot import DONE, POLLY, Parrot
from tests.test_archives import asked, settled, until

DATA = Path(__file__).parents[1] / "data"
CHATGPT = (DATA / "chatgpt-conversations.json").read_bytes()


def exporting(page: AppTest) -> AppTest:
    """The page of a session with its exports open."""
    return looked_at(page, f"export-{page.query_params['session']}")


def importing() -> AppTest:
    """The page of a new comparison with its import open."""
    return looked_at(opened(), "imports-place")


def labels(page: AppTest) -> list[str]:
    return [one.label for one in page.main.download_button]


def given(page: AppTest, name: str, content: bytes) -> AppTest:
    page.file_uploader[0].set_value((name, content, "application/json")).run()
    return page


def clicked(page: AppTest, label: str) -> AppTest:
    [found] = [one for one in page.main.button if one.label == label]
    found.click().run()
    return page


def test_a_chat_and_a_comparison_can_be_exported_once_something_was_said(current: Current) -> None:
    madlen = current()
    assert labels(opened()) == []
    assert labels(opening.opened()) == []
    assert labels(exporting(opening.opened(session=chatted(madlen)))) == ["JSON", "Markdown", "HTML"]
    assert labels(exporting(opened(session=compared(madlen).id))) == ["JSON", "Markdown", "HTML"]


def test_a_blind_comparison_is_not_exported_before_the_vote(current: Current) -> None:
    madlen = current(Parrot(["Left.", DONE]))
    page = exporting(opened(session=compared(madlen, blind=True).id))
    assert labels(page) == []
    clicked(page, "Answer A")
    assert labels(exporting(page)) == ["JSON", "Markdown", "HTML"]


def test_an_empty_compare_page_offers_to_import(current: Current) -> None:
    madlen = current()
    assert len(importing().file_uploader) == 1
    assert len(opened(session=compared(madlen).id).file_uploader) == 0


def test_the_chats_of_a_file_are_kept_and_what_was_not_taken_is_told(current: Current) -> None:
    madlen = current()
    page = given(importing(), "conversations.json", CHATGPT)
    clicked(page, "Keep the chats")
    assert not page.exception
    assert "2 chats were kept" in page.success[0].value
    assert {one.title for one in madlen.store.sessions()} == {"River on a map", "ChatGPT"}
    [table] = page.dataframe
    assert list(table.value["Chat"]) == ["New chat", "River on a map"]
    assert list(table.value["Kept"]) == [False, True]
    assert "1 image that the file only points at was not taken." in table.value["Not taken, and why"][1]
    assert page.file_uploader[0].value is None


@pytest.mark.parametrize("label", ["Keep the chats", "Ask it again"])
def test_a_file_that_holds_no_chats_is_refused(current: Current, label: str) -> None:
    madlen = current()
    page = clicked(given(importing(), "x.json", b'{"what": "is this?"}'), label)
    assert not page.exception
    assert "no chats of Madlen, ChatGPT or Open WebUI" in page.error[0].value
    assert madlen.store.sessions() == []


def test_a_file_is_asked_again_and_both_answers_are_shown(current: Current) -> None:
    old, new = Started("polly-1", "Cage"), Started("polly-2", "Aviary")
    madlen = current(Parrot([old, "Old words.", DONE], [new, "New words.", DONE]))
    session = compared(madlen, Lane(POLLY.id, "A"))
    content = madlen.archives.export(session.id, "json").content
    madlen.store.delete_session(session.id)
    page = clicked(given(importing(), "x.json", content), "Ask it again")
    assert not page.exception
    again = page.query_params["session"]
    settled(madlen, again, 1)
    page = opened(session=again)
    assert not page.exception
    said = texts(page)
    assert "Then · polly\\-1 · Cage" in said
    assert "Old words." in said
    assert "Now · polly\\-2 · Aviary" in said
    assert said.count("New words.") == 2
    assert "Tokens out 5 · Cost" in said
    assert "other words" in said
    assert "another model" in said
    assert "another provider" in said


def test_a_comparison_is_asked_again_from_its_page(current: Current) -> None:
    madlen = current(Parrot(["Left.", DONE]))
    session = compared(madlen)
    page = clicked(exporting(opened(session=session.id)), "Ask all of it again")
    assert not page.exception
    assert page.query_params["session"] != session.id
    assert texts(page).count("the same words") == 2


def test_a_chat_is_asked_again_on_the_compare_page(current: Current) -> None:
    madlen = current()
    page = clicked(exporting(opening.opened(session=chatted(madlen))), "Ask all of it again")
    assert not page.exception
    newest = madlen.store.sessions()[0]
    assert newest.lanes == (Lane(POLLY.id, "A"),)
    assert "Then" in texts(page)


def test_what_cannot_be_asked_again_is_told(current: Current) -> None:
    madlen = current()
    session = compared(madlen)
    page = exporting(opened(session=session.id))
    madlen.store.delete_session(session.id)
    clicked(page, "Ask all of it again")
    assert not page.exception
    assert "no such chat" in page.toast[0].value


def shown_again(madlen: Services, *prompts: str) -> tuple[AppTest, str]:
    again = madlen.archives.rerun(asked(madlen, *prompts).id)
    settled(madlen, again.id, len(prompts))
    until(lambda: not madlen.archives.is_asking(again.id))
    return opened(session=again.id), again.id


def test_each_prompt_has_its_own_then_and_now(current: Current) -> None:
    page, _ = shown_again(current(), "One", "Two")
    assert not page.exception
    assert [one.label for one in page.main.expander].count("Then and now") == 2
    assert "not asked again" not in texts(page)


def test_prompts_that_were_not_asked_again_are_counted(current: Current) -> None:
    madlen = current()
    page, again = shown_again(madlen, "One")
    origin = madlen.store.origin(again)
    assert origin is not None
    made = madlen.chat.ask("Two", [Lane(POLLY.id, "A")], session_id=origin.session_id)
    list(made.generations[0].follow(every=0))
    assert "1 prompt of then was not asked again." in texts(page.run())


def test_hostile_files_are_only_words_on_the_page(current: Current) -> None:
    current()
    chat = {**json.loads(CHATGPT)[2], "title": "![x](http://sink.example/x.png) <b>"}
    page = clicked(given(importing(), "x.json", json.dumps([chat]).encode()), "Keep the chats")
    # A table shows text as it is.
    assert page.dataframe[0].value["Chat"][0] == chat["title"]
    assert "sink.example" not in texts(page)


def test_the_report_is_for_the_last_file(current: Current) -> None:
    current()
    page = clicked(given(importing(), "x.json", CHATGPT), "Keep the chats")
    early = json.dumps(json.loads((DATA / "open-webui-chats.json").read_bytes())[1:]).encode()
    page = clicked(given(page, "y.json", early), "Keep the chats")
    assert [one.value for one in page.success] == ["1 chat was kept; the sidebar lists the newest."]
    assert len(page.dataframe) == 0
