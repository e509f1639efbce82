"""People at their browsers in mid-answer: they reload, leave, come back, and press Enter too often."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import BrowserContext, Error, Locator, Page, expect, sync_playwright

from bench.browser import FLAGS
from bench.faults.outcome import Lab, Outcome
from bench.faults.servers import Server, launched, status
from bench.faults.upstream import Call, Upstream, steady
from madlen.store import upkeep

WORDS = 120
PATIENCE = 30_000
"""Milliseconds."""


def _reload(page: Page, _address: str) -> list[Page]:
    page.reload()
    return [page]


def _close(page: Page, address: str) -> list[Page]:
    context = page.context
    page.close()
    again = context.new_page()
    again.goto(address)
    return [again]


def _second_tab(page: Page, address: str) -> list[Page]:
    other = page.context.new_page()
    other.goto(address)
    return [page, other]


def _back(page: Page, _address: str) -> list[Page]:
    page.goto("about:blank")
    page.go_back()
    return [page]


LEAVING: dict[str, Callable[[Page, str], list[Page]]] = {
    "reload": _reload,
    "close": _close,
    "second tab": _second_tab,
    "back button": _back,
}


def left(lab: Lab) -> Outcome:
    """Leaves the page of an answer in flight in one of four ways and looks at it to its end."""
    outcome = Outcome(notes={"recovery": "from the leaving until a page shows the answer's first word"})
    ways = [*LEAVING]
    with _scene(lab, outcome) as (upstream, server, context):
        upstream.manner = steady(WORDS, per_second=40)
        for run in range(lab.runs):
            page = _opened(context, server.url)
            call = _asked(page, upstream, f"leave {run}")
            page.wait_for_url("**/?session=*")
            address = page.url
            time.sleep(lab.random.uniform(0.0, 1.5))
            way = ways[run % len(ways)]
            start = time.monotonic()
            pages = LEAVING[way](page, address)
            for one in pages:
                expect(_answer(one)).to_contain_text("w0 ", timeout=PATIENCE)
            outcome.recoveries.append(time.monotonic() - start)
            for one in pages:
                expect(_answer(one)).to_contain_text("to first token", timeout=PATIENCE)
                shown = _answer(one).inner_text()
                outcome.expect(call.text.strip() in " ".join(shown.split()), f"{way}: not all is shown")
            _account(outcome, upstream, server, call, address)
            for one in context.pages:
                one.close()
    return outcome


def stormed(lab: Lab) -> Outcome:
    """Presses Enter five times, then reloads the page again and again while the answer comes."""
    outcome = Outcome(notes={"recovery": "from the last reload until the answer is whole on the page"})
    with _scene(lab, outcome) as (upstream, server, context):
        upstream.manner = steady(WORDS, per_second=80)
        for run in range(lab.runs):
            page = _opened(context, server.url)
            call = _asked(page, upstream, f"storm {run}", times=5)
            page.wait_for_url("**/?session=*")
            address = page.url
            for _ in range(10):
                _load_again(page)
                time.sleep(lab.random.uniform(0.0, 0.1))
            start = time.monotonic()
            expect(_answer(page)).to_contain_text("to first token", timeout=PATIENCE)
            outcome.recoveries.append(time.monotonic() - start)
            _account(outcome, upstream, server, call, address)
            page.close()
    return outcome


@contextmanager
def _scene(lab: Lab, outcome: Outcome) -> Iterator[tuple[Upstream, Server, BrowserContext]]:
    with Upstream().running() as upstream, sync_playwright() as playwright:
        server = launched(lab.folder, upstream.base_url, database=lab.url)
        server.wait_until_healthy()
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield upstream, server, browser.new_context()
        browser.close()
        outcome.found(upkeep.check(lab.url))
        outcome.expect(server.end() == 0, "the server did not end with exit code 0")


def _opened(context: BrowserContext, url: str) -> Page:
    page = context.new_page()
    page.goto(url)
    expect(_box(page)).to_be_visible(timeout=PATIENCE)
    return page


def _asked(page: Page, upstream: Upstream, prompt: str, *, times: int = 1) -> Call:
    _box(page).fill(prompt)
    for _ in range(times):
        _box(page).press("Enter")
    return upstream.call(prompt)


def _account(outcome: Outcome, upstream: Upstream, server: Server, call: Call, address: str) -> None:
    outcome.runs += 1
    outcome.acknowledged += 1
    calls = sum(one.prompt == call.prompt for one in upstream.calls)
    outcome.expect(calls == 1, f"{call.prompt!r} was asked {calls} times")
    messages = server.messages(address.partition("session=")[2])
    outcome.expect(len(messages) == 2, f"{len(messages)} messages are stored")
    outcome.lost += messages[0]["content"] != call.prompt or messages[-1]["content"] != call.text
    outcome.torn += status(messages[-1]) != "complete"


def _load_again(page: Page) -> None:
    """Also in mid-load: for a moment Chromium has no page there, while one takes the place of another."""
    until = time.monotonic() + PATIENCE / 1000
    while True:
        try:
            page.reload(wait_until="commit")
        except Error as error:
            if "Not attached to an active page" not in str(error) or time.monotonic() > until:
                raise
        else:
            return


def _box(page: Page) -> Locator:
    return page.get_by_test_id("stChatInputTextArea")


def _answer(page: Page) -> Locator:
    return page.get_by_test_id("stChatMessage").last
