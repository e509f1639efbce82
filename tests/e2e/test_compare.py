"""Comparing in a real browser: lanes side by side, blind answers, the vote and the board."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e.conftest import NewPage, Server, StartServer
from tests.e2e.test_openrouter import pretend, start
from tests.pretend_openrouter import PretendOpenRouter

__all__ = ["pretend"]

EMBEDDED = "local/smollm2-135m-instruct"


def ask(page: Page, prompt: str) -> None:
    page.get_by_test_id("stChatInputTextArea").fill(prompt)
    page.get_by_test_id("stChatInputTextArea").press("Enter")


def test_the_embedded_model_answers_in_two_lanes_of_different_temperature(
    madlen: Server, new_page: NewPage
) -> None:
    page = new_page()
    page.goto(f"{madlen.url}/compare?models={EMBEDDED},{EMBEDDED}")
    page.get_by_role("button", name="Settings").nth(1).click()
    page.get_by_role("spinbutton", name="Temperature").fill("1.5")
    page.get_by_role("spinbutton", name="Temperature").press("Enter")
    page.keyboard.press("Escape")
    expect(page.get_by_text("temperature 1.5")).to_be_visible()
    ask(page, "Name a river.")
    expect(page.get_by_text("Which is better?")).to_be_visible(timeout=120_000)
    expect(page.get_by_text("tokens/s").first).to_be_visible()
    session = page.url.split("session=")[1]
    stored = madlen.api("GET", f"/sessions/{session}")["messages"]
    assert [message["role"] for message in stored] == ["user", "assistant", "assistant"]
    assert all(message["content"] for message in stored)


def test_nothing_in_a_blind_comparison_tells_who_answers_until_the_vote(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    page = new_page()
    page.goto(start(start_server, pretend).url + "/compare")
    page.get_by_text("Blind", exact=True).click()
    ask(page, "Who are you?")
    expect(page.get_by_text("Answer A").first).to_be_visible()
    expect(page.get_by_text("Which is better?")).to_be_visible()
    seen = page.content().lower()
    for lane in ("cohere", "north mini", "nvidia", "nemotron", "tokens in", "to first token"):
        assert lane not in seen
    page.get_by_role("button", name="Answer A").click()
    expect(page.get_by_text("Your vote is kept")).to_be_visible()
    expect(page.get_by_text("9 tokens in, 4 out").first).to_be_visible()


def test_the_board_is_a_page_of_its_own_for_whoever_opens_it_first(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    page = new_page()
    page.goto(start(start_server, pretend).url + "/leaderboard")
    expect(page.get_by_role("link", name="Leaderboard")).to_be_visible()
    expect(page.get_by_text("There are none yet")).to_be_visible()
    expect(page.get_by_test_id("stSidebarNav").get_by_text("app", exact=True)).to_have_count(0)
