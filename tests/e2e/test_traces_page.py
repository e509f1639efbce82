"""The traces page of a real server in a real browser, over a pretend OpenRouter."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Page, expect

from madlen.settings import child_environment
from tests.e2e import axe
from tests.e2e.conftest import ROOT, NewPage, Server, StartServer
from tests.e2e.test_openrouter import asked, pretend, start
from tests.e2e.test_sets_looks import fits
from tests.ports import free_port
from tests.pretend_openrouter import Answer, PretendOpenRouter
from tests.traces.test_otlp import parsed

__all__ = ["pretend"]

NORTH, OWL = "cohere/north-mini-code:free", "openrouter/owl-alpha"
FAILED = Answer(status=404, body={"error": {"code": 404, "message": "No endpoints found"}})


def answered(server: Server, model: str = NORTH, **more: Any) -> dict[str, Any]:
    """An answer over the API, and with it the id of its trace."""
    messages = [{"role": "user", "content": "How long does tea brew?"}]
    found: dict[str, Any] = server.api("POST", "/chat/", json={"model": model, "messages": messages, **more})
    return found


def chatted(server: Server) -> tuple[str, str]:
    """The ids of a session of two turns and of the trace of the second."""
    session = server.api("POST", "/sessions/", json={"model_id": NORTH, "title": "Tea"})["id"]
    answered(server, session_id=session)
    return session, answered(server, OWL, session_id=session)["trace_id"]


def compared(server: Server) -> str:
    lanes = [{"model": NORTH}, {"model": OWL}]
    trace_id: str = server.api("POST", "/compare/", json={"lanes": lanes, "prompt": "Why?"})["trace_id"]
    return trace_id


def drawn(page: Page) -> None:
    """Waits until a trace is there to its end, its charts too."""
    expect(page.get_by_role("heading", name="Spans")).to_be_visible()
    expect(page.get_by_label("When each span of the trace began and ended", exact=True)).to_be_visible()
    expect(page.get_by_label("Attributes of the span", exact=True)).to_be_visible()


def test_from_an_answer_to_its_trace_to_the_chat_and_back(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    server, page = start(start_server, pretend), new_page(viewport={"width": 1280, "height": 1400})
    asked(page, server, "How long does tea brew?")
    expect(page.get_by_test_id("stChatMessage").last).to_contain_text("tokens in")
    page.get_by_role("button", name="timeline icon").click()
    expect(page.get_by_role("heading", name="Why was this slow?")).to_be_visible()
    drawn(page)
    assert re.search("/traces\\?trace=[0-9a-f]{32}$", page.url)
    expect(page.get_by_text(re.compile(r" took \d+\.\d+ of \d+\.\d+ s \(\d+%\): "))).to_be_visible()
    page.get_by_role("button", name="The whole chat").click()
    expect(page.get_by_role("heading", name="Turn 1")).to_be_visible()
    page.get_by_role("button", name="Trace", exact=True).click()
    drawn(page)
    page.get_by_role("link", name="To the answer").click()
    expect(page.get_by_test_id("stChatMessage").last).to_contain_text("tokens in")
    assert "message=" in page.url
    page.go_back()
    drawn(page)
    page.get_by_role("button", name="All traces").click()
    expect(page.get_by_role("heading", name="Newest")).to_be_visible()


def test_a_click_on_a_bar_picks_its_span(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    server, page = start(start_server, pretend), new_page(viewport={"width": 1280, "height": 1400})
    page.goto(f"{server.url}/traces?trace={answered(server)['trace_id']}")
    drawn(page)
    expect(page.get_by_text("client span")).to_be_visible()
    chart = page.get_by_label("When each span of the trace began and ended", exact=True)
    chart.locator("path[aria-roledescription=bar], .mark-rect path").first.click()
    expect(page.get_by_text("server span")).to_be_visible()


def test_two_traces_are_laid_side_by_side(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    server, page = start(start_server, pretend), new_page(viewport={"width": 1280, "height": 1400})
    answered(server)
    page.goto(f"{server.url}/traces?trace={compared(server)}")
    drawn(page)
    page.get_by_role("button", name="Lay beside").click()
    page.get_by_role("button", name="Show both").click()
    expect(page.get_by_role("heading", name=re.compile("^A: "))).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile("^B: "))).to_be_visible()
    expect(page.get_by_label("When each span of the trace began and ended", exact=True)).to_have_count(2)
    assert "beside=" in page.url
    page.reload()
    expect(page.get_by_role("heading", name=re.compile("^B: "))).to_be_visible()
    page.get_by_role("button", name="This one alone").last.click()
    drawn(page)


def test_the_list_is_filtered_and_leads_to_a_trace(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    server, page = start(start_server, pretend), new_page(viewport={"width": 1280, "height": 1400})
    page.goto(f"{server.url}/traces")
    expect(page.get_by_text("There is none yet")).to_be_visible()
    answered(server)
    pretend.answers[OWL] = FAILED
    with pytest.raises(httpx2.HTTPStatusError):
        answered(server, OWL)
    page.reload()
    lines = page.get_by_test_id("stMain").get_by_role("button", name=re.compile(r"\d\d:\d\d:\d\d · "))
    expect(lines).to_have_count(2)
    page.get_by_role("button", name="Filter").click()
    page.get_by_text("With an error").click()
    expect(lines).to_have_count(1)
    expect(page.get_by_text("Only traces: with an error")).to_be_visible()
    page.keyboard.press("Escape")
    lines.first.click()
    drawn(page)
    expect(page.get_by_text("model-gone").first).to_be_visible()


def test_a_trace_is_downloaded_as_otlp(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage, tmp_path: Path
) -> None:
    server, page = start(start_server, pretend), new_page()
    trace_id = answered(server)["trace_id"]
    page.goto(f"{server.url}/traces?trace={trace_id}")
    drawn(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="OTLP JSON").click()
    download.value.save_as(tmp_path / "trace.json")
    found = parsed((tmp_path / "trace.json").read_text("utf-8"))
    spans = [one for scope in found.resource_spans[0].scope_spans for one in scope.spans]
    assert {one.trace_id.hex() for one in spans} == {trace_id}


def test_traces_can_be_used_by_everybody(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    server = start(start_server, pretend, JAEGER_UI_URL="http://127.0.0.1:16686")
    page = new_page(viewport={"width": 1280, "height": 1400})
    page.goto(f"{server.url}/traces")
    expect(page.get_by_text("There is none yet")).to_be_visible()
    axe.check(page)
    session, trace_id = chatted(server)
    both = compared(server)
    page.goto(f"{server.url}/traces")
    expect(page.get_by_role("heading", name="Newest")).to_be_visible()
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_text("Voted down")).to_be_visible()
    axe.check(page)
    page.goto(f"{server.url}/traces?trace={both}")
    drawn(page)
    axe.check(page)
    page.get_by_role("button", name="Lay beside").click()
    expect(page.get_by_text("Other trace")).to_be_visible()
    axe.check(page)
    page.goto(f"{server.url}/traces?trace={trace_id}&beside={both}")
    expect(page.get_by_role("heading", name=re.compile("^B: "))).to_be_visible()
    axe.check(page)
    page.goto(f"{server.url}/traces?session={session}")
    expect(page.get_by_role("heading", name="Turn 2")).to_be_visible()
    axe.check(page)
    page.goto(f"{server.url}/traces?trace={'0' * 32}")
    expect(page.get_by_text("This trace is not here")).to_be_visible()
    axe.check(page)


def test_nothing_of_a_trace_is_wider_than_a_phone(
    start_server: StartServer, pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    server, page = start(start_server, pretend), new_page(viewport={"width": 390, "height": 800})
    session, trace_id = chatted(server)
    page.goto(f"{server.url}/traces")
    expect(page.get_by_role("heading", name="Newest")).to_be_visible()
    assert fits(page)
    page.goto(f"{server.url}/traces?trace={trace_id}")
    drawn(page)
    assert fits(page)
    for address in (f"trace={trace_id}&beside={compared(server)}", f"session={session}"):
        page.goto(f"{server.url}/traces?{address}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert fits(page)


def test_traces_outlive_the_server_and_hold_no_words(
    start_server: StartServer, pretend: PretendOpenRouter
) -> None:
    server = start(start_server, pretend)
    messages = [{"role": "user", "content": "canary-prompt"}]
    body = {"model": NORTH, "messages": messages}
    trace_id = server.api("POST", "/chat/", json=body, headers={"X-Canary": "canary-header"})["trace_id"]
    assert server.end() == 0
    again = start(start_server, pretend)
    found = again.api("GET", f"/traces/{trace_id}")
    assert [span["name"] for span in found["spans"]] == ["POST /chat", f"chat {NORTH}", "POST"]
    assert found["answers"][0]["dominant"]
    assert "canary" not in json.dumps(found)
    assert b"canary" not in server.database.with_name("chat-traces.db").read_bytes()


def test_several_processes_keep_their_traces_in_one_file(pretend: PretendOpenRouter, tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "madlen.api:app", f"--port={port}", "--workers=2"]
    environment = child_environment(
        DATABASE_URL=f"sqlite:///{tmp_path}/chat.db",
        OPENROUTER_API_KEY="sk-or-v1-test",
        OPENROUTER_BASE_URL=pretend.base_url,
    )
    with (tmp_path / "server.log").open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output, env=environment)
    server = Server(process, f"http://127.0.0.1:{port}", tmp_path / "server.log", tmp_path / "chat.db")
    try:
        server.wait_until_healthy(prefix="")
        made = set()
        for _ in range(12):
            body = {"model": NORTH, "messages": [{"role": "user", "content": "Hi"}]}
            # Each connection may go to another worker.
            response = httpx2.post(f"{server.url}/chat/", json=body, timeout=60)
            made.add(response.json()["trace_id"])
        assert server.end() == 0
    finally:
        server.end()
    from madlen.traces import Traces  # noqa: PLC0415

    kept = Traces(str(tmp_path / "chat-traces.db"), kept=100)
    assert {heading.trace_id for heading in kept.listed()} == made
