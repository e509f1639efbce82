"""The compare page and the leaderboard where layout, keyboard and accessibility matter, in a real browser."""

from __future__ import annotations

import re

from playwright.sync_api import FloatRect, Locator, Page, expect

from tests.e2e import axe
from tests.e2e.conftest import NewPage, Server, StartServer
from tests.e2e.test_compare import ask
from tests.e2e.test_openrouter import pretend, start
from tests.pretend_openrouter import Answer, PretendOpenRouter, Silence, said

__all__ = ["pretend"]

NORTH = "cohere/north-mini-code:free"
OWL = "openrouter/owl-alpha"
FLASH = "google/gemini-3.6-flash"
THREE = f"{NORTH},{OWL},{FLASH}"


def held(model: str, *words: str) -> Answer:
    """An answer that falls silent after the first of its words until the server is released."""
    pieces = said(model, *words)
    return Answer(pieces=[*pieces[:3], Silence(), *pieces[3:]])


def compared(page: Page, server: Server, models: str = THREE, prompt: str = "Who are you?") -> None:
    """A page on which all lanes have answered."""
    page.goto(f"{server.url}/compare?models={models}")
    expect(page.get_by_text("tokens ·").first).to_be_visible()
    ask(page, prompt)
    expect(page.get_by_text(re.compile("Which is be(st|tter)")).first).to_be_visible()


def box(place: Locator) -> FloatRect:
    """Where an element stands."""
    found = place.bounding_box()
    assert found is not None
    return found


