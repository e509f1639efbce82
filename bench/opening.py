"""How long a chat of 200 messages takes to open: Madlen's from its database, the naive app's from memory.

Beside them stands a page with one word, which is what Streamlit itself takes.

Run it from the checkout with ``python -m bench.opening``.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from playwright.async_api import Browser

from bench import browser, history, servers, upstream
from bench.figures import Report, Row, arguments
from madlen.store import open_store
from madlen.types import Reply, Session, Status, Turn

MESSAGES = 200
REPETITIONS = 7
SESSION = "0123456789abcdef0123456789abcdef"
_MODEL = "openrouter/free"
_SHOWN = """word => {
    const walker = document.createTreeWalker(document, NodeFilter.SHOW_TEXT);
    for (let text = walker.nextNode(); text; text = walker.nextNode()) {
        if (text.data.includes(word) && text.parentElement.getClientRects().length) return performance.now();
    }
}"""


def fill(url: str, number: int) -> None:
    """Puts the history into a database as chats that ended."""
    store = open_store(url)
    began = datetime.now(UTC) - timedelta(days=1)
    session = Session(SESSION, "Bends of a river", _MODEL, began, began)
    said = history.messages(number)
    for position, (asked, answered) in enumerate(zip(said[::2], said[1::2], strict=True)):
        now = began + timedelta(minutes=position)
        turn = Turn(f"turn{position}", SESSION, asked["content"], now)
        reply = Reply(
            f"reply{position}",
            SESSION,
            turn.id,
            _MODEL,
            "chat",
            Status.COMPLETE,
            now,
            text=answered["content"],
        )
        store.begin(turn, [reply], model_id=_MODEL, session=session if position == 0 else None)
    store.close()


def filled(folder: Path, answering: upstream.Upstream, *, number: int) -> servers.Server:
    """Madlen with the history in its database."""
    fill(f"sqlite:///{folder}/chat.db", number)
    return servers.madlen(folder, answering)


async def repetition(chromium: Browser, server: servers.Server) -> Row:
    """A visitor with an empty cache opens the chat; milliseconds count from the navigation."""
    address = f"{server.url}/?session={SESSION}" if server.name == "madlen" else server.url
    before = server.cpu_seconds()
    async with browser.visitor(chromium) as page:
        await page.goto(address, wait_until="commit")
        shown = await page.wait_for_function(_SHOWN, arg=history.LAST)
        await browser.wait_for_box(page)
        usable = await page.evaluate("() => performance.now()")
        await asyncio.to_thread(server.wait_until_quiet)
        return {
            "last_message_visible_ms": await shown.json_value(),
            "chat_box_usable_ms": usable,
            "messages_on_page": await page.locator('[data-testid="stChatMessage"]').count(),
            "nodes_on_page": await page.evaluate("() => document.querySelectorAll('*').length"),
            "bytes": await page.evaluate("() => bench.received"),
            "server_cpu_seconds": server.cpu_seconds() - before,
        }


async def measure(
    started: Sequence[servers.Server], report: Report, *, number: int, repetitions: int, warming: bool
) -> None:
    rows: dict[str, list[Row]] = {server.name: [] for server in started}
    async with browser.chromium() as chromium:
        for server in started if warming else ():
            await repetition(chromium, server)
        for _ in range(repetitions):
            for server in started:
                rows[server.name].append(await repetition(chromium, server))
    report.add(f"a chat of {number} messages", rows)


def main() -> None:
    given = arguments(str(__doc__)).parse_args()
    number, repetitions = (20, 1) if given.quick else (MESSAGES, REPETITIONS)
    report = Report("opening", quick=given.quick)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        answering = stack.enter_context(upstream.running())
        starts = [
            partial(servers.naive, begun_with=number),
            partial(filled, number=number),
            partial(servers.word, says=history.LAST),
        ]
        started = stack.enter_context(servers.running(folder, answering, starts))
        warming = not given.quick
        asyncio.run(measure(started, report, number=number, repetitions=repetitions, warming=warming))
    report.write(given.to)


if __name__ == "__main__":
    main()
