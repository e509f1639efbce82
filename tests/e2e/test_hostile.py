"""Hostile words wherever others write them: no page runs them, and none of them is fetched."""

from __future__ import annotations

import ast
import copy
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Dialog, Page, expect

from tests.e2e.conftest import ROOT, NewPage, Server, StartServer, sent, settled
from tests.e2e.test_openrouter import Sink, pretend, start
from tests.pretend_openrouter import Answer, Asked, PretendOpenRouter, listings, said

__all__ = ["pretend"]

GOOD, BAD, DEAD = "hostile/good:free", "hostile/bad:free", "hostile/dead:free"
PARTS = (
    "<script>window.__pwn = 1</script>",
    "<img src='SINK/tag' onerror='window.__pwn = 2'>",
    "![x](SINK/image)",
    "[![x](SINK/linked)](SINK/link)",
    "![x][1]",
    "<iframe src='SINK/frame'></iframe>",
    "<link rel=stylesheet href='SINK/style'>",
    "<style>@import url(SINK/import); body { background: url(SINK/background) }</style>",
    "<svg onload='window.__pwn = 3'></svg>",
    "<video src='SINK/video' autoplay></video>",
    "[a](javascript:window.__pwn=4)",
    ":material/home: :red[x] $x$ `y`",
)
LINES = (
    *PARTS,
    "| ![b](SINK/cell) |\n|---|\n| x |",
    "[1]: SINK/reference",
    "$$\\href{javascript:window.__pwn=5}{x} \\includegraphics{SINK/maths}$$",
    "```html\n<script>window.__pwn = 6</script>\n```",
    "<meta http-equiv=refresh content='0;url=SINK/refresh'>",
)


@dataclass
class Words:
    """Hostile words that name the sink: in one line, and with line breaks."""

    line: str
    text: str


@pytest.fixture
def sink() -> Iterator[Sink]:
    """Somebody else's server; that it was called fails the test."""
    server = Sink()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()
    assert server.calls == []


@pytest.fixture
def words(sink: Sink) -> Words:
    address = f"http://127.0.0.1:{sink.server_address[1]}"
    line, text = " ".join(PARTS), "\n\n".join((*LINES, "The end."))
    return Words(line.replace("SINK", address), text.replace("SINK", address))


def hostile_list(words: Words) -> Any:
    """A model list whose names, descriptions, parameters and makers are hostile."""

    def answer(_asked: Asked) -> Answer:
        [entry, *_] = copy.deepcopy(listings.catalogue()["data"])
        entry |= {"pricing": {"prompt": "0", "completion": "0"}, "supported_parameters": [words.line]}
        entry["architecture"] |= {"output_modalities": ["text"]}
        hostile = [
            {**entry, "id": model, "name": f"{model} {words.line}", "description": words.text}
            for model in (GOOD, BAD, DEAD)
        ]
        return Answer(body=listings.envelope(hostile))

    return answer


@pytest.fixture
def server(start_server: StartServer, pretend: PretendOpenRouter, words: Words) -> Server:
    """A Madlen in which everybody who can write has written hostile words."""
    pretend.models = hostile_list(words)
    pretend.answers[GOOD] = Answer(pieces=said(GOOD, words.text))
    pretend.answers[BAD] = Answer(pieces=said(BAD, words.line))
    pretend.answers[DEAD] = Answer(400, {"error": {"code": 400, "message": words.line}})
    return start(start_server, pretend, APP_NAME=words.line, OPENROUTER_USER=words.line)


