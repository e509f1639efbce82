"""The pages of models and settings and the list of shortcuts, in a real browser."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.e2e import axe
from tests.e2e.conftest import BACKGROUNDS, NewPage, Server, StartServer, settled
from tests.e2e.test_lanes import held
from tests.e2e.test_openrouter import SECRET, asked, pretend, start
from tests.pretend_openrouter import PretendOpenRouter

__all__ = ["pretend"]

FLASH, NORTH = "google/gemini-3.6-flash", "cohere/north-mini-code:free"
LOOKS: dict[str, dict[str, Any]] = {
    "wide": {"viewport": {"width": 1280, "height": 900}},
    "phone": {"viewport": {"width": 390, "height": 844}},
}


def used(server: Server) -> None:
    """Two models have answered once."""
    lanes = [{"model": FLASH}, {"model": NORTH}]
    server.api("POST", "/compare/", json={"lanes": lanes, "prompt": "Hello"})


def tick(page: Page, row: int) -> None:
    """Chooses a row of the table, the first one being 0."""
    page.get_by_test_id("stDataFrame").first.click(position={"x": 16, "y": 53 + 35 * row})


def drawn(page: Page) -> None:
    expect(page.get_by_test_id("stDataFrame").first.locator("canvas").first).to_be_visible()
    settled(page)


def width(page: Page) -> int:
    found: int = page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollWidth")
    return found


def test_models_are_found_chosen_and_compared(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    page = new_page(viewport={"width": 1280, "height": 1000})
    page.goto(f"{start(start_server, pretend).url}/models")
    drawn(page)
    page.get_by_role("textbox", name="Search").press_sequentially("gemini-3.6")
    expect(page.get_by_text("1 of them shown")).to_be_visible()
    drawn(page)
    tick(page, 0)
    expect(page.get_by_role("heading", name="Gemini 3.6 Flash")).to_be_visible()
    page.get_by_role("textbox", name="Search").fill("north-mini")
    expect(page.get_by_text("Cohere: North Mini Code").first).to_be_attached()
    drawn(page)
    tick(page, 0)
    page.get_by_role("link", name="Compare 2 models").click()
    expect(page).to_have_url(re.compile(r"/compare\?models="))
    expect(page.get_by_role("combobox").first).to_have_value(re.compile("Gemini 3.6 Flash"))
    expect(page.get_by_test_id("stChatInput")).to_be_visible()


def test_a_chat_begins_with_the_model_that_was_looked_at(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    page = new_page()
    page.goto(f"{start(start_server, pretend).url}/models?model={FLASH}")
    page.get_by_role("button", name="Chat with it").click()
    expect(page.get_by_role("combobox").first).to_have_value(re.compile("Gemini 3.6 Flash"))


def test_the_settings_test_the_key_back_up_and_delete_all(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    server = start(start_server, pretend, JAEGER_ENDPOINT="http://127.0.0.1:9")
    used(server)
    seen: list[str] = []
    page = new_page()
    page.on("websocket", lambda socket: socket.on("framereceived", lambda data: seen.append(str(data))))
    page.goto(f"{server.url}/settings")
    expect(page.get_by_text("Nobody takes connections there.")).to_be_visible()
    page.get_by_role("button", name="Test the key").click()
    expect(page.get_by_text("OpenRouter takes the key.")).to_be_visible()
    page.get_by_role("button", name="Make a backup beside it").click()
    expect(page.get_by_text("the copy is sound")).to_be_visible()
    assert len(list(server.database.parent.glob("chat-2*.db"))) == 1
    # The first, for the one of the run before may still stand behind it.
    delete = page.get_by_role("button", name="Delete all").first
    expect(delete).to_be_disabled()
    page.get_by_role("textbox", name="Type 1 to delete 1 chat").press_sequentially("1")
    expect(delete).to_be_enabled()
    delete.click()
    expect(page.get_by_text("There are none.")).to_be_visible()
    assert server.api("GET", "/sessions/") == []
    seen.append(page.content())
    assert not [part for part in seen if SECRET in part]


def test_light_and_dark_follow_the_system_as_the_settings_say(madlen: Server, new_page: NewPage) -> None:
    page = new_page(color_scheme="dark")
    page.goto(f"{madlen.url}/settings")
    expect(page.get_by_text("Light and dark follow your system")).to_be_visible()
    for scheme in ("dark", "light"):
        expect(page.get_by_test_id("stApp")).to_have_css("background-color", BACKGROUNDS[scheme])
        page.emulate_media(color_scheme="light")


def test_a_key_opens_the_list_of_keys_and_another_closes_it(madlen: Server, new_page: NewPage) -> None:
    page = new_page()
    page.goto(f"{madlen.url}/settings")
    drawn(page)
    page.keyboard.press("h")
    expect(page.get_by_role("dialog")).to_contain_text("New chat or comparison")
    axe.check(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_letters_in_a_box_are_no_shortcuts(madlen: Server, new_page: NewPage) -> None:
    page = new_page()
    page.goto(madlen.url)
    page.get_by_test_id("stChatInputTextArea").press_sequentially("h n")
    expect(page.get_by_test_id("stChatInputTextArea")).to_have_value("h n")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_key_begins_a_new_chat_also_while_one_types(madlen: Server, new_page: NewPage) -> None:
    page = new_page()
    session = madlen.api("POST", "/sessions/", json={"model_id": "local/smollm2-135m-instruct"})
    page.goto(f"{madlen.url}/?session={session['id']}")
    page.get_by_test_id("stChatInputTextArea").focus()
    page.keyboard.press("Alt+n")
    expect(page).to_have_url(re.compile(f"{madlen.url}/?$"))


def test_a_key_stops_the_answer_while_one_types(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    pretend.answers["openrouter/free"] = held("openrouter/free", "It begins ", "and ends.")
    page = new_page()
    asked(page, start(start_server, pretend))
    expect(page.get_by_text("It begins")).to_be_visible()
    page.get_by_test_id("stChatInputTextArea").focus()
    page.keyboard.press("Escape")
    expect(page.get_by_text("stopped").first).to_be_visible()
    pretend.release()
