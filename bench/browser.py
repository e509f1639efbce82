"""Chromium as a person uses it: opens a chat page, types, presses Enter, reads."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

from bench import answers

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
]
BOX = 'textarea[data-testid="stChatInputTextArea"]'
PATIENCE = 180_000
"""Milliseconds after which anything awaited in a page has failed."""
_OBSERVER = Path(__file__).parent / "observer.js"
_WORDS = """() => {
    const messages = document.querySelectorAll('[data-testid="stChatMessage"]');
    const last = messages[messages.length - 1];
    const outside = '[data-testid="stCaptionContainer"], button, summary';
    return [...last.querySelectorAll('[data-testid="stMarkdownContainer"]')]
        .filter(part => !part.closest(outside) && !part.querySelector(".stMarkdownBadge"))
        .map(part => part.textContent).join("");
}"""


@dataclass(frozen=True)
class Seen:
    """What a page saw of one answer. Times are seconds since 1970 on the machine's clock."""

    entered_at: float
    first_at: float
    last_at: float
    freeze_ms: float
    longest_task_ms: float
    longest_gap_ms: float
    changes: int
    received: int
    """Bytes of websocket messages since Enter."""
    streamed: int
    """Those between the first word and the last."""
    text: str


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    path = shutil.which("chromium")
    assert path, "Chromium is missing; make system installs it."
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        await browser.close()


@asynccontextmanager
async def visitor(browser: Browser) -> AsyncIterator[Page]:
    """A page of somebody who has never been here."""
    context = await browser.new_context(viewport={"width": 1280, "height": 900})
    await context.add_init_script(path=_OBSERVER)
    page = await context.new_page()
    page.set_default_timeout(PATIENCE)
    yield page
    await context.close()


async def wait_for_box(page: Page) -> None:
    """Returns when one can type a prompt."""
    await page.wait_for_function(
        "selector => { const box = document.querySelector(selector);"
        " return box && !box.disabled && box.getClientRects().length > 0; }",
        arg=BOX,
        polling=10,
    )


async def write(page: Page, prompt: str) -> None:
    """Types a prompt, without sending it."""
    await page.locator(BOX).click()
    await page.keyboard.insert_text(prompt)


async def watch(page: Page, run: str, *, beat: bool = True) -> None:
    """Begins to look for the first and the last word of a run; ``beat`` measures freezes as well."""
    given = [run, answers.first(run), answers.last(run), beat]
    await page.evaluate("given => bench.arm(...given)", given)


async def seen(page: Page) -> Seen:
    """Waits for the last word, and until the page has settled."""
    await page.wait_for_function("() => bench.lastAt !== null", polling=50)
    await wait_for_box(page)
    await page.wait_for_timeout(500)
    text = await page.evaluate(_WORDS)
    found: dict[str, Any] = await page.evaluate("() => ({ ...bench, ahead: bench.ahead() })")
    await page.evaluate("() => { bench.run = null; }")

    def moment(name: str) -> float:
        return float(found[name] + found["ahead"]) / 1000

    return Seen(
        entered_at=moment("entered"),
        first_at=moment("firstAt"),
        last_at=moment("lastAt"),
        freeze_ms=found["freeze"],
        longest_task_ms=found["longestTask"],
        longest_gap_ms=found["longestGap"],
        changes=found["changes"],
        received=found["received"],
        streamed=found["receivedLast"] - found["receivedFirst"],
        text=text,
    )
