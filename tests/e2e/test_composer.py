"""The box of a chat in a real browser: keyboard, paste and drag, Stop, and what stands above it."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.e2e import axe
from tests.e2e.conftest import NewPage, StartServer, sent
from tests.e2e.test_lanes import held
from tests.e2e.test_openrouter import ROUTER, last_asked, pretend, start
from tests.pretend_openrouter import Answer, PretendOpenRouter, said

__all__ = ["pretend"]

PAIR = f"compare?models={ROUTER},{ROUTER}"
# What a browser does when files are pasted or let go over an element.
GIVE = """
(element, { kind, name, type, body }) => {
    const bytes = Uint8Array.from(atob(body), one => one.charCodeAt(0));
    const carried = new DataTransfer();
    carried.items.add(new File([bytes], name, { type }));
    const options = { bubbles: true, cancelable: true };
    if (kind === 'paste') {
        element.dispatchEvent(new ClipboardEvent('paste', { ...options, clipboardData: carried }));
    } else {
        for (const step of kind === 'over' ? ['dragover'] : ['dragenter', 'dragover', 'drop']) {
            element.dispatchEvent(new DragEvent(step, { ...options, dataTransfer: carried }));
        }
    }
}
"""


def box(page: Page) -> Locator:
    return page.get_by_test_id("stChatInputTextArea")


def answer(page: Page) -> Locator:
    return page.get_by_test_id("stChatMessage").last


def given(page: Page, kind: str, name: str, media: str, content: bytes) -> None:
    """Pastes a file into the box, or drops it there, and waits until it is there."""
    body = base64.b64encode(content).decode()
    carried = {"kind": kind, "name": name, "type": media, "body": body}
    place = box(page)
    if kind == "drop":
        # The place to let go on is there while something is dragged over the page.
        page.get_by_test_id("stApp").evaluate(GIVE, {**carried, "kind": "over"})
        place = page.get_by_test_id("stChatInput").locator("[role=presentation]").first
    place.evaluate(GIVE, carried)
    expect(page.get_by_text(name)).to_be_visible()


def red() -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(drawn, "PNG")
    return drawn.getvalue()


def content(pretend: PretendOpenRouter) -> Any:
    """What the newest prompt was sent as."""
    return last_asked(pretend)["messages"][-1]["content"]


def test_shift_and_enter_begins_a_line_and_enter_sends(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    page = new_page()
    page.goto(start(start_server, pretend).url)
    box(page).press_sequentially("One")
    box(page).press("Shift+Enter")
    box(page).press_sequentially("Two")
    box(page).press("Enter")
    expect(answer(page)).to_contain_text("to first token")
    assert content(pretend) == "One\nTwo"


@pytest.mark.parametrize("kind", ["paste", "drop"])
def test_an_image_is_pasted_or_dropped(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage, kind: str
) -> None:
    page = new_page()
    page.goto(start(start_server, pretend).url)
    expect(box(page)).to_be_visible()
    given(page, kind, "image.png", "image/png", red())
    sent(page, "What is this?")
    expect(answer(page)).to_contain_text("to first token")
    assert [part["type"] for part in content(pretend)] == ["text", "image_url"]


@pytest.mark.parametrize("kind", ["paste", "drop"])
def test_a_text_file_is_pasted_or_dropped_and_goes_along_in_a_fence(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage, kind: str
) -> None:
    page = new_page()
    page.goto(start(start_server, pretend).url)
    expect(box(page)).to_be_visible()
    given(page, kind, "shopping.csv", "text/csv", b"bread,2\nbutter,1\n")
    sent(page, "Sum up.")
    expect(answer(page)).to_contain_text("to first token")
    assert content(pretend) == "Sum up.\n\n`shopping.csv`:\n\n```csv\nbread,2\nbutter,1\n```"


def test_a_file_that_cannot_be_read_is_told_and_the_rest_waits_for_the_next_prompt(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage, tmp_path: Path
) -> None:
    good, bad = tmp_path / "good.md", tmp_path / "bad.txt"
    good.write_text("Fine.")
    bad.write_bytes("müh".encode("cp1252"))
    page = new_page()
    page.goto(start(start_server, pretend).url)
    page.get_by_test_id("stChatInput").locator("input[type=file]").first.set_input_files([good, bad])
    expect(page.get_by_text("bad.txt")).to_be_visible()
    sent(page, "Read them.")
    expect(page.get_by_text("bad.txt is no text in UTF-8")).to_be_visible()
    expect(page.get_by_text("With your next prompt: good.md")).to_be_visible()
    expect(box(page)).to_have_value("Read them.")
    axe.check(page)
    box(page).press("Enter")
    expect(answer(page)).to_contain_text("to first token")
    assert content(pretend) == "Read them.\n\n`good.md`:\n\n```md\nFine.\n```"
    expect(page.get_by_text("With your next prompt")).to_have_count(0)


def test_stop_stands_beside_the_box_while_an_answer_runs_and_only_then(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    pretend.answers[ROUTER] = held(ROUTER, "It begins ", "and ends.")
    page = new_page()
    page.goto(start(start_server, pretend).url)
    stop = page.get_by_test_id("stBottom").get_by_role("button", name=re.compile("^Stop"))
    expect(box(page)).to_be_visible()
    expect(stop).to_have_count(0)
    box(page).fill("Tell me")
    box(page).press("Enter")
    expect(page.get_by_text("It begins")).to_be_visible()
    expect(box(page)).to_be_disabled()
    stop.click()
    expect(answer(page)).to_contain_text("stopped")
    expect(stop).to_have_count(0)
    expect(box(page)).to_be_enabled()


@pytest.mark.parametrize(("path", "stop"), [("", "Stop"), (PAIR, "Stop all")], ids=["chat", "comparison"])
def test_a_prompt_sent_after_a_reload_amid_an_answer_waits_in_the_box_for_its_end(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage, path: str, stop: str
) -> None:
    pretend.answers[ROUTER] = held(ROUTER, "It begins ", "and ends.")
    page = new_page()
    page.goto(f"{start(start_server, pretend).url}/{path}")
    sent(page, "Tell me")
    expect(page.get_by_text("It begins").first).to_be_visible()
    page.wait_for_url("**session=*")
    page.reload()
    expect(page.get_by_text("It begins").first).to_be_visible()
    box(page).fill("And then?")
    box(page).press("Enter")
    expect(page.get_by_text("still being written")).to_be_visible()
    expect(box(page)).to_have_value("And then?")
    expect(page.get_by_text("It begins").first).to_be_visible()
    axe.check(page)
    page.get_by_role("button", name=stop).click()
    expect(page.get_by_text("stopped").first).to_be_visible()
    pretend.answers[ROUTER] = Answer(pieces=said(ROUTER, "So it goes."))
    expect(box(page)).to_have_value("And then?")
    box(page).press("Enter")
    expect(page.get_by_text("So it goes.").first).to_be_visible()
    assert content(pretend) == "And then?"
    expect(page.get_by_text("still being written")).to_have_count(0)


@pytest.mark.parametrize("path", ["", PAIR], ids=["chat", "comparison"])
def test_a_prompt_on_its_way_is_not_replaced_by_the_next(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage, path: str
) -> None:
    server = start(start_server, pretend)
    page = new_page()
    page.goto(f"{server.url}/{path}")
    box(page).click()
    for words in ("First of two", "Second of two"):
        page.keyboard.insert_text(words)
        page.keyboard.press("Enter")
    page.wait_for_url("**session=*")
    expect(page.get_by_test_id("stChatMessage").first).to_contain_text("First of two")
    [session] = server.api("GET", "/sessions/")
    assert session["title"] == "First of two"


def test_a_temporary_chat_and_its_prompts_are_open_to_everybody(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    server = start(start_server, pretend)
    page = new_page(viewport={"width": 390, "height": 844})
    page.goto(server.url)
    page.get_by_role("button", name="Temporary").click()
    expect(page.get_by_text("Temporary chat.")).to_be_visible()
    axe.check(page)
    page.get_by_role("button", name="Prompts").click()
    page.get_by_label("Name").fill("Summary")
    page.get_by_label("Prompt", exact=True).fill("Sum up {{topic}}.")
    page.get_by_role("button", name="Save prompt").click()
    page.get_by_role("button", name="Summary").click()
    page.get_by_label("topic").fill("the sea")
    axe.check(page)
    page.get_by_role("button", name="Put into the box").click()
    expect(box(page)).to_have_value("Sum up the sea.")
    box(page).press("Enter")
    expect(answer(page)).to_contain_text("to first token")
    assert content(pretend) == "Sum up the sea."
    assert server.api("GET", "/sessions/") == []
    page.get_by_role("button", name="Keep this chat").click()
    page.wait_for_url("**session=*")
    assert [one["title"] for one in server.api("GET", "/sessions/")] == ["Sum up the sea."]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_draft_survives_what_is_clicked_beside_it(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    page = new_page()
    page.goto(f"{start(start_server, pretend).url}/?q=Half%20a%20thought")
    expect(box(page)).to_have_value("Half a thought")
    box(page).press_sequentially(", and more")
    page.get_by_text("Free only").click()
    expect(page.get_by_text("40 of 40 models shown")).to_be_visible()
    expect(box(page)).to_have_value("Half a thought, and more")
