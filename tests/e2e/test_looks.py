"""Every page and its main states as people see them: in light, in dark and on a telephone."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Page, expect

from tests.e2e import axe, pictures
from tests.e2e.conftest import NewPage, Server, StartServer, in_the_dark, settled
from tests.e2e.test_openrouter import pretend, start
from tests.e2e.test_places import LOOKS
from tests.e2e.test_sets_looks import NORTH, OWL, fits
from tests.pretend_openrouter import CHAT_MODEL, Answer, Asked, PretendOpenRouter, chunk, said
from tests.pretend_openrouter.payloads import refusal

__all__ = ["pretend"]

REASONED = "google/gemini-3.6-flash"
REFUSED = "openrouter/auto"
RICH = (
    "A rainbow forms when sunlight **enters raindrops**, bends, reflects off the back and leaves again.\n\n",
    "| Step | What happens |\n| --- | --- |\n| 1 | It bends going in |\n| 2 | It bounces inside |\n",
    "| 3 | It bends going out |\n\n",
    "Each colour leaves at its own angle, about $42^\\circ$ for red:\n\n",
    "```python\ndef angle(n):\n    return 4 * asin(1 / n)\n```\n\n",
    "> So everybody sees a rainbow of their own.",
)
BRIEF = ("Sunlight bends in raindrops, ", "and each colour bends by its own angle.")
THOUGHT = chunk(REASONED, {"reasoning": "The question is about optics: refraction, reflection, dispersion."})


def answering(asked: Asked) -> Answer:
    """One model thinks and explains at length, one is out of credit, the others are brief."""
    if asked.model == REFUSED:
        return refusal(402, "Insufficient credits. Add more using https://openrouter.ai/settings/credits")
    if asked.model == REASONED:
        comment, begins, *words = said(REASONED, *RICH)
        return Answer(pieces=[comment, begins, THOUGHT, *words])
    return Answer(pieces=said(asked.model, *BRIEF))


@dataclass(frozen=True, slots=True)
class Furnished:
    """A server with some history, and the ids of what one may look at."""

    server: Server
    long: str
    failed: str
    compared: str


@pytest.fixture
def furnished(start_server: StartServer, pretend: PretendOpenRouter) -> Furnished:
    pretend.everyone = answering
    server = start(start_server, pretend)

    def chat(model: str, *prompts: str) -> str:
        session = {"model_id": model, "title": prompts[0]}
        session_id: str = server.api("POST", "/sessions/", json=session)["id"]
        for prompt in prompts:
            said = [{"role": "user", "content": prompt}]
            body = {"model": model, "session_id": session_id, "messages": said}
            httpx2.post(f"{server.url}/api/chat/", json=body)
        return session_id

    chat(CHAT_MODEL, "What grows on a pear tree?")
    chat(CHAT_MODEL, "A haiku about the sea, please.", "And one about the wind.")
    failed = chat(REFUSED, "How many colours has a rainbow?")
    lanes = [{"model": NORTH}, {"model": OWL}, {"model": REASONED}]
    prompt = {"lanes": lanes, "prompt": "How does a rainbow form?"}
    compared = server.api("POST", "/compare/", json=prompt)["session_id"]
    return Furnished(server, chat(REASONED, "How does a rainbow form?"), failed, compared)


def opened(page: Page, furnished: Furnished, address: str) -> None:
    page.goto(f"{furnished.server.url}/{address}")
    shown = page.locator("[data-testid=stMainBlockContainer] h1, [data-testid=stChatMessage]")
    expect(shown.first).to_be_visible()
    settled(page)


def thought(page: Page, furnished: Furnished) -> None:
    opened(page, furnished, f"?session={furnished.long}")
    page.get_by_text("Thinking").first.click()
    expect(page.get_by_text("The question is about optics")).to_be_visible()


def keys(page: Page, furnished: Furnished) -> None:
    opened(page, furnished, "leaderboard")
    page.keyboard.press("h")
    expect(page.get_by_role("dialog")).to_be_visible()


def found(page: Page, furnished: Furnished) -> None:
    opened(page, furnished, "history")
    page.get_by_role("searchbox").press_sequentially("rainb", delay=20)
    expect(page.get_by_test_id("stMain").get_by_test_id("stCheckbox")).to_have_count(3)


def race(page: Page, furnished: Furnished) -> None:
    opened(page, furnished, f"compare?session={furnished.compared}")
    page.get_by_text("Race", exact=True).click()
    expect(page.get_by_test_id("stVegaLiteChart").locator("canvas, svg").first).to_be_visible()


def traced(page: Page, furnished: Furnished) -> None:
    opened(page, furnished, "traces")
    lines = page.get_by_role("button", name=re.compile(r"\d\d:\d\d:\d\d · "))
    lines.filter(has_text="Gemini").first.click()
    expect(page.get_by_label("Attributes of the span", exact=True)).to_be_visible()


STATES: dict[str, Callable[[Page, Furnished], None]] = {
    "empty": lambda page, furnished: opened(page, furnished, ""),
    "chat": lambda page, furnished: opened(page, furnished, f"?session={furnished.long}"),
    "thoughts": thought,
    "failed": lambda page, furnished: opened(page, furnished, f"?session={furnished.failed}"),
    "temporary": lambda page, furnished: opened(page, furnished, "?temporary=looks"),
    "history": lambda page, furnished: opened(page, furnished, "history"),
    "found": found,
    "comparison": race,
    "before-comparison": lambda page, furnished: opened(page, furnished, f"compare?models={NORTH},{OWL}"),
    "leaderboard": lambda page, furnished: opened(page, furnished, "leaderboard"),
    "prompt-sets": lambda page, furnished: opened(page, furnished, "sets"),
    "models": lambda page, furnished: opened(page, furnished, "models"),
    "model": lambda page, furnished: opened(page, furnished, f"models?model={REASONED}"),
    "traces": lambda page, furnished: opened(page, furnished, "traces"),
    "trace": traced,
    "usage": lambda page, furnished: opened(page, furnished, "usage"),
    "settings": lambda page, furnished: opened(page, furnished, "settings"),
    "keys": keys,
}


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("width", "light", "dark"), [("wide", "light", "dark"), ("phone", "phone", "")])
def test_every_page_is_legible_usable_by_everybody_and_no_wider_than_the_screen(
    furnished: Furnished,
    new_page: NewPage,
    screenshots: Path,
    tmp_path: Path,
    width: str,
    light: str,
    dark: str,
) -> None:
    folder = screenshots / "looks"
    folder.mkdir(exist_ok=True)
    page = new_page(**LOOKS[width])
    for name, reach in STATES.items():
        reach(page, furnished)
        settled(page)
        # The settings name folders of the machine, which belong into no documentation.
        place = tmp_path if name == "settings" else folder
        pictures.take(page, place / f"{name}-{light}.png")
        if dark:
            with in_the_dark(page):
                pictures.take(page, place / f"{name}-{dark}.png")
        axe.check(page)
        assert fits(page), name
