"""A chat is opened: what its page is sent first, and what is seen then."""

from __future__ import annotations

from playwright.sync_api import WebSocket, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.e2e.conftest import NewPage, StartServer, settled
from tests.e2e.test_conversation import begun
from tests.e2e.test_lanes import NORTH
from tests.e2e.test_openrouter import pretend, start
from tests.pretend_openrouter import Answer, PretendOpenRouter, said

__all__ = ["pretend"]


class Sent:
    """What a page is sent, in its order: words of Markdown, and the names of other elements."""

    def __init__(self) -> None:
        self.elements: list[str] = []

    def listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._take)

    def _take(self, payload: bytes | str) -> None:
        if isinstance(payload, bytes):
            element = ForwardMsg.FromString(payload).delta.new_element
            self.elements.append(element.markdown.body or str(element.WhichOneof("type")))

    def before(self, first: str, then: str) -> bool:
        return self.elements.index(first) < self.elements.index(then)


def test_the_last_answer_is_sent_before_the_list_of_chats_and_the_box(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    pretend.answers[NORTH] = Answer(pieces=said(NORTH, "The last ", "words."))
    server = start(start_server, pretend)
    session, page, sent = begun(server, "First?", "Second?"), new_page(), Sent()
    page.on("websocket", sent.listen)
    page.goto(f"{server.url}/?session={session}")
    expect(page.get_by_test_id("stChatInputTextArea")).to_be_visible()
    settled(page)
    assert sent.before("The last words.", "heading")
    assert sent.before("heading", "chat_input")
    expect(page.get_by_test_id("stChatMessage")).to_have_count(4)
    expect(page.get_by_text("The last words.")).to_have_count(2)


def test_a_chat_that_is_opened_stands_at_its_end(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    pretend.answers[NORTH] = Answer(pieces=said(NORTH, *(f"Line {number}.\n\n" for number in range(40))))
    server = start(start_server, pretend)
    session, page = begun(server, "First?", "Second?"), new_page()
    page.goto(f"{server.url}/?session={session}")
    expect(page.get_by_test_id("stChatInputTextArea")).to_be_visible()
    settled(page)
    expect(page.get_by_text("Line 39.").last).to_be_in_viewport()
    expect(page.get_by_text("First?")).not_to_be_in_viewport()
