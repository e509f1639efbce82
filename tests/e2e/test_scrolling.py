"""Where a page stands while an answer grows: it follows for whoever is at the bottom, and for nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from bench.faults.upstream import Upstream, Wire
from tests.e2e.conftest import NewPage, StartServer

pytestmark = pytest.mark.timeout(180)

FIRST = 20
WORDS = 800
_PLACE = """() => {
    const main = document.querySelector('.stMain');
    return { top: main.scrollTop, below: main.scrollHeight - main.clientHeight - main.scrollTop,
             height: main.scrollHeight };
}"""
_HIGHER = """than => document.querySelector('.stMain').scrollHeight > than"""
_AT_THE_BOTTOM = """() => {
    const main = document.querySelector('.stMain');
    return main.scrollHeight - main.clientHeight - main.scrollTop < 60;
}"""

_COUNT = """() => {
    const main = document.querySelector('.stMain');
    window.moved = 0, window.grew = 0;
    let height = main.scrollHeight;
    new ResizeObserver(() => {
        if (main.scrollHeight > height) window.grew++;
        height = main.scrollHeight;
    }).observe(document.querySelector('.stMainBlockContainer').firstElementChild);
    main.addEventListener('scroll', () => window.moved++);
}"""
_ANCHORING = "() => getComputedStyle(document.querySelector('.stMainBlockContainer > *')).overflowAnchor"


async def paragraphs(wire: Wire) -> None:
    """More than a window of text at once, then 50 words a second."""
    await wire.begin()
    for number in range(FIRST):
        await wire.word(f"Bend {number} of the river.\n\n")
    for number in range(WORDS):
        await wire.word(f"reed{number}" + ("\n\n" if number % 30 == 29 else " "))
        await asyncio.sleep(0.02)
    await wire.finish()


@pytest.fixture
def page(start_server: StartServer, new_page: NewPage) -> Iterator[Page]:
    """A page on which an answer grows that is longer than the window already."""
    with Upstream(paragraphs).running() as upstream:
        server = start_server(OPENROUTER_API_KEY="sk-or-v1-scroll", OPENROUTER_BASE_URL=upstream.base_url)
        opened = new_page(viewport={"width": 1100, "height": 500})
        opened.goto(server.url)
        opened.get_by_test_id("stChatInputTextArea").fill("Describe the river.")
        opened.get_by_test_id("stChatInputTextArea").press("Enter")
        expect(opened.get_by_text(f"Bend {FIRST - 1} of the river.")).to_be_attached()
        yield opened


def scrolled(page: Page, by: int) -> None:
    page.mouse.move(700, 250)
    page.mouse.wheel(0, by)


def grown(page: Page, by: int = 150) -> dict[str, float]:
    """Where the page stands when the answer is higher by so many pixels."""
    before = page.evaluate(_PLACE)
    page.wait_for_function(_HIGHER, arg=before["height"] + by)
    found: dict[str, float] = page.evaluate(_PLACE)
    return found


def test_who_is_at_the_bottom_keeps_seeing_the_newest_words(page: Page) -> None:
    page.wait_for_function(_AT_THE_BOTTOM)
    grown(page)
    page.wait_for_function(_AT_THE_BOTTOM)
    expect(page.get_by_text(f"reed{WORDS - 1}")).to_be_in_viewport()


def test_the_newest_words_are_kept_in_view_without_moving_there_step_by_step(page: Page) -> None:
    page.wait_for_function(f"() => ({_PLACE})().below <= 1")
    page.evaluate(_COUNT)
    grown(page, 400)
    grew, moved = page.evaluate("() => [window.grew, window.moved]")
    assert 1 <= moved <= 1.5 * grew
    assert page.evaluate(_ANCHORING) == "none"


def let_go(page: Page) -> float:
    """Scrolls up until the page stays where it is while the answer grows, and says where that is.

    Streamlit takes a reader back who scrolls only a little while it is still moving to the newest words.
    """
    for _ in range(20):
        for _ in range(3):
            scrolled(page, -150)
            page.wait_for_timeout(50)
        # A wheel scrolls smoothly: where it ends is where one reads.
        page.wait_for_timeout(300)
        there: float = page.evaluate(_PLACE)["top"]
        grown(page, 50)
        # On a busy machine it may be on its way back only now.
        page.wait_for_timeout(500)
        if abs(page.evaluate(_PLACE)["top"] - there) <= 1:
            return there
    raise AssertionError("The page never let go")


def test_who_has_scrolled_up_stays_where_they_read(page: Page) -> None:
    page.wait_for_function(_AT_THE_BOTTOM)
    there = let_go(page)
    for _ in range(2):
        assert abs(grown(page)["top"] - there) <= 1
    # Nor would what grows above move what is read.
    assert page.evaluate(_ANCHORING) == "auto"
    expect(page.get_by_text(f"reed{WORDS - 1}")).to_be_attached()
    assert abs(page.evaluate(_PLACE)["top"] - there) <= 1
