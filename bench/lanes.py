"""Twelve lanes at once beside one: how much later a chunk arrives, over the API and on the page.

``twelve`` and ``one`` are comparisons on the same server, in turn; the one lane has a bystander that
answers with a word. Each chunk says when the upstream sent it, and its delay is counted from there to the
client's hands or to the page's DOM. Run it from the checkout with ``python -m bench.lanes``.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import httpx2
from playwright.async_api import Browser

from bench import browser, servers, upstream
from bench.figures import Report, Row, arguments, percentile

LANES = 12
TOKENS = 100
EVERY_MS = 50.0
REPETITIONS = 5
MODEL = "cohere/north-mini-code:free"
WAYS = {"one": 1, "twelve": LANES}
_STAMP = re.compile(r"T(\d{13})x(\d+)")
LOOK = """() => {
    window.delays = new Map();
    const stamp = /T(\\d{13})x(\\d+)/g;
    const look = text => {
        const now = Date.now();
        for (const [, sent, which] of text.slice(-600).matchAll(stamp))
            if (!window.delays.has(which)) window.delays.set(which, now - Number(sent));
    };
    // One by one, for a number that stands behind a chunk is not part of it.
    const each = node => {
        const texts = document.createNodeIterator(node, NodeFilter.SHOW_TEXT);
        for (let text; (text = texts.nextNode());) look(text.data);
    };
    new MutationObserver(changes => {
        for (const { type, target, addedNodes } of changes) {
            if (type === "characterData") look(target.data);
            else for (const node of addedNodes) each(node);
        }
    }).observe(document, { subtree: true, childList: true, characterData: true });
}"""
"""Has a page note in ``window.delays``, by chunk, how many milliseconds after it was sent each was there."""


def row(delays: list[float], lanes: int, tokens: int) -> Row:
    """The figures of one comparison; delays are milliseconds."""
    return {
        "delay_p50_ms": median(delays),
        "delay_p95_ms": percentile(delays, 95),
        "delay_worst_ms": max(delays),
        "chunks_missing": lanes * tokens - len(delays),
    }


def models(lanes: int) -> list[str]:
    return [MODEL] * lanes if lanes > 1 else [MODEL, upstream.BYSTANDER]


def prompt(tokens: int) -> str:
    return upstream.prompt(tokens=tokens, every=EVERY_MS, run=secrets.token_hex(3), style="stamps")


async def over_the_api(server: servers.Server, lanes: int, tokens: int) -> Row:
    """``POST /compare/`` as events."""
    wanted = {"lanes": [{"model": one} for one in models(lanes)], "prompt": prompt(tokens), "stream": True}
    delays: dict[str, float] = {}
    async with (
        httpx2.AsyncClient(timeout=120) as client,
        client.stream("POST", f"{server.url}/api/compare/", json=wanted) as response,
    ):
        response.raise_for_status()
        event = ""
        async for line in response.aiter_lines():
            now = time.time() * 1000
            if line.startswith("event:"):
                event = line.removeprefix("event:").strip()
            elif line.startswith("data:") and event == "delta":
                text = json.loads(line.removeprefix("data:"))["text"]
                delays.update((which, now - int(sent)) for sent, which in _STAMP.findall(text))
    return row(list(delays.values()), lanes, tokens)


async def on_the_page(chromium: Browser, server: servers.Server, lanes: int, tokens: int) -> Row:
    """The compare page in Chromium."""
    async with browser.visitor(chromium) as page:
        await page.goto(f"{server.url}/compare?models={','.join(models(lanes))}")
        await browser.wait_for_box(page)
        await page.wait_for_timeout(1000)
        await asyncio.to_thread(server.wait_until_quiet)
        await browser.write(page, prompt(tokens))
        await page.evaluate(LOOK)
        await page.keyboard.press("Enter")
        await page.wait_for_function(f"() => window.delays.size >= {lanes * tokens}", polling=100)
        found: list[float] = await page.evaluate("() => [...window.delays.values()]")
    return row(found, lanes, tokens)


async def measure(server: servers.Server, report: Report, *, tokens: int, repetitions: int) -> None:
    """Both ways in turn, so that a busy moment of the machine meets both."""
    api: dict[str, list[Row]] = {name: [] for name in WAYS}
    pages: dict[str, list[Row]] = {name: [] for name in WAYS}
    async with browser.chromium() as chromium:
        await on_the_page(chromium, server, 2, 5)
        for _ in range(repetitions):
            for name, lanes in WAYS.items():
                api[name].append(await over_the_api(server, lanes, tokens))
                pages[name].append(await on_the_page(chromium, server, lanes, tokens))
    for part, rows in {"API": api, "page": pages}.items():
        pairs = zip(rows["twelve"], rows["one"], strict=True)
        added = [twelve["delay_p95_ms"] - one["delay_p95_ms"] for twelve, one in pairs]
        report.add(
            part,
            rows,
            compared=("twelve", "one"),
            tokens=tokens,
            every_ms=EVERY_MS,
            added_p95_ms=round(median(added), 3),
        )
        print(f"added by twelve lanes at the 95th percentile: {median(added):.1f} ms")


def main() -> None:
    given = arguments(str(__doc__)).parse_args()
    tokens, repetitions = (10, 1) if given.quick else (TOKENS, REPETITIONS)
    report = Report("lanes", quick=given.quick)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        answering = stack.enter_context(upstream.running())
        [server] = stack.enter_context(servers.running(folder, answering, [servers.madlen]))
        asyncio.run(measure(server, report, tokens=tokens, repetitions=repetitions))
    report.write(given.to)


if __name__ == "__main__":
    main()