def filled(server: Server, words: Words) -> list[str]:
    """Addresses of pages with something hostile on them."""
    lanes = [
        {"model": model, "label": f"{name} {words.line}"[:100], "system": words.line}
        for name, model in (("a", GOOD), ("b", BAD))
    ]
    lanes.append({"model": DEAD})
    compared = server.api("POST", "/compare/", json={"lanes": lanes, "prompt": words.text})
    ids = [reply["message_id"] for reply in compared["replies"]]
    vote = {"order": [[one] for one in ids], "note": words.text, "tags": [words.line[:90]]}
    server.api("PUT", f"/turns/{compared['turn_id']}/vote", json=vote)
    prompt = {"text": words.text, "reference": words.text, "tags": [words.line[:90]]}
    checks = [{"kind": "contains", "value": words.line}]
    made = server.api(
        "POST", "/sets/", json={"name": words.line, "prompts": [prompt, {"text": "Why?"}], "checks": checks}
    )
    run = server.api("POST", "/runs/", json={"set_id": made["id"], "lanes": lanes[:2], "name": words.line})
    chat = server.api("POST", "/sessions/", json={"model_id": GOOD, "title": words.line})
    asked = {"model": GOOD, "session_id": chat["id"], "messages": [{"role": "user", "content": words.text}]}
    server.api("POST", "/chat/", json=asked)
    return [
        f"/?session={chat['id']}",
        f"/compare?session={compared['session_id']}",
        f"/sets?set={made['id']}",
        f"/sets?run={run['id']}",
        f"/models?model={GOOD}",
    ]


def pages() -> list[str]:
    """The addresses of all pages that the navigation of ``app.py`` names."""
    script = ast.parse((ROOT / "app.py").read_text("utf-8"))
    calls = [node for node in ast.walk(script) if isinstance(node, ast.Call)]
    names = [ast.literal_eval(call.args[0]) for call in calls if ast.unparse(call.func) == "st.Page"]
    return [f"/{'' if name == 'pages/chat.py' else Path(name).stem}" for name in names]


def harmless(page: Page, address: str) -> None:
    """Opens a page and all that is folded on it."""
    page.goto(address)
    expect(page.get_by_test_id("stSidebar")).to_be_attached()
    settled(page)
    for folded in page.get_by_test_id("stExpander").locator("summary").all():
        # Unlike a click, it does not wait for a page that streams to stand still.
        folded.dispatch_event("click")
    settled(page)
    assert page.evaluate("window.__pwn") is None
    assert page.url.startswith(address.split("?", maxsplit=1)[0])
    assert page.locator("script:not([src])").count() <= 2
    assert page.locator("iframe, video, meta[http-equiv=refresh]").count() == 0


def test_no_page_runs_or_fetches_what_others_wrote(server: Server, words: Words, new_page: NewPage) -> None:
    addresses = filled(server, words)
    page = new_page()
    dialogs: list[str] = []

    def dismissed(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", dismissed)
    for path in [*pages(), *addresses]:
        harmless(page, f"{server.url}{path}")
        if path in addresses:
            # They are there, and only words.
            expect(page.get_by_role("main")).to_contain_text("window.__pwn = 1")
    assert dialogs == []


def test_words_and_file_names_that_were_typed_are_harmless(
    server: Server, words: Words, new_page: NewPage, tmp_path: Path
) -> None:
    picture = tmp_path / "<img src=x onerror=window.__pwn=7>![x](a).png"
    Image.new("RGB", (8, 8), "red").save(picture)
    page = new_page()
    page.goto(server.url)
    page.get_by_test_id("stChatInput").locator("input[type=file]").first.set_input_files(picture)
    expect(page.get_by_role("button", name="Remove <img src=x")).to_be_visible()
    sent(page, words.text)
    expect(page.get_by_test_id("stChatMessage").last).to_contain_text("The end.")
    settled(page)
    assert page.evaluate("window.__pwn") is None


def test_an_error_is_only_words(
    server: Server, pretend: PretendOpenRouter, words: Words, new_page: NewPage
) -> None:
    pretend.key = Answer(400, {"error": {"code": 400, "message": words.line}})
    page = new_page()
    page.goto(f"{server.url}/settings")
    page.get_by_role("button", name="Test the key").click()
    expect(page.get_by_test_id("stAlert").first).to_be_visible()
    pretend.models = Answer(400, {"error": {"code": 400, "message": words.line}})
    page.goto(f"{server.url}/models")
    page.get_by_role("button", name="Refresh").click()
    expect(page.get_by_test_id("stAlert").first).to_be_visible()
    settled(page)
    assert page.evaluate("window.__pwn") is None


def test_a_search_for_hostile_words_finds_them_and_does_nothing(
    server: Server, words: Words, new_page: NewPage
) -> None:
    page = new_page()
    page.goto(f"{server.url}/models")
    page.get_by_role("textbox", name="Search").fill(words.line[:200])
    expect(page.get_by_text("3 of them shown")).to_be_visible()
    assert page.evaluate("window.__pwn") is None
