"""How prompt sets and comparisons look, and whether everybody can use the page of sets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.e2e import axe, pictures
from tests.e2e.conftest import NewPage, Server, StartServer
from tests.e2e.test_compare import ask
from tests.e2e.test_openrouter import pretend, start
from tests.e2e.test_sets import CAPITALS, knowing
from tests.pretend_openrouter import Answer, Asked, PretendOpenRouter, Silence, said

__all__ = ["pretend"]

NORTH, OWL = "cohere/north-mini-code:free", "openrouter/owl-alpha"
LANES = [{"model": NORTH, "label": "A"}, {"model": OWL, "label": "B"}]
"""Models of which only text can be asked: no camera stands in their names."""
TABS = ("Summary", "Judge", "Then and now", "Answers")


def made(server: Server) -> tuple[str, str]:
    """The ids of a set of five questions and of its run, which has ended."""
    prompts = [
        {"text": f"What is the capital of {country}?", "reference": city, "tags": ["geography"]}
        for country, city in CAPITALS.items()
    ]
    checks: list[dict[str, Any]] = [{"kind": "contains", "value": "capital"}, {"kind": "length", "limit": 80}]
    known = server.api("POST", "/sets/", json={"name": "Capitals", "prompts": prompts, "checks": checks})
    run = server.api("POST", "/runs/", json={"set_id": known["id"], "lanes": LANES})
    return known["id"], run["id"]


def explaining(asked: Asked) -> Answer:
    """One model is brief; the other explains at length, and falls silent for a while in between."""
    if asked.model == OWL:
        return Answer(pieces=said(asked.model, "Air scatters blue light **the most**."))
    begins, *goes_on = said(
        asked.model,
        "Sunlight holds every colour. ",
        "Air scatters the short, blue waves far more than the long, red ones, ",
        "so blue light reaches you from **every direction**.",
    )
    return Answer(pieces=[begins, *goes_on[:2], Silence(), *goes_on[2:]])


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()
    expect(page.get_by_role("tabpanel", name=name, exact=True)).to_be_visible()


def fits(page: Page) -> bool:
    """Whether nothing is wider than the screen."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_prompt_sets_can_be_used_by_everybody(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    pretend.everyone = knowing
    server = start(start_server, pretend)
    page = new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{server.url}/sets")
    expect(page.get_by_text("A prompt set is a list of prompts")).to_be_visible()
    axe.check(page)
    set_id, run_id = made(server)
    page.goto(f"{server.url}/sets?run={run_id}")
    expect(page.get_by_text("Done · 10 of 10 answers")).to_be_visible()
    for name in TABS:
        tab(page, name)
        axe.check(page)
    page.get_by_role("button", name="Export").click()
    expect(page.get_by_role("button", name="Markdown")).to_be_visible()
    axe.check(page)
    page.goto(f"{server.url}/sets")
    expect(page.get_by_role("button", name="Capitals").first).to_be_visible()
    page.get_by_text("Run from a file").click()
    expect(page.get_by_text("The JSON of a run")).to_be_visible()
    axe.check(page)
    page.goto(f"{server.url}/sets?set={set_id}")
    for name in ("Prompts", "Checks", "Run"):
        tab(page, name)
        axe.check(page)


def test_nothing_of_a_prompt_set_is_wider_than_a_phone(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    pretend.everyone = knowing
    server = start(start_server, pretend)
    set_id, run_id = made(server)
    page = new_page(viewport={"width": 390, "height": 800})
    page.goto(f"{server.url}/sets?run={run_id}")
    expect(page.get_by_text("Done · 10 of 10 answers")).to_be_visible()
    for name in TABS:
        tab(page, name)
        assert fits(page)
    prompt = server.api("GET", f"/runs/{run_id}")["prompts"][0]["id"]
    for address in (f"sets?run={run_id}&prompt={prompt}", f"sets?set={set_id}", "sets"):
        page.goto(f"{server.url}/{address}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert fits(page)


def test_comparisons_and_prompt_sets_are_legible(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage, screenshots: Path
) -> None:
    pretend.everyone = explaining
    server = start(start_server, pretend)
    page = new_page(viewport={"width": 1280, "height": 1180})
    page.goto(f"{server.url}/compare?models={NORTH},{OWL}")
    ask(page, "Why is the sky blue?")
    expect(page.get_by_text("the most")).to_be_visible()
    pretend.release()
    expect(page.get_by_role("button", name="A is better")).to_be_visible()
    # What was announced meanwhile goes with a reload.
    page.reload()
    page.get_by_text("Race", exact=True).click()
    expect(page.get_by_test_id("stVegaLiteChart").locator("canvas, svg").first).to_be_visible()
    expect(page.get_by_text("Thick: writing.")).to_be_in_viewport(ratio=1)
    pictures.take(page, screenshots / "compare.png")
    pretend.everyone = knowing
    _, run_id = made(server)
    page.goto(f"{server.url}/sets?run={run_id}")
    expect(page.get_by_text("Done · 10 of 10 answers")).to_be_visible()
    tab(page, "Summary")
    expect(page.get_by_test_id("stVegaLiteChart").locator("canvas, svg").first).to_be_visible()
    pictures.take(page, screenshots / "sets.png")
    for name in ("compare.png", "sets.png"):
        assert (screenshots / name).stat().st_size < 150_000
