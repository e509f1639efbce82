"""A person at a real browser, before the real server with the real embedded model."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from madlen.ui import navigation
from tests.e2e.conftest import NewPage, Server, settled

pytestmark = pytest.mark.timeout(300)

MODEL = "local/smollm2-135m-instruct"
LONG = "Tell a long story about a ship and its crew. Tell every day of the journey."
PATIENCE = 90_000
"""Milliseconds for a model that is loaded first, and then has two busy cores to think with."""


def box(page: Page) -> Locator:
    return page.get_by_test_id("stChatInputTextArea")


def opened(page: Page, madlen: Server, query: str = "") -> Page:
    page.goto(f"{madlen.url}/{query}")
    expect(box(page)).to_be_visible()
    return page


def send(page: Page, text: str) -> None:
    box(page).fill(text)
    box(page).press("Enter")


def answer(page: Page) -> Locator:
    """The last message, while and after it comes."""
    return page.get_by_test_id("stChatMessage").last


def words(page: Page) -> int:
    return len(answer(page).inner_text().split())


def wait_for_words(page: Page, more_than: int) -> int:
    """How many words the answer has, once it has more than that many."""
    page.wait_for_function(
        """least => {
            const all = document.querySelectorAll('[data-testid="stChatMessage"]');
            const last = all[all.length - 1];
            return all.length > 1 && last.innerText.split(/\\s+/).length > least;
        }""",
        arg=more_than,
        timeout=PATIENCE,
    )
    return words(page)


def finished(page: Page) -> None:
    """Waits until the last message has its figures."""
    expect(answer(page)).to_contain_text("to first token", timeout=PATIENCE)


def at_most(page: Page, tokens: int) -> None:
    """Bounds the answers of a new chat in its settings, so that a model that rambles comes to an end."""
    page.get_by_role("button", name="Settings", exact=True).click()
    longest = page.get_by_role("spinbutton", name="Longest answer")
    longest.fill(str(tokens))
    # What is in a field when Escape closes it is not taken.
    longest.press("Tab")
    page.keyboard.press("Escape")
    expect(longest).to_be_hidden()


def begin_long_answer(page: Page, madlen: Server) -> int:
    """Asks for a long story until one is under way; a model this small is sometimes done at once."""
    for _ in range(5):
        at_most(page, 300)
        send(page, LONG)
        count = wait_for_words(page, 20)
        if status(madlen, page) == "streaming":
            return count
        opened(page, madlen)
    raise AssertionError("The model gave five short answers")


def status(madlen: Server, page: Page) -> object:
    """How the first answer stands, as it is stored."""
    extra = stored(madlen, page)[1]["extra_metadata"]
    assert isinstance(extra, dict)
    return extra["status"]


def session_id(page: Page) -> str:
    page.wait_for_url("**/?session=*")
    return page.url.partition("session=")[2]


def stored(madlen: Server, page: Page) -> list[dict[str, object]]:
    messages: list[dict[str, object]] = madlen.api("GET", f"/sessions/{session_id(page)}")["messages"]
    return messages


def test_a_prompt_is_typed_and_its_answer_grows_to_its_end(madlen: Server, new_page: NewPage) -> None:
    page = opened(new_page(), madlen)
    expect(page).to_have_title("Madlen AI Chat")
    expect(page.locator("link[rel~=icon]").first).to_have_attribute("href", navigation.ICON)
    at_most(page, 200)
    send(page, "Write two paragraphs about rivers.")
    first = wait_for_words(page, 5)
    assert wait_for_words(page, first) > first
    finished(page)
    expect(answer(page)).to_contain_text("tokens/s")
    expect(answer(page)).to_contain_text("$0")
    prompt, reply = stored(madlen, page)
    assert prompt["content"] == "Write two paragraphs about rivers."
    shown = "".join(answer(page).inner_text().split())
    assert "".join(str(reply["content"]).split())[:40] in shown


def test_the_end_of_an_answer_is_read_aloud_once_and_its_words_are_not(
    madlen: Server, new_page: NewPage
) -> None:
    page = new_page()
    opened(page, madlen)
    at_most(page, 200)
    send(page, "Say hello")
    announcement = page.get_by_role("alertdialog").filter(has_text="finished")
    expect(announcement).to_have_count(1, timeout=PATIENCE)
    expect(announcement).to_contain_text("tokens")
    assert answer(page).locator("[aria-live]").count() == 0


def test_a_reload_in_mid_answer_shows_all_of_it_and_sees_it_finish(madlen: Server, new_page: NewPage) -> None:
    page = opened(new_page(), madlen)
    before = begin_long_answer(page, madlen)
    page.reload()
    assert wait_for_words(page, before) > before
    finished(page)
    assert status(madlen, page) == "complete"
    expect(answer(page)).to_contain_text(str(stored(madlen, page)[1]["content"]).split()[-1])


def test_a_second_viewer_sees_the_same_answer_live(madlen: Server, new_page: NewPage) -> None:
    page = opened(new_page(), madlen)
    seen = begin_long_answer(page, madlen)
    other = opened(new_page(), madlen, f"?session={session_id(page)}")
    assert wait_for_words(other, seen) > seen
    page.close()
    finished(other)
    assert len(madlen.api("GET", f"/sessions/{session_id(other)}")["messages"]) == 2


def test_what_an_answer_is_drawn_with_is_loaded_once_the_box_stands(
    madlen: Server, new_page: NewPage
) -> None:
    page, scripts = new_page(), list[str]()
    with page.expect_response(re.compile("StreamlitSyntaxHighlighter")) as loaded:
        opened(page, madlen)
    assert loaded.value.ok
    assert page.get_by_test_id("stCode").count() == 0
    page.on("request", lambda asked: scripts.append(asked.url) if asked.resource_type == "script" else None)
    send(page, "Say hello.")
    finished(page)
    settled(page)
    assert scripts == []


def test_a_prompt_has_the_chat_listed_and_draws_nothing_else_anew(madlen: Server, new_page: NewPage) -> None:
    page = opened(new_page(), madlen)
    picker = page.get_by_test_id("stSelectbox")
    picker.evaluate("picker => { picker.seen = true; }")
    send(page, "Name three rivers that one can swim in.")
    listed = page.get_by_test_id("stSidebar").get_by_role("button", name="Name three rivers that")
    expect(listed.first).to_be_visible()
    finished(page)
    assert picker.evaluate("picker => picker.seen")


def test_a_chat_that_has_just_begun_can_be_deleted_and_brought_back(
    madlen: Server, new_page: NewPage
) -> None:
    page = opened(new_page(), madlen)
    send(page, "Say hello.")
    finished(page)
    begun = session_id(page)
    page.get_by_test_id("stSidebar").get_by_test_id("stMenuButton").get_by_role("button").click()
    page.get_by_text("Delete", exact=True).last.click()
    expect(page.get_by_text("What would you like to ask?")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    assert madlen.api("GET", f"/sessions/{begun}/")["id"] == begun


def test_stop_ends_the_answer_and_keeps_what_was_said(madlen: Server, new_page: NewPage) -> None:
    page = opened(new_page(), madlen)
    begin_long_answer(page, madlen)
    page.get_by_role("button", name="Stop").click()
    expect(answer(page)).to_contain_text("stopped")
    assert status(madlen, page) == "stopped"
    assert str(stored(madlen, page)[1]["content"]).strip()
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


def test_enter_pressed_five_times_is_one_message(madlen: Server, new_page: NewPage) -> None:
    page = opened(new_page(), madlen)
    box(page).fill("Say hello.")
    for _ in range(5):
        box(page).press("Enter")
    finished(page)
    assert len(stored(madlen, page)) == 2


def test_a_chat_made_by_the_api_is_opened_by_its_address_and_found_in_the_sidebar(
    madlen: Server, new_page: NewPage
) -> None:
    session = madlen.api("POST", "/sessions/", json={"model_id": MODEL, "title": "From a program"})
    hello = {"role": "user", "content": "Say hello."}
    body = {"model": MODEL, "messages": [hello], "session_id": session["id"], "max_tokens": 20}
    said = madlen.api("POST", "/chat/", json=body)["choices"][0]["message"]["content"]
    page = opened(new_page(), madlen, f"?session={session['id']}")
    expect(page.get_by_test_id("stChatMessage").first).to_contain_text("Say hello.")
    expect(answer(page)).to_contain_text(said.split()[0])
    beside = opened(new_page(), madlen)
    beside.get_by_test_id("stSidebar").get_by_text("From a program").first.click()
    beside.wait_for_url(f"**/?session={session['id']}")
    finished(beside)


def test_a_new_chat_is_one_click_away(madlen: Server, new_page: NewPage) -> None:
    page = opened(new_page(), madlen)
    send(page, "Say hello.")
    finished(page)
    page.get_by_test_id("stSidebar").get_by_text("New chat").first.click()
    expect(page.get_by_text("What would you like to ask?")).to_be_visible()
    assert "session=" not in page.url


def test_the_back_button_goes_back_to_the_chat(madlen: Server, new_page: NewPage) -> None:
    page = opened(new_page(), madlen)
    send(page, "Say hello.")
    finished(page)
    session = session_id(page)
    page.get_by_test_id("stSidebar").get_by_text("New chat").first.click()
    expect(page.get_by_text("What would you like to ask?")).to_be_visible()
    page.go_back()
    page.wait_for_url(f"**/?session={session}")
    finished(page)


def test_an_answer_of_the_embedded_model_is_legible_also_on_a_telephone(
    madlen: Server, new_page: NewPage, screenshots: Path
) -> None:
    page = opened(new_page(), madlen)
    send(page, "Name three rivers, as a list.")
    finished(page)
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)
    picture = screenshots / "chat.png"
    expect(page.get_by_test_id("stToast")).to_have_count(0)
    page.screenshot(path=picture)
    assert picture.stat().st_size < 150_000
    narrow = opened(
        new_page(viewport={"width": 390, "height": 844}),
        madlen,
        f"?session={session_id(page)}",
    )
    finished(narrow)
    assert narrow.evaluate("document.documentElement.scrollWidth") <= 390
