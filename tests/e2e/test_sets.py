"""Prompt sets in a real browser: a file, its run over two lanes, its answers, checks, judge and figures."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.batch.running import eventually
from tests.e2e.conftest import NewPage, Server, StartServer, settled
from tests.e2e.test_openrouter import pretend, start
from tests.pretend_openrouter import Answer, Asked, PretendOpenRouter, said

__all__ = ["pretend"]

CAPITALS = {"Norway": "Oslo", "France": "Paris", "Türkiye": "Ankara", "Japan": "Tokyo", "Peru": "Lima"}


def upload(folder: Path) -> Path:
    """A set of five questions, and a sixth row that has none."""
    path = folder / "capitals.csv"
    lines = [
        f"What is the capital of {{{{country}}}}?,{city},{country}" for country, city in CAPITALS.items()
    ]
    path.write_text("\n".join(["prompt,reference,country", *lines, ",nothing,Nowhere"]), "utf-8")
    return path


def knowing(asked: Asked) -> Answer:
    """Knows capitals, though one model takes Lima for Quito; as a judge it prefers the longer answer A."""
    texts = [str(part["text"]) for part in asked.received.parts if part["type"] == "text"]
    if "impartial judge" in texts[0]:
        return Answer(pieces=said(asked.model, "The first is right.\n", '{"verdict": "A"}'))
    city = next((city for country, city in CAPITALS.items() if country in texts[-1]), "nowhere")
    if "nvidia" in asked.model or "owl" in asked.model:
        return Answer(pieces=said(asked.model, "Quito." if city == "Lima" else f"{city}."))
    return Answer(pieces=said(asked.model, "The capital ", f"is **{city}**."))


def set_up(page: Page, url: str, folder: Path) -> None:
    """The set from the file, with a check, up to its run."""
    page.goto(f"{url}/sets")
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(upload(folder))
    expect(page.get_by_text("1 row cannot be taken")).to_be_visible()
    expect(page.get_by_text("Row 7: the prompt is empty.")).to_be_visible()
    page.get_by_role("button", name="Make a set of 5 prompts").click()
    expect(page.get_by_role("heading", name="capitals")).to_be_visible()


def add_check(page: Page) -> None:
    page.get_by_role("tab", name="Checks").click()
    settled(page)
    page.get_by_role("textbox", name="Words").fill("capital")
    page.get_by_role("button", name="Add the check").click()
    expect(page.get_by_text("The answer contains “capital”.")).to_be_visible()


def write(page: Page, words: str, *, row: int, last: bool = False) -> None:
    """Writes into the first or the last column of the table and leaves the cell by Enter."""
    table = page.get_by_test_id("stDataFrame").first
    expect(table.locator("canvas").first).to_be_visible()
    settled(page)
    box = table.bounding_box()
    assert box
    table.dblclick(position={"x": box["width"] - 40 if last else 150, "y": 55 + 35 * row})
    page.locator(".gdg-input").fill(words)
    page.keyboard.press("Enter")
    expect(page.locator(".gdg-input")).to_have_count(0)


def prompts(server: Server, page: Page) -> list[dict[str, Any]]:
    """Those of the set that is open, as they are kept."""
    set_id = re.search(r"set=(\w+)", page.url)
    assert set_id
    return list(server.api("GET", f"/sets/{set_id[1]}")["prompts"])


def run(page: Page) -> None:
    page.get_by_role("tab", name="Run").click()
    expect(page.get_by_text("5 prompts × 2 lanes = 10 answers")).to_be_visible()
    page.get_by_role("button", name="Start the run").click()
    expect(page.get_by_text("Done · 10 of 10 answers")).to_be_visible()


def filtered(page: Page, chosen: str) -> Locator:
    """The table of the run by another filter, which is another table than that before, once it is drawn."""
    page.get_by_role("radio", name=chosen).click()
    table = page.locator(f".st-key-run-table-{chosen}-0").get_by_test_id("stDataFrame")
    expect(table.locator("canvas").first).to_be_visible()
    settled(page)
    return table


def test_a_file_is_run_over_two_lanes_checked_judged_and_summed_up(
    start_server: StartServer,
    pretend: PretendOpenRouter,
    new_page: NewPage,
    tmp_path: Path,
) -> None:
    pretend.everyone = knowing
    server = start(start_server, pretend)
    page = new_page(viewport={"width": 1280, "height": 900})
    set_up(page, server.url, tmp_path)
    add_check(page)
    run(page)
    filtered(page, "Failed")
    expect(page.get_by_text("5 of 5 prompts")).to_be_visible()
    filtered(page, "All").click(position={"x": 15, "y": 55})
    expect(page).to_have_url(re.compile("prompt="))
    expect(page.get_by_text("The capital is Oslo.").first).to_be_visible()
    expect(page.get_by_text("It does not contain “capital”.")).to_be_visible()
    page.get_by_role("tab", name="Judge").click()
    page.get_by_role("button", name="Judge 5 pairs with 10 requests").click()
    expect(page.get_by_text("Judged · 5 of 5")).to_be_visible()
    expect(page.get_by_text("5 went with the order and count as ties")).to_be_visible()
    page.get_by_role("tab", name="Summary").click()
    expect(page.get_by_text("Answers that pass every check")).to_be_visible()
    expect(page.get_by_test_id("stVegaLiteChart").first).to_be_visible()


def test_what_is_written_into_the_table_is_kept_at_once_and_can_be_taken_back(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    page = new_page(viewport={"width": 1700, "height": 900})
    server = start(start_server, pretend)
    page.goto(f"{server.url}/sets")
    page.get_by_role("textbox", name="Name").fill("Rivers")
    page.get_by_role("button", name="Make an empty set").click()
    expect(page.get_by_role("heading", name="Rivers")).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    write(page, "Name a river.", row=0)
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()
    write(page, "Name a lake of {{country}}.", row=1)
    expect(page.get_by_text("In 1 prompt a variable has no value")).to_be_visible()
    page.get_by_role("button", name="Add a variable").click()
    page.get_by_role("textbox", name="Name of the variable").fill("country")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("textbox", name="Name of the variable")).to_have_value("")
    page.keyboard.press("Escape")
    expect(page.get_by_role("textbox", name="Name of the variable")).to_have_count(0)
    settled(page)
    write(page, "Peru", row=1, last=True)
    expect(page.get_by_text("In 1 prompt a variable has no value")).to_have_count(0)
    page.get_by_role("button", name="All prompt sets").click()
    page.get_by_role("button", name="Rivers").click()
    expect(page.get_by_role("heading", name="Rivers")).to_be_visible()
    write(page, "Name a brook.", row=0)
    eventually(lambda: prompts(server, page)[0]["text"] == "Name a brook.")
    page.reload()
    expect(page.get_by_text("What you change is saved at once.")).to_be_visible()
    assert [prompt["text"] for prompt in prompts(server, page)] == [
        "Name a brook.",
        "Name a lake of {{country}}.",
    ]
    assert prompts(server, page)[1]["variables"] == {"country": "Peru"}
    write(page, "Name a sea.", row=0)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    assert prompts(server, page)[0]["text"] == "Name a brook."
    page.get_by_role("tab", name="Run").click()
    expect(page.get_by_text("2 prompts × 2 lanes = 4 answers")).to_be_visible()


def test_a_run_shows_how_far_it_is_and_pauses_goes_on_and_stops(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage, tmp_path: Path
) -> None:
    page = new_page()
    server = start(start_server, pretend)
    file = tmp_path / "many.csv"
    file.write_text(
        "\n".join(["prompt", *(f"Say hello, please, to {number}." for number in range(30))]), "utf-8"
    )
    page.goto(f"{server.url}/sets")
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(file)
    page.get_by_role("button", name="Make a set of 30 prompts").click()
    page.get_by_role("tab", name="Run").click()
    page.get_by_role("button", name="Start the run").click()
    # Twenty free requests fit into a minute.
    expect(
        page.get_by_text(re.compile(r"Running · 20 of 60 answers · about \d+ (s|min) left"))
    ).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused · 20 of 60 answers")).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text(re.compile("Running · 2. of 60"))).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text(re.compile("Stopped · 2. of 60"))).to_be_visible()
