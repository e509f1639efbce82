"""How long a start takes: from the spawn of the process to its first page, and to a chat box in Chromium.

OpenRouter is there and a key is set, so no local model is loaded. Run it from the checkout with
``python -m bench.start``.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from playwright.async_api import Browser

from bench import browser, servers, upstream
from bench.figures import Report, Row, arguments

REPETITIONS = 7


async def repetition(chromium: Browser, start: servers.Start, answering: upstream.Upstream) -> Row:
    """A process on an empty folder, and a visitor who is there as soon as it answers."""
    with tempfile.TemporaryDirectory() as folder:
        async with browser.visitor(chromium) as page:
            server = start(Path(folder), answering)
            try:
                answered = await asyncio.to_thread(server.wait_for_page)
                await page.goto(server.url, wait_until="commit")
                await browser.wait_for_box(page)
                usable = time.monotonic() - server.spawned_at
                return {
                    "first_page_ms": 1000 * answered,
                    "chat_box_usable_ms": 1000 * usable,
                    "cpu_seconds": server.cpu_seconds(),
                    "memory_mb": server.memory_kb() / 1024,
                }
            finally:
                server.end()


async def measure(report: Report, answering: upstream.Upstream, *, repetitions: int, warming: bool) -> None:
    starts: dict[str, servers.Start] = {
        "naive": servers.naive,
        "madlen": servers.madlen,
        "word": servers.word,
    }
    rows: dict[str, list[Row]] = {name: [] for name in starts}
    async with browser.chromium() as chromium:
        for start in starts.values() if warming else ():
            await repetition(chromium, start, answering)
        for _ in range(repetitions):
            for name, start in starts.items():
                rows[name].append(await repetition(chromium, start, answering))
    report.add("cold start", rows)


def main() -> None:
    given = arguments(str(__doc__)).parse_args()
    repetitions = 1 if given.quick else REPETITIONS
    report = Report("start", quick=given.quick)
    with ExitStack() as stack:
        answering = stack.enter_context(upstream.running())
        asyncio.run(measure(report, answering, repetitions=repetitions, warming=not given.quick))
    report.write(given.to)


if __name__ == "__main__":
    main()
