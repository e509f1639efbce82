"""A conversation in a real browser: what one does about answers, links to messages, pictures and thoughts."""

from __future__ import annotations

import base64
import io
from typing import Any

from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.e2e import axe
from tests.e2e.conftest import NewPage, Server, StartServer, settled
from tests.e2e.test_lanes import NORTH, box
from tests.e2e.test_openrouter import pretend, start
from tests.pretend_openrouter import CHAT_MODEL, Answer, PretendOpenRouter, Silence, chunk, said

__all__ = ["pretend"]

RICH = """Odd numbers add up to $n^2$:

```python
def odd_sum(n: int) -> int:
    return n * n
```

| n | Sum |
|---|-----|
| 2 | 4 |
"""


def thinking(pause: bool = False) -> Answer:
    """An answer with reasoning, code, a table and maths."""
    pieces: list[Any] = list(said(NORTH, RICH))
    thought = chunk(NORTH, {"content": "", "reasoning": "I draw squares in my head."})
    return Answer(pieces=[*pieces[:2], thought, *([Silence()] if pause else []), *pieces[2:]])


def asked(server: Server, session_id: str, prompt: str, *, picture: bool = False) -> None:
    parts: list[Any] = [{"type": "text", "text": prompt}]
    if picture:
        drawn = io.BytesIO()
        Image.new("RGB", (640, 400), "teal").save(drawn, "PNG")
        url = f"data:image/png;base64,{base64.b64encode(drawn.getvalue()).decode()}"
        parts.append({"type": "image_url", "image_url": {"url": url}})
    body = {
        "model": CHAT_MODEL if picture else NORTH,
        "session_id": session_id,
        "messages": [{"role": "user", "content": parts}],
    }
    server.api("POST", "/chat/", json=body)


def begun(server: Server, *prompts: str) -> str:
    session: str = server.api("POST", "/sessions/", json={"model_id": NORTH, "title": "Squares"})["id"]
    for prompt in prompts:
        asked(server, session, prompt)
    return session


def icons(page: Page, name: str) -> Locator:
    """The buttons with that icon, once the page is drawn to its end: menus come later than other buttons."""
    expect(page.get_by_test_id("stChatInputTextArea")).to_be_visible()
    settled(page)
    return page.get_by_role("button", name=name)


def icon(page: Page, name: str) -> Locator:
    """The last one."""
    return icons(page, name).last


def test_an_answer_is_given_again_switched_copied_and_rated(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    pretend.answers[NORTH] = thinking()
    server = start(start_server, pretend)
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"{server.url}/?session={begun(server, 'Why?')}")
    expect(page.get_by_text("odd_sum")).to_be_visible()
    pretend.answers[NORTH] = Answer(pieces=said(NORTH, "Another ", "answer."))
    icon(page, "refresh icon").click()
    expect(page.get_by_text("Another answer.")).to_be_visible()
    expect(page.get_by_text("2 / 2")).to_be_visible()
    icon(page, "chevron_left icon").click()
    expect(page.get_by_text("odd_sum")).to_be_visible()
    page.get_by_role("radio", name="Thumbs up").last.click()
    icon(page, "content_copy icon").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Odd numbers add up").hover()
    dialog.get_by_role("button", name="Copy to clipboard").click()
    assert page.evaluate("navigator.clipboard.readText()") == RICH.strip()
    page.reload()
    expect(page.get_by_text("1 / 2")).to_be_visible()
    expect(page.get_by_role("radio", name="Thumbs up").last).to_be_checked()


def test_an_edited_prompt_opens_a_chat_of_its_own_and_leads_back(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    server = start(start_server, pretend)
    session = begun(server, "First?", "Second?")
    page = new_page()
    page.goto(f"{server.url}/?session={session}")
    icon(page, "edit icon").click()
    words = page.get_by_role("textbox", name="Prompt")
    expect(words).to_have_value("Second?")
    words.fill("  ")
    page.get_by_role("button", name="Ask in a new chat").click()
    expect(page.get_by_role("dialog").get_by_text("The message is empty")).to_be_visible()
    words.fill("Something else?")
    page.get_by_role("button", name="Ask in a new chat").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_text("Something else?")).to_be_visible()
    expect(page.get_by_test_id("stChatMessage")).to_have_count(4)
    assert session not in page.url
    page.get_by_role("button", name="Forked from Squares").click()
    page.wait_for_url(f"**/?session={session}&message=*")
    expect(page.get_by_role("button", name="Asked in other words in")).to_be_visible()


