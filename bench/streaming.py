"""How an answer comes to the screen: Madlen beside a naive ``st.write_stream`` page, in Chromium.

Run it from the checkout with ``python -m bench.streaming``.
"""

from __future__ import annotations

import asyncio
import secrets
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from playwright.async_api import Browser, Page

from bench import answers, browser, servers, upstream
from bench.figures import Report, Row, arguments
from bench.upstream import Record

SETTLE_MS = 1000


@dataclass(frozen=True)
class Workload:
    """An answer of so many tokens, ``every`` milliseconds one, in so many pages at once."""

    tokens: int
    every: float
    style: answers.Style
    repetitions: int
    pages: int = 1


WORKLOADS = {
    "500 tokens, markdown": Workload(500, 5, "markdown", 7),
    "500 tokens, prose": Workload(500, 5, "prose", 7),
    "4,000 tokens, markdown": Workload(4000, 1, "markdown", 5),
    "4,000 tokens, prose": Workload(4000, 1, "prose", 5),
    "ten sessions": Workload(500, 5, "markdown", 7, pages=10),
}
QUICK = {
    "60 tokens, prose": Workload(60, 5, "prose", 1),
    "300 tokens, markdown": Workload(300, 2, "markdown", 1),
    "two sessions": Workload(60, 5, "markdown", 1, pages=2),
}
_WARMING = Workload(120, 5, "markdown", 1)


def row(record: Record, seen: browser.Seen) -> Row:
    """The figures of one answer."""
    return {
        "enter_to_upstream_ms": 1000 * (record.asked_at - seen.entered_at),
        "first_token_overhead_ms": 1000 * (seen.first_at - record.first_at),
        "completion_lag_ms": 1000 * (seen.last_at - record.last_at),
        "longest_freeze_ms": max(seen.freeze_ms, seen.longest_task_ms),
        "longest_gap_ms": seen.longest_gap_ms,
        "changes": seen.changes,
        "bytes_per_text_byte": seen.streamed / len(record.text.encode()),
        "bytes_beside_the_stream": seen.received - seen.streamed,
        "upstream_seconds": record.last_at - record.first_at,
        # Before it may stand the model's name, on a page that had no time yet to say who really answered.
        "text_is_whole": float(answers.letters(seen.text).endswith(answers.letters(record.text))),
    }


async def repetition(
    chromium: Browser, server: servers.Server, answering: upstream.Upstream, work: Workload
) -> Row:
    """A new visitor for each page; the figures are the worst page's, but for the server's time."""
    runs = [secrets.token_hex(3) for _ in range(work.pages)]
    async with AsyncExitStack() as stack:
        pages = [await stack.enter_async_context(browser.visitor(chromium)) for _ in runs]
        for page, run in zip(pages, runs, strict=True):
            await _prepare(page, server.url, run, work)
        await asyncio.to_thread(server.wait_until_quiet)
        before = server.cpu_seconds()
        await asyncio.gather(*(page.keyboard.press("Enter") for page in pages))
        seen = await asyncio.gather(*(browser.seen(page) for page in pages))
        used = server.cpu_seconds() - before
    rows = [row(answering.record(run), page) for run, page in zip(runs, seen, strict=True)]
    worst = {name: max(found[name] for found in rows) for name in rows[0]}
    worst["text_is_whole"] = min(found["text_is_whole"] for found in rows)
    return {**worst, "cpu_seconds_per_1000_tokens": 1000 * used / (work.tokens * work.pages)}


async def _prepare(page: Page, url: str, run: str, work: Workload) -> None:
    await page.goto(url)
    await browser.wait_for_box(page)
    await page.wait_for_timeout(SETTLE_MS)
    prompt = upstream.prompt(tokens=work.tokens, every=work.every, run=run, style=work.style)
    await browser.write(page, prompt)
    await browser.watch(page, run, beat=work.pages == 1)


async def measure(
    started: Sequence[servers.Server],
    answering: upstream.Upstream,
    workloads: Mapping[str, Workload],
    report: Report,
    *,
    warming: bool,
) -> None:
    """Each workload on all servers in turn, so that a busy moment of the machine meets all of them."""
    async with browser.chromium() as chromium:
        for server in started if warming else ():
            await repetition(chromium, server, answering, _WARMING)
        for name, work in workloads.items():
            rows: dict[str, list[Row]] = {server.name: [] for server in started}
            for _ in range(work.repetitions):
                for server in started:
                    fitting = replace(work, tokens=2) if server.name == "word" else work
                    rows[server.name].append(await repetition(chromium, server, answering, fitting))
            report.add(name, rows, tokens=work.tokens, every_ms=work.every, pages=work.pages)


def main() -> None:
    parser = arguments(str(__doc__))
    parser.add_argument(
        "--only", default="", help="the workloads with these words in their names; others stay"
    )
    given = parser.parse_args()
    offered = QUICK if given.quick else WORKLOADS
    workloads = {name: work for name, work in offered.items() if given.only in name}
    report = Report("streaming", quick=given.quick)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        answering = stack.enter_context(upstream.running())
        starts = [servers.naive, stack.enter_context(servers.traced())]
        starts += [] if given.quick else [servers.prototype, servers.word]
        started = stack.enter_context(servers.running(folder, answering, starts))
        asyncio.run(measure(started, answering, workloads, report, warming=not given.quick))
    report.write(given.to, some=bool(given.only))


if __name__ == "__main__":
    main()
