"""Files in a real browser: what is downloaded, what a hostile export does, and a file that is taken."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import expect

from madlen.files import html
from tests.e2e.conftest import NewPage, StartServer
from tests.e2e.test_openrouter import pretend, start
from tests.files.archiving import COMPARISON, NOW
from tests.files.hostile import HOSTILE
from tests.files.test_exports import saying
from tests.pretend_openrouter import PretendOpenRouter

__all__ = ["pretend"]

DATA = Path(__file__).parents[1] / "data"


def test_a_hostile_export_runs_nothing_and_loads_nothing(new_page: NewPage) -> None:
    # A page that reaches for anything beyond itself fails the test.
    page = new_page()
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    for words in HOSTILE:
        page.set_content("".join(html.written(saying(words), app_version="1.0.0", now=NOW)))
        assert page.evaluate("window.pwned === undefined && document.scripts.length === 0")
        assert page.evaluate("getComputedStyle(document.body).display") == "block"
        assert page.locator("section").count() == 1
    assert dialogs == []


def test_the_lanes_of_an_export_stand_side_by_side_and_below_each_other_on_a_phone(new_page: NewPage) -> None:
    for width, side_by_side in ((1100, True), (390, False)):
        page = new_page(viewport={"width": width, "height": 800})
        page.set_content("".join(html.written(COMPARISON, app_version="1.0.0", now=NOW)))
        first, second = (box for lane in page.locator(".lane").all() if (box := lane.bounding_box()))
        assert (first["y"] == second["y"]) is side_by_side
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.locator("img").first.evaluate("image => image.naturalWidth") == 4


def test_a_comparison_is_downloaded_imported_and_asked_again(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    server = start(start_server, pretend)
    models = [model["id"] for model in server.api("GET", "/models/")][:2]
    lanes = [{"model": model} for model in models]
    session_id = server.api("POST", "/compare/", json={"lanes": lanes, "prompt": "Hello"})["session_id"]
    page = new_page()
    page.goto(f"{server.url}/compare?session={session_id}")
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="JSON").click()
    assert download.value.suggested_filename == f"Hello-{session_id[:8]}.json"
    file = Path(download.value.path())
    assert json.loads(file.read_bytes())["chats"][0]["id"] == session_id
    page.goto(f"{server.url}/compare")
    page.get_by_text("Import chats").click()
    page.get_by_test_id("stFileUploaderDropzoneInput").first.set_input_files(
        {"name": "any.json", "mimeType": "application/json", "buffer": file.read_bytes()}
    )
    page.get_by_role("button", name="Ask it again").click()
    expect(page.get_by_text("Then and now")).to_be_visible()
    expect(page.get_by_text("the same words").first).to_be_visible()


def test_the_export_of_another_program_is_taken_with_a_report(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    page = new_page()
    page.goto(start(start_server, pretend).url + "/compare")
    page.get_by_text("Import chats").click()
    page.get_by_test_id("stFileUploaderDropzoneInput").first.set_input_files(
        DATA / "chatgpt-conversations.json"
    )
    page.get_by_role("button", name="Keep the chats").click()
    expect(page.get_by_text("2 chats were kept")).to_be_visible()
    expect(page.get_by_role("button", name="River on a map")).to_be_visible()