def test_a_deleted_prompt_is_gone_with_its_answer(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    server = start(start_server, pretend)
    page = new_page()
    page.goto(f"{server.url}/?session={begun(server, 'First?', 'Second?', 'Third?')}")
    icon(page, "more_horiz icon").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Third?")).to_have_count(0)
    expect(page.get_by_test_id("stChatMessage")).to_have_count(4)


def test_an_older_prompt_is_deleted_from_the_menu_under_its_answer(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    server = start(start_server, pretend)
    page = new_page()
    page.goto(f"{server.url}/?session={begun(server, 'First?', 'Second?', 'Third?')}")
    icons(page, "more_horiz icon").first.click()
    expect(page.get_by_text("Bad answer")).to_be_visible()
    axe.check(page)
    page.get_by_text("Link, trace, delete…").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("First?")).to_have_count(0)
    expect(page.get_by_test_id("stChatMessage")).to_have_count(4)


def test_a_link_opens_with_its_message_in_sight(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    server = start(start_server, pretend)
    session = begun(server, *(f"Prompt {number}?" for number in range(14)))
    messages = server.api("GET", f"/sessions/{session}")["messages"]
    page = new_page()
    page.goto(f"{server.url}/?session={session}&message={messages[4]['id']}")
    expect(page.get_by_text("Linked").first).to_be_in_viewport()
    expect(page.get_by_text("Prompt 2?")).to_be_in_viewport()
    # Only a page that rests at its end follows what is new.
    settled(page)
    page.get_by_role("button", name="Show 11 later prompts").click()
    expect(page.get_by_text("Prompt 13?")).to_be_in_viewport()


def test_a_picture_can_be_looked_at_on_the_full_screen(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    server = start(start_server, pretend)
    session = begun(server)
    asked(server, session, "What is this?", picture=True)
    page = new_page()
    page.goto(f"{server.url}/?session={session}")
    picture = page.get_by_role("img", name="Image 1")
    assert box(picture)["width"] == 240
    # A picture that is drawn anew is small again.
    settled(page)
    picture.hover()
    page.get_by_role("button", name="Fullscreen").click()
    expect(page.get_by_role("button", name="Close fullscreen")).to_be_visible()
    assert box(picture)["width"] > 900


def test_how_long_a_model_thought_stands_over_its_thoughts(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    pretend.answers[NORTH] = thinking(pause=True)
    server = start(start_server, pretend)
    page = new_page()
    page.goto(server.url)
    page.get_by_role("combobox").first.click()
    page.get_by_role("option").filter(has_text=NORTH).click()
    page.get_by_test_id("stChatInputTextArea").fill("Why?")
    page.get_by_test_id("stChatInputTextArea").press("Enter")
    page.get_by_text("Thinking").click()
    expect(page.get_by_text("I draw squares")).to_be_visible()
    pretend.release()
    expect(page.get_by_text("odd_sum")).to_be_visible()
    page.get_by_text("Thought for").click()
    expect(page.get_by_text("I draw squares")).to_be_visible()


def test_everybody_can_use_a_conversation_and_its_dialogs(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    pretend.answers[NORTH] = thinking()
    server = start(start_server, pretend)
    session = begun(server, "Why?")
    asked(server, session, "What is this?", picture=True)
    pretend.answers[NORTH] = Answer(pieces=said(NORTH, "Short."))
    asked(server, session, "And now?")
    page = new_page()
    page.goto(f"{server.url}/?session={session}")
    expect(page.get_by_text("Short.")).to_be_visible()
    expect(page.get_by_text("From here on").first).to_be_attached()
    axe.check(page)
    for name in ("content_copy", "swap_horiz", "edit", "more_horiz"):
        icon(page, f"{name} icon").click()
        expect(page.get_by_role("dialog")).to_be_visible()
        axe.check(page)
        page.get_by_role("button", name="Close", exact=True).click()
        expect(page.get_by_role("dialog")).to_have_count(0)
    narrow = new_page(viewport={"width": 390, "height": 844})
    narrow.goto(f"{server.url}/?session={session}")
    expect(narrow.get_by_text("Short.")).to_be_visible()
    assert narrow.evaluate("document.documentElement.scrollWidth") <= 390
