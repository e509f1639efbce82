"""The sidebar and the history page in a real browser, walked as a person would."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import axe
from tests.e2e.conftest import NewPage, Server, StartServer
from tests.e2e.test_openrouter import pretend, start
from tests.pretend_openrouter import CHAT_MODEL, PretendOpenRouter

__all__ = ["pretend"]

PROMPTS = (
    "Apples and their colours",
    "Pears",
    "How many colours has <b>a rainbow</b> ![x](http://sink.example/x.png)?",
)


@pytest.fixture
def server(start_server: StartServer, pretend: PretendOpenRouter) -> Server:
    """A server that remembers three chats."""
    started = start(start_server, pretend)
    for prompt in PROMPTS:
        made = started.api("POST", "/sessions/", json={"model_id": CHAT_MODEL, "title": prompt[:30]})
        body = {
            "model": CHAT_MODEL,
            "session_id": made["id"],
            "messages": [{"role": "user", "content": prompt}],
        }
        started.api("POST", "/chat/", json=body)
    return started


def listed(page: Page, number: int) -> None:
    """Waits until the list has so many chats."""
    expect(page.get_by_test_id("stMain").get_by_test_id("stCheckbox")).to_have_count(number)


def searched(page: Page, words: str, number: int) -> None:
    """Types the words and waits, without Enter, until so many chats are found."""
    page.get_by_role("searchbox").fill("")
    page.get_by_role("searchbox").press_sequentially(words, delay=20)
    listed(page, number)


def test_chats_are_found_while_one_types_and_opened_where_the_words_stand(
    server: Server, new_page: NewPage
) -> None:
    page = new_page()
    page.goto(f"{server.url}/history")
    expect(page.get_by_role("button", name="Pick all")).to_be_visible()
    axe.check(page)
    searched(page, "colo", 2)
    expect(page.locator("strong", has_text="colours").first).to_be_visible()
    expect(page.get_by_text("![x](http://sink.example/x.png)")).to_be_visible()
    axe.check(page)
    for typed in ('"', "a AND", "*", "🌈"):
        page.get_by_role("searchbox").fill(typed)
        expect(page.get_by_text("No chat is found by this.")).to_be_visible()
        expect(page.get_by_test_id("stException")).to_have_count(0)
    searched(page, "apples", 1)
    page.get_by_test_id("stMain").get_by_role("link", name="Apples and their colours").click()
    expect(page.get_by_test_id("stChatMessage").first).to_contain_text("Apples and their colours")


def test_chats_that_are_picked_are_exported_deleted_and_brought_back(
    server: Server, new_page: NewPage
) -> None:
    page = new_page()
    page.goto(f"{server.url}/history")
    page.get_by_role("button", name="Pick all").click()
    expect(page.get_by_text("3 chats picked")).to_be_visible()
    page.get_by_role("button", name="Export").click()
    page.get_by_role("button", name="Make the files").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    with zipfile.ZipFile(Path(download.value.path())) as packed:
        assert len(packed.namelist()) == 3
    page.keyboard.press("Escape")
    page.get_by_test_id("stMain").get_by_role("button", name="Delete").click()
    axe.check(page)
    page.get_by_role("button", name="Delete 3 chats").click()
    expect(page.get_by_text("Every chat and comparison is kept here")).to_be_visible()
    axe.check(page)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Pick all")).to_be_visible()
    listed(page, 3)


def test_the_open_chat_is_renamed_pinned_copied_and_deleted_from_the_sidebar(
    server: Server, new_page: NewPage
) -> None:
    [_, pears, _] = server.api("GET", "/sessions/")
    page = new_page()
    page.goto(f"{server.url}/?session={pears['id']}")
    side, menu = page.get_by_test_id("stSidebar"), page.get_by_test_id("stMenuButton").get_by_role("button")
    old = side.get_by_role("button", name=pears["title"])
    expect(old).to_be_visible()
    menu.click()
    axe.check(page)
    page.get_by_text("Rename", exact=True).first.click()
    side.get_by_role("textbox", name="Title").fill("Nothing that stays")
    # As slowly as a hand clicks: what the box lets go of could be drawn before.
    side.get_by_role("button", name="Cancel").click(delay=300)
    expect(side.get_by_role("textbox", name="Title")).to_have_count(0)
    expect(old).to_be_visible()
    menu.click()
    page.get_by_text("Rename", exact=True).first.click()
    axe.check(page)
    side.get_by_role("textbox", name="Title").fill(
        "Green pears, and a title that is too long for any sidebar"
    )
    side.get_by_role("textbox", name="Title").press("Enter")
    expect(side.get_by_role("button", name="Green pears")).to_be_visible()
    box, room = menu.bounding_box(), side.bounding_box()
    assert box
    assert room
    assert box["x"] + box["width"] <= room["x"] + room["width"]
    for choice, seen in (("Pin", "Pinned"), ("Duplicate", "Copy of Green pears")):
        menu.click()
        page.get_by_text(choice, exact=True).last.click()
        expect(side.get_by_text(seen).first).to_be_visible()
    menu.click()
    # Away from the button, whose help would lie over what is clicked.
    page.mouse.move(600, 10)
    page.get_by_text("Delete", exact=True).last.click()
    expect(side.get_by_text("Deleted “Copy of")).to_be_visible()
    expect(side.get_by_role("button", name="Copy of Green pears")).to_have_count(0)
    axe.check(page)
    # It goes away by itself, and the chat with it.
    expect(side.get_by_role("button", name="Undo")).to_have_count(0, timeout=25_000)
    assert len(server.api("GET", "/sessions/")) == 3


def test_filters_and_statistics_are_fit_to_see_also_on_a_phone(server: Server, new_page: NewPage) -> None:
    page = new_page(viewport={"width": 390, "height": 844})
    page.goto(f"{server.url}/history")
    page.get_by_text("Statistics").click()
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(2)
    axe.check(page)
    page.get_by_role("button", name="Filter").click()
    page.get_by_text("Has an answer that failed").click()
    expect(page.get_by_text("No chat is found by this.")).to_be_visible()
    page.mouse.move(5, 5)
    page.wait_for_function("() => document.getAnimations().length === 0")
    axe.check(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
