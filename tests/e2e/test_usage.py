"""The usage page and a refused prompt in a real browser."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e import axe
from tests.e2e.conftest import NewPage, Server, StartServer
from tests.e2e.test_openrouter import pretend
from tests.e2e.test_places import LOOKS, drawn, width
from tests.pretend_openrouter import CHAT_MODEL, VALID_KEY, PretendOpenRouter

__all__ = ["pretend"]

MODEL = "openai/gpt-4o-mini"


def start(start_server: StartServer, pretend: PretendOpenRouter, budget: str) -> Server:
    return start_server(
        OPENROUTER_API_KEY=VALID_KEY, OPENROUTER_BASE_URL=pretend.base_url, DAILY_BUDGET_USD=budget
    )


def downloaded(page: Page, name: str) -> str:
    """The text of the file of that name, once the button offers it and no longer the one before."""
    offered = ""
    while offered != name:
        drawn(page)
        with page.expect_download() as download:
            page.get_by_test_id("stDownloadButton").click()
        offered = download.value.suggested_filename
    return Path(download.value.path()).read_text("utf-8")


def test_the_page_can_be_used_by_everybody(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage, screenshots: Path
) -> None:
    server = start(start_server, pretend, "5")
    lanes = [{"model": model} for model in (MODEL, CHAT_MODEL, "google/gemini-3.6-flash")]
    for _ in range(3):
        server.api("POST", "/compare/", json={"lanes": lanes, "prompt": "Hello"})
    page = new_page(**LOOKS["wide"])
    page.goto(f"{server.url}/usage")
    drawn(page)
    expect(page.get_by_text("of $5.00 budget left today")).to_be_visible()
    expect(page.get_by_text("3 free requests of today came from here")).to_be_visible()
    axe.check(page)
    assert width(page) <= LOOKS["wide"]["viewport"]["width"]
    page.set_viewport_size({"width": LOOKS["wide"]["viewport"]["width"], "height": 2000})
    drawn(page)
    page.screenshot(path=screenshots / "usage.png")
    page.get_by_role("radio", name="Chat").click()
    assert "Hello" in downloaded(page, "usage-by-session-7d.csv")
    page.get_by_role("radio", name="Today").click()
    drawn(page)
    axe.check(page)


def test_a_prompt_over_the_budget_is_sent_after_one_click(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage, screenshots: Path
) -> None:
    server = start(start_server, pretend, "0.0001")
    session = server.api("POST", "/sessions/", json={"model_id": MODEL, "title": "Dear"})["id"]
    page = new_page(**LOOKS["phone"])
    page.goto(f"{server.url}/?session={session}")
    box = page.get_by_role("textbox", name="Message")
    box.fill("How so?")
    box.press("Enter")
    expect(page.get_by_text("Of the day's budget of $0.0001")).to_be_visible()
    expect(box).to_have_value("How so?")
    axe.check(page)
    wide = page.evaluate("() => document.documentElement.scrollWidth")
    assert wide <= LOOKS["phone"]["viewport"]["width"]
    page.screenshot(path=screenshots / "over-budget-phone.png")
    page.get_by_role("button", name="Ask for at most").click()
    expect(page.get_by_text("Of the day's budget of $0.0001")).to_have_count(0)
    box.fill("How so?")
    box.press("Enter")
    expect(page.get_by_text("Hello there")).to_be_visible()