def test_a_lane_takes_the_whole_width_and_gives_it_back_while_it_streams(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    for model in (NORTH, OWL, FLASH):
        pretend.answers[model] = held(model, "It begins ", "and ends.")
    page = new_page()
    page.goto(f"{start(start_server, pretend).url}/compare?models={THREE}")
    ask(page, "Tell me")
    begun = page.get_by_text("It begins")
    expect(begun).to_have_count(3)
    narrow = box(begun.nth(1))
    page.get_by_role("button", name="Expand").nth(1).click()
    expect(page.get_by_role("tab", selected=True)).to_contain_text("B · ")
    expect(begun.nth(1)).to_be_visible()
    expect(begun.first).to_be_hidden()
    wide = box(begun.nth(1))
    assert wide["width"] > 2 * narrow["width"]
    page.get_by_role("tab").nth(2).click()
    expect(begun.nth(2)).to_be_visible()
    page.get_by_role("button", name="Side by side").click()
    expect(page.get_by_role("button", name="Expand")).to_have_count(3)
    expect(begun).to_have_count(3)
    pretend.release()
    expect(page.get_by_text("It begins and ends.")).to_have_count(3)
    expect(page.get_by_text("Which is best?")).to_be_visible()


def test_on_a_phone_lanes_stand_in_tabs_and_nothing_is_wider_than_the_screen(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    page = new_page(viewport={"width": 390, "height": 800})
    compared(page, start(start_server, pretend))
    expect(page.get_by_role("tab")).to_have_count(3)
    expect(page.get_by_text("Hello there").first).to_be_visible()
    expect(page.get_by_text("Hello there").nth(1)).to_be_hidden()
    page.get_by_role("tab").nth(1).click()
    expect(page.get_by_text("Hello there").nth(1)).to_be_visible()
    assert page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
    axe.check(page)


def test_past_four_lanes_scroll_within_their_row_and_the_page_does_not(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    page = new_page()
    compared(page, start(start_server, pretend), models=",".join([NORTH] * 6))
    sixth = page.get_by_text("Hello there").nth(5)
    assert box(sixth)["x"] > 1100
    sixth.scroll_into_view_if_needed()
    assert box(sixth)["x"] < 1100
    main = "document.querySelector('[data-testid=stMain]')"
    assert page.evaluate(f"() => {main}.scrollWidth <= {main}.clientWidth")


def test_the_page_does_not_scroll_along_with_the_answers(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    lines = "\n\n".join(f"Line {number}" for number in range(60))
    for model in (NORTH, OWL):
        pretend.answers[model] = held(model, "It begins ", lines)
    page = new_page(viewport={"width": 1100, "height": 500})
    page.goto(f"{start(start_server, pretend).url}/compare?models={NORTH},{OWL}")
    ask(page, "Tell me")
    expect(page.get_by_text("It begins")).to_have_count(2)
    top = "() => document.querySelector('[data-testid=stMain]').scrollTop"
    before = page.evaluate(top)
    pretend.release()
    expect(page.get_by_text("Line 59")).to_have_count(2)
    expect(page.get_by_text("Which is better?")).to_have_count(1)
    assert page.evaluate(top) == before


def test_a_vote_takes_no_more_than_the_keyboard(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    server, page = start(start_server, pretend), new_page()
    compared(page, server)
    page.get_by_text("Ranking", exact=True).click()
    page.get_by_text("Which is best?").click()
    page.keyboard.press("3")
    expect(page.get_by_text("Which is next?")).to_be_visible()
    page.keyboard.press("1")
    expect(page.get_by_text("C before A before B.")).to_be_visible()
    page.keyboard.press("0")
    expect(page.get_by_role("button", name="Tie").locator("strong")).to_be_visible()
    page.keyboard.press("n")
    expect(page.get_by_text("Which model answers best?")).to_be_visible()
    assert "session=" not in page.url
    expect(page.get_by_test_id("stChatInput")).to_be_visible()


def test_a_digit_in_the_box_is_no_vote(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    page = new_page()
    compared(page, start(start_server, pretend))
    page.get_by_test_id("stChatInputTextArea").press_sequentially("1 n 0")
    expect(page.get_by_test_id("stChatInputTextArea")).to_have_value("1 n 0")
    expect(page.get_by_text("Your vote is kept")).to_have_count(0)


def test_a_failed_lane_is_swapped_for_another_model(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    pretend.answers[OWL] = Answer(status=404, body={"error": {"code": 404, "message": "No endpoints found"}})
    page = new_page()
    compared(page, start(start_server, pretend))
    expect(page.get_by_text("Hello there")).to_have_count(2)
    page.get_by_role("button", name="Swap").click()
    page.get_by_role("button", name="Ask it instead").click()
    expect(page.get_by_text("Hello there")).to_have_count(3)
    expect(page.get_by_role("button", name="Swap")).to_have_count(0)


def test_a_click_on_a_point_lists_the_answers_behind_it(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    server, page = start(start_server, pretend), new_page(viewport={"width": 1280, "height": 1600})
    compared(page, server, prompt="Why is the sky blue?")
    page.get_by_text("Which is best?").click()
    page.keyboard.press("1")
    expect(page.get_by_text("Your vote is kept")).to_be_visible()
    page.goto(f"{server.url}/leaderboard")
    expect(page.get_by_text("What strength costs")).to_be_visible()
    chart = page.get_by_label("Strength of each model against the cost of its answers")
    chart.locator("path[aria-roledescription=point], .mark-symbol path").first.click()
    expect(page.get_by_role("heading", name=re.compile("^Answers of "))).to_be_visible()
    expect(page.get_by_text("won · Why is the sky blue?")).to_be_visible()
    page.get_by_role("link", name="Open").click()
    expect(page.get_by_text("Your vote is kept")).to_be_visible()
    assert "turn=" in page.url


def test_compare_and_leaderboard_can_be_used_by_everybody(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    server, page = start(start_server, pretend), new_page()
    pretend.answers[OWL] = Answer(status=404, body={"error": {"code": 404, "message": "No endpoints found"}})
    page.goto(f"{server.url}/leaderboard")
    expect(page.get_by_text("There are none yet")).to_be_visible()
    axe.check(page)
    page.goto(f"{server.url}/compare?models={THREE}&q=Why%3F")
    expect(page.get_by_text("tokens ·").first).to_be_visible()
    axe.check(page)
    compared(page, server)
    page.get_by_text("Race", exact=True).click()
    page.get_by_text("Differences", exact=True).click()
    expect(page.get_by_text("Only A says this")).to_be_visible()
    page.get_by_text("What only one says").click()
    expect(page.get_by_text("Marked is what no other answer says")).to_be_visible()
    page.get_by_text("Which is best?").click()
    page.keyboard.press("1")
    expect(page.get_by_text("Your vote is kept")).to_be_visible()
    axe.check(page)
    page.get_by_role("button", name="Expand").first.click()
    expect(page.get_by_role("button", name="Side by side")).to_be_visible()
    axe.check(page)
    page.goto(f"{server.url}/leaderboard")
    expect(page.get_by_text("What strength costs")).to_be_visible()
    axe.check(page)
