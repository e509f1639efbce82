"""A visitor without a browser: Streamlit's own websocket messages, for as many visitors as one likes."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from bench import answers

PATIENCE = 180
_AT_REST = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)


@dataclass
class Stream:
    """One answer as it came. Moments are seconds since 1970, one for each message that brought text."""

    run: str
    moments: list[float] = field(default_factory=list)
    whole: bool = False
    text: str = ""
    received: int = 0

    @property
    def seconds(self) -> float:
        return self.moments[-1] - self.moments[0]

    @property
    def gaps(self) -> list[float]:
        return [after - before for before, after in zip(self.moments, self.moments[1:], strict=False)]


class Visit:
    """One session of a Streamlit server."""

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url)
        self._socket: ClientConnection | None = None
        self._box = ""
        self._fragment = ""

    async def open(self) -> float:
        """Loads the page and runs it once; gives the seconds that took."""
        began = time.monotonic()
        await self._fetch_page()
        place = self._address.netloc
        self._socket = await connect(
            f"ws://{place}/_stcore/stream",
            origin=f"http://{place}",  # type: ignore[arg-type]
            subprotocols=["streamlit"],  # type: ignore[list-item]
            max_size=None,
            ping_interval=None,
            open_timeout=PATIENCE,
        )
        message = BackMsg()
        message.rerun_script.query_string = ""
        await self._socket.send(message.SerializeToString())
        finished = False
        async with asyncio.timeout(PATIENCE):
            while not self._box or not finished:
                arrived = await self._next()
                finished = arrived.WhichOneof("type") == "script_finished"
                self._notice_box(arrived.delta)
        return time.monotonic() - began

    async def ask(self, prompt: str, run: str) -> Stream:
        """Sends a prompt and reads until the last word of the run has come and the page rests.

        Raises ``RuntimeError`` with what the page says where it rests without the last word.
        """
        assert self._socket is not None
        message = BackMsg()
        # As a browser does: what is in a fragment has only that one run.
        message.rerun_script.fragment_id = self._fragment
        widget = message.rerun_script.widget_states.widgets.add()
        widget.id = self._box
        widget.chat_input_value.data = prompt
        await self._socket.send(message.SerializeToString())
        stream, parts = Stream(run), dict[tuple[int, ...], str]()
        finished, said = False, ""
        async with asyncio.timeout(PATIENCE):
            while not stream.whole or not finished:
                arrived = await self._next()
                finished = arrived.HasField("script_finished") and arrived.script_finished in _AT_REST
                said = arrived.delta.new_element.alert.body or said
                if finished and not stream.whole:
                    raise RuntimeError(said or "The page ended without an answer and said nothing")
                stream.received += arrived.ByteSize()
                body = arrived.delta.new_element.markdown.body
                if not body:
                    continue
                parts[tuple(arrived.metadata.delta_path)] = body
                if not stream.whole and (stream.moments or answers.first(run) in body):
                    stream.moments.append(time.time())
                    stream.whole = answers.last(run) in body
        stream.text = "".join(parts[path] for path in sorted(parts))
        return stream

    async def close(self) -> None:
        if self._socket is not None:
            await self._socket.close()

    def _notice_box(self, delta: Delta) -> None:
        if box := _chat_box(delta):
            self._box, self._fragment = box, delta.fragment_id

    async def _next(self) -> ForwardMsg:
        assert self._socket is not None
        arrived = await self._socket.recv()
        assert isinstance(arrived, bytes)
        message = ForwardMsg()
        message.ParseFromString(arrived)
        return message

    async def _fetch_page(self) -> None:
        reader, writer = await asyncio.open_connection(self._address.hostname, self._address.port)
        writer.write(f"GET / HTTP/1.1\r\nhost: {self._address.netloc}\r\nconnection: close\r\n\r\n".encode())
        assert b" 200 " in (await reader.read())[:20]
        writer.close()


def _chat_box(delta: Delta) -> str:
    """The widget's id, where the delta draws a chat box that one can use."""
    box = delta.new_element.chat_input
    return "" if box.disabled else box.id
