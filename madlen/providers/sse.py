"""Server-sent events, told from the bytes of a body as they come.

By https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation, of which an
answer needs only ``data``. It reads as ``httpx_sse`` does, which the tests hold it to, but without the second
response and the five generators that each answer in flight would keep for that: about 6 kB.
"""

from __future__ import annotations

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class ServerSentEvents:
    """The events of one body. What is not followed by an empty line is no event."""

    __slots__ = ("_begun", "_data", "_returned", "_started")

    def __init__(self) -> None:
        self._started = False
        self._returned = False
        self._begun: list[bytes] = []
        self._data: list[bytes] = []

    def take(self, piece: bytes) -> list[str]:
        """The data of each event that ends in these bytes, which may begin and end anywhere."""
        found = []
        for line in self._lines(piece):
            name, _, value = line.partition(b":")
            if name == b"data":
                self._data.append(value.removeprefix(b" "))
            elif not line and self._data:
                # UTF-8 whatever a header says.
                found.append(b"\n".join(self._data).decode("utf-8", "replace"))
                self._data = []
        return found

    def _lines(self, piece: bytes) -> list[bytes]:
        """The lines that end in these bytes, at a carriage return, a line feed, or both."""
        if self._returned:
            piece = piece.removeprefix(b"\n")
        self._returned = piece.endswith(b"\r")
        # Unlike that of a text, it splits at nothing else.
        lines = piece.splitlines()
        begun = lines.pop() if lines and not piece.endswith((b"\r", b"\n")) else b""
        if lines:
            lines[0] = b"".join((*self._begun, lines[0]))
            self._begun = []
            if not self._started:
                self._started = True
                lines[0] = lines[0].removeprefix(_BYTE_ORDER_MARK)
        self._begun.append(begun)
        return lines
