"""With a key: the pages over a pretend OpenRouter, and where the key and other things do not go."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from madlen import catalogue
from tests.e2e.conftest import NewPage, Server, StartServer, sent
from tests.pretend_openrouter import CHAT_MODEL, Answer, PretendOpenRouter, said
from tests.test_catalogue import SAMPLE

SECRET = "q7Zx9CanaryKey4Wm2"
ROUTER = "openrouter/free"
EMBEDDED = re.compile("^SmolLM2 135M Instruct · free · 8,192 tokens")


@pytest.fixture
def pretend() -> Iterator[PretendOpenRouter]:
    with PretendOpenRouter().running() as running:
        yield running


def start(start_server: StartServer, pretend: PretendOpenRouter, **more: str) -> Server:
    return start_server(OPENROUTER_API_KEY=f"sk-or-v1-{SECRET}", OPENROUTER_BASE_URL=pretend.base_url, **more)


def last_asked(pretend: PretendOpenRouter) -> dict[str, Any]:
    """The newest chat request; the account is asked in between."""
    return next(received.body for received in reversed(pretend.received) if "messages" in received.body)


def asked(page: Page, server: Server, prompt: str = "Hello") -> None:
    page.goto(server.url)
    page.get_by_test_id("stChatInputTextArea").fill(prompt)
    page.get_by_test_id("stChatInputTextArea").press("Enter")


def test_a_free_model_of_openrouter_answers_and_the_cost_is_shown(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    page = new_page()
    asked(page, start(start_server, pretend))
    message = page.get_by_test_id("stChatMessage").last
    expect(message).to_contain_text("Hello there")
    expect(message).to_contain_text("9 tokens in, 4 out")
    expect(message).to_contain_text("$0.000071")
    expect(message).to_contain_text("Google AI Studio")
    assert last_asked(pretend)["model"] == ROUTER


def picture(tmp_path: Path) -> Path:
    path = tmp_path / "red.png"
    Image.new("RGB", (8, 8), "red").save(path)
    return path


def test_an_uploaded_image_reaches_a_model_that_sees(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage, tmp_path: Path
) -> None:
    page = new_page()
    page.goto(start(start_server, pretend).url)
    page.get_by_test_id("stChatInput").locator("input[type=file]").first.set_input_files(picture(tmp_path))
    expect(page.get_by_text("red.png")).to_be_visible()
    sent(page, "What is this?")
    expect(page.get_by_test_id("stChatMessage").last).to_contain_text("Hello there")
    expect(page.get_by_test_id("stChatMessage").first.get_by_role("img")).to_be_visible()
    [message] = last_asked(pretend)["messages"]
    text, image = message["content"]
    assert text == {"type": "text", "text": "What is this?"}
    assert image["image_url"]["url"].startswith("data:image/png;base64,")


def blind_prompt(page: Page, server: Server, tmp_path: Path) -> None:
    """An image and a question for the embedded model, which cannot see."""
    page.goto(server.url)
    page.get_by_role("combobox").first.click()
    page.get_by_role("option", name="SmolLM2").click()
    page.get_by_test_id("stChatInput").locator("input[type=file]").first.set_input_files(picture(tmp_path))
    expect(page.get_by_text("red.png")).to_be_visible()
    sent(page, "What is this?")
    expect(page.get_by_text("cannot see images, so nothing was sent yet")).to_be_visible()


def test_an_image_for_a_model_that_cannot_see_goes_to_one_that_does_with_one_click(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage, tmp_path: Path
) -> None:
    page = new_page()
    blind_prompt(page, start(start_server, pretend), tmp_path)
    page.locator(".st-key-ask-seeing").get_by_role("button").click()
    expect(page.get_by_test_id("stChatMessage").last).to_contain_text("Hello there")
    [message] = last_asked(pretend)["messages"]
    assert [part["type"] for part in message["content"]] == ["text", "image_url"]
    seeing = catalogue.matching(SAMPLE, free=True, vision=True)
    assert last_asked(pretend)["model"] in {one.id for one in seeing}


def test_a_refused_key_is_a_sentence_in_the_page(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    pretend.answers[ROUTER] = Answer(401, {"error": {"code": 401, "message": "User not found."}})
    page = new_page()
    asked(page, start(start_server, pretend))
    expect(page.get_by_text("OpenRouter refused the API key. Check OPENROUTER_API_KEY")).to_be_visible()
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


def test_an_openrouter_out_of_reach_leaves_the_embedded_model_and_says_so(
    start_server: StartServer, new_page: NewPage
) -> None:
    server = start_server(
        OPENROUTER_API_KEY=f"sk-or-v1-{SECRET}", OPENROUTER_BASE_URL="http://127.0.0.1:9/api/v1"
    )
    page = new_page()
    page.goto(server.url)
    expect(page.get_by_text("OpenRouter cannot be reached at http://127.0.0.1:9/api/v1")).to_be_visible()
    expect(page.get_by_role("combobox").first).to_have_value(EMBEDDED)


class Sink(ThreadingHTTPServer):
    """Somebody else's server, which must never be called."""

    def __init__(self) -> None:
        sink = self
        self.calls: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                sink.calls.append(self.path)
                self.send_response(404)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)


