"""Blind comparisons in a real browser: neither words nor order nor timing tell who answers."""

from __future__ import annotations

import re
from collections.abc import Sequence

from playwright.sync_api import Page, WebSocket, expect

from madlen import blind
from tests.e2e.conftest import NewPage, Server, StartServer
from tests.e2e.test_compare import ask
from tests.e2e.test_lanes import FLASH, NORTH, OWL, THREE, held
from tests.e2e.test_openrouter import pretend, start
from tests.pretend_openrouter import Answer, PretendOpenRouter, said

__all__ = ["pretend"]

NAMES = ("cohere", "north", "owl", "google", "gemini", "openrouter/")
"""Ids, names and makers of the three."""
FIGURES = ("tokens", "$0", " s in all", "first to")
SELF = {
    NORTH: "I am North Mini, a model made by Cohere. One.",
    OWL: "As an AI, I am Owl Alpha. Two.",
    FLASH: "I'm Gemini 3.6 Flash, trained by Google. Three.",
}


class Wire:
    """What the server sends to a page from some moment on."""

    def __init__(self, page: Page) -> None:
        self.sent = b""
        page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._take)

    def _take(self, frame: str | bytes) -> None:
        self.sent += frame.encode() if isinstance(frame, str) else frame


def asked_blind(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/compare?models={THREE}")
    expect(page.get_by_text("tokens ·").first).to_be_visible()
    page.get_by_text("Blind", exact=True).click()
    expect(page.get_by_role("switch", name="Blind")).to_be_checked()
    ask(page, "Who are you?")


def stored(page: Page, server: Server) -> list[dict[str, object]]:
    messages: list[dict[str, object]] = server.api("GET", f"/sessions/{page.url.split('session=')[1]}")[
        "messages"
    ]
    return messages


def leaks(seen: str, words: Sequence[str] = (*NAMES, *FIGURES)) -> list[str]:
    return [word for word in words if word in seen.lower()]


def test_the_page_says_nothing_of_who_answers_until_the_vote(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    for model, words in SELF.items():
        pretend.answers[model] = Answer(pieces=said(model, words))
    server, page = start(start_server, pretend), new_page()
    asked_blind(page, server)
    expect(page.get_by_text("Which is best?")).to_be_visible()
    main = page.get_by_test_id("stMain")
    assert leaks(main.inner_text()) == []
    assert leaks(page.get_by_test_id("stSidebar").inner_text().replace("Madlen AI Chat", "")) == []
    assert leaks(main.inner_html()) == []
    assert main.inner_text().count("(hidden)") >= 3
    # Whoever opens the page anew is not told either, nor is the wire that brings it.
    wire = Wire(page)
    page.reload()
    expect(page.get_by_text("Which is best?")).to_be_visible()
    assert b"Who are you?" in wire.sent
    assert leaks(wire.sent.decode("latin-1"), NAMES) == []
    page.get_by_role("button", name="Answer A").click()
    expect(page.get_by_text("Your vote is kept")).to_be_visible()
    for words in SELF.values():
        expect(page.get_by_text(words)).to_be_visible()


def test_the_answers_stand_in_an_order_of_their_own(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    words = dict(zip((NORTH, OWL, FLASH), ("One.", "Two.", "Three."), strict=True))
    for model, word in words.items():
        pretend.answers[model] = Answer(pieces=said(model, word))
    server, page = start(start_server, pretend), new_page()
    asked_blind(page, server)
    expect(page.get_by_text("Which is best?")).to_be_visible()
    prompt, *_ = stored(page, server)
    lanes = dict(zip("ABC", words.values(), strict=True))
    wanted = [lanes[lane] for lane in blind.order(str(prompt["id"]), "ABC")]
    expect(page.get_by_text(re.compile(r"^(One|Two|Three)\.$"))).to_have_text(wanted)


def test_quick_answers_wait_for_the_slowest(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    pretend.answers[NORTH] = Answer(pieces=said(NORTH, "Quick as that."))
    pretend.answers[OWL] = held(OWL, "Slow ", "but sure.")
    pretend.answers[FLASH] = Answer(pieces=said(FLASH, "Quick too."))
    server, page = start(start_server, pretend), new_page()
    asked_blind(page, server)
    expect(page.get_by_text("shown together")).to_be_visible()
    assert pretend.silent.wait(30)
    quick = ("Quick as that.", "Quick too.")
    while sum(message["content"] in quick for message in stored(page, server)) < 2:
        page.wait_for_timeout(50)
    page.reload()
    expect(page.get_by_text("shown together")).to_be_visible()
    seen = page.get_by_test_id("stMain").inner_html()
    assert not [word for word in ("Quick", "Slow", "Answer A") if word in seen]
    pretend.release()
    for word in (*quick, "Slow but sure."):
        expect(page.get_by_text(word)).to_be_visible()
