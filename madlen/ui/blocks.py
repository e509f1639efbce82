"""Markdown cut where it can be: at blank lines outside code fences and formulas.

A finished block is never drawn again, so that what goes to the browser grows with the answer and
not with its square. Stored answers are cut in the same places, so nothing moves when one ends.
"""

from __future__ import annotations

import re

_FENCE = re.compile(r"\s*(`{3,}|~{3,})(.*)")


class Blocks:
    """Takes text as it comes. ``tail`` is the block that still grows."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._partial = ""
        self._fence = ""
        self._formula = False
        self._after_blank = False

    @property
    def tail(self) -> str:
        return "".join(self._lines) + self._partial

    def feed(self, text: str) -> list[str]:
        """The blocks that this text finishes, in order."""
        *lines, self._partial = (self._partial + text).split("\n")
        return [block for line in lines if (block := self._line(line + "\n"))]

    def _line(self, line: str) -> str:
        """Takes one whole line; gives the block before it when the line begins a new one."""
        finished = ""
        inside = bool(self._fence) or self._formula
        if not line.strip():
            self._after_blank = not inside
        else:
            # An indented line goes on with the list item above the blank line.
            if self._after_blank and not inside and not line[0].isspace():
                finished = "".join(self._lines)
                self._lines = []
            self._after_blank = False
            self._enter_or_leave(line)
        self._lines.append(line)
        return finished

    def _enter_or_leave(self, line: str) -> None:
        found = _FENCE.match(line)
        if self._fence:
            closes = found and found[1].startswith(self._fence) and not found[2].strip()
            self._fence = "" if closes else self._fence
        elif found and not self._formula:
            self._fence = found[1]
        elif line.count("$$") % 2:
            self._formula = not self._formula


def split(text: str) -> list[str]:
    """A whole answer as its blocks; joined they are the answer again."""
    blocks = Blocks()
    return [*blocks.feed(text), blocks.tail] if text else []
