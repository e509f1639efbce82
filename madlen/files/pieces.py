"""The members of a large JSON document one at a time, each as the bytes that it stands in.

A whole document of 200 MB would take some gigabytes as values; here only one member at a time does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from madlen.errors import Unacceptable

_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{},:"]', re.DOTALL)
_FILLED = re.compile(rb"[^ \t\r\n]")
_BOM = b"\xef\xbb\xbf"
_NOT_JSON = "The file is not JSON that can be read: "


@dataclass(frozen=True, slots=True)
class Piece:
    """One value in a document, from one byte to another; ``name`` is that of a member of an object."""

    content: bytes
    start: int
    end: int
    name: str = ""

    @property
    def opening(self) -> bytes:
        """``b"["`` of a list, ``b"{"`` of an object, the first byte of anything else."""
        return self.content[self.start : self.start + 1]

    def text(self) -> bytes:
        return self.content[self.start : self.end]

    def value(self) -> Any:
        """What it says. Raises ``Unacceptable`` where that is no JSON, or is nested too deep."""
        try:
            return json.loads(self.text())
        except RecursionError as error:
            raise Unacceptable(f"{_NOT_JSON}it is nested too deep.") from error
        except ValueError as error:
            raise Unacceptable(f"{_NOT_JSON}{_reason(error, self.start)}") from error

    def members(self) -> Iterator[Piece]:
        """The values in a list or object, in their order. Raises ``Unacceptable`` for what is broken."""
        begun, name, depth = self.start + 1, "", 0
        for token in _TOKEN.finditer(self.content, self.start, self.end):
            what = token[0]
            if what in {b"[", b"{"}:
                depth += 1
            elif what in {b"]", b"}"}:
                depth -= 1
                if depth == 0:
                    if self._filled(begun, token.start()):
                        yield self._part(begun, token.start(), name)
                    if self._filled(token.end(), self.end):
                        raise Unacceptable(f"{_NOT_JSON}something stands after its end.")
                    return
            elif what == b'"':
                raise Unacceptable(f"{_NOT_JSON}a text has no end.")
            elif depth == 1 and what == b",":
                yield self._part(begun, token.start(), name)
                begun, name = token.end(), ""
            elif depth == 1 and what == b":" and self.opening == b"{":
                name = str(self._part(begun, token.start()).value())
                begun = token.end()
        raise Unacceptable(f"{_NOT_JSON}it ends too soon; was it cut off?")

    def _filled(self, start: int, end: int) -> bool:
        return _FILLED.search(self.content, start, end) is not None

    def _part(self, start: int, end: int, name: str = "") -> Piece:
        first = _FILLED.search(self.content, start, end)
        if first is None:
            raise Unacceptable(f"{_NOT_JSON}nothing stands where a value should, at byte {start:,}.")
        while self.content[end - 1 : end] in {b" ", b"\t", b"\r", b"\n"}:
            end -= 1
        return Piece(self.content, first.start(), end, name)


def document(content: bytes) -> Piece:
    """A whole document. Raises ``Unacceptable`` for an empty file and for one that is no list or object."""
    start = len(_BOM) if content.startswith(_BOM) else 0
    first = _FILLED.search(content, start)
    if first is None:
        raise Unacceptable("The file is empty.")
    whole = Piece(content, first.start(), len(content))
    if whole.opening not in {b"[", b"{"}:
        raise Unacceptable("The file is neither JSON nor a ZIP archive; export the chats as JSON.")
    return whole


def _reason(error: ValueError, start: int) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at byte {start + error.pos:,}."
    return "it holds a number or text that is none."
