"""In which order a page is sent what a prompt changes of it, on the wire of a real server."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from bench import answers, servers, upstream
from bench.wire import Visit


class Listener(Visit):
    """Notes what comes: a word of the answer, or the row of the chat in the list."""

    def __init__(self, url: str, run: str) -> None:
        super().__init__(url)
        self.run = run
        self.came: list[str] = []

    async def _next(self) -> ForwardMsg:
        message = await super()._next()
        element = message.delta.new_element
        if answers.first(self.run) in element.markdown.body:
            self.came.append("words")
        elif self.run in element.button.label:
            self.came.append("row")
        return message

    async def ask_by_name(self) -> None:
        """Asks what begins with the name of the run, which so is in the title of the chat."""
        prompt = upstream.prompt(tokens=200, every=5, run=self.run, style="prose")
        await self.ask(f"{self.run} {prompt}", self.run)


async def asked_at_once(url: str, pages: int) -> list[list[str]]:
    """What came to each page, from its first word or row on."""
    listeners = [Listener(url, secrets.token_hex(4)) for _ in range(pages)]
    for listener in listeners:
        await listener.open()
        listener.came.clear()
    await asyncio.gather(*(listener.ask_by_name() for listener in listeners))
    for listener in listeners:
        await listener.close()
    return [listener.came for listener in listeners]


@pytest.mark.parametrize(("pages", "late"), [(1, False), (10, True)])
def test_the_row_of_a_new_chat_is_sent_before_its_words_unless_many_pages_draw(
    tmp_path: Path, pages: int, late: bool
) -> None:
    with (
        upstream.running() as answering,
        servers.running(tmp_path, answering, [servers.madlen]) as [madlen],
    ):
        came = asyncio.run(asked_at_once(madlen.url, pages))
    assert all("row" in one for one in came)
    assert any(one[0] == "words" for one in came) is late