def test_reading_an_answer_calls_nobody_else(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    sink = Sink()
    thread = threading.Thread(target=sink.serve_forever)
    thread.start()
    address = f"http://127.0.0.1:{sink.server_address[1]}"
    attack = (
        f"![a]({address}/image)\n\n<img src='{address}/tag'>\n\n<iframe src='{address}/frame'></iframe>\n\n"
        f"| ![b]({address}/cell) |\n|---|\n| x |\n\n<script>window.__pwn = 1</script>\n\nThe end."
    )
    pretend.answers[ROUTER] = Answer(pieces=said(CHAT_MODEL, attack))
    page = new_page()
    asked(page, start(start_server, pretend), f"![c]({address}/prompt)")
    expect(page.get_by_test_id("stChatMessage").last).to_contain_text("The end.")
    expect(page.get_by_test_id("stChatMessage").last).to_contain_text("to first token")
    page.reload()
    expect(page.get_by_test_id("stChatMessage").last).to_contain_text("The end.")
    assert page.evaluate("window.__pwn") is None
    sink.shutdown()
    thread.join()
    sink.server_close()
    assert sink.calls == []


def test_the_key_goes_to_openrouter_and_nowhere_else(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    parts = {SECRET[at : at + 8] for at in range(len(SECRET) - 7)}
    seen: list[str] = []
    page = new_page()
    page.on("websocket", lambda socket: socket.on("framereceived", lambda data: seen.append(str(data))))
    server = start(start_server, pretend, DEBUG="true")
    pretend.answers[CHAT_MODEL] = Answer(
        429, {"error": {"code": 429, "message": f"Bad key sk-or-v1-{SECRET}", "metadata": None}}
    )
    asked(page, server)
    expect(page.get_by_test_id("stChatMessage").last).to_contain_text("to first token")
    seen.append(page.content())
    body = {"model": CHAT_MODEL, "messages": [{"role": "user", "content": "Hello"}]}
    paths = ("/", "/health", "/models/?free=false", "/sessions/", "/openapi.json")
    seen += [str(server.api("GET", path)) for path in paths]
    with pytest.raises(Exception, match="429") as refused:
        server.api("POST", "/chat/", json=body)
    seen.append(refused.value.response.text)  # type: ignore[attr-defined]
    assert server.end() == 0
    seen += [server.log.read_text(), server.database.read_bytes().decode("latin-1")]
    assert pretend.received[-1].headers["authorization"] == f"Bearer sk-or-v1-{SECRET}"
    assert not [part for part in parts if any(part in text for text in seen)]
