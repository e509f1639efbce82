"""Markdown cut where it can be: at blank lines outside code fences, formulas and lists.

A finished block is never drawn again, so that what goes to the browser grows with the answer and
not with its square. Stored answers are cut in the same places, so nothing moves when one ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import reduce

_FENCE = re.compile(r"((?:\s|[-+*]\s|\d{1,9}[.)]\s)*)(`{3,}|~{3,})(.*)")
_ITEM = re.compile(r"([-+*])(?:\s|$)|\d{1,9}([.)])(?:\s|$)")
_ITEM_SO_FAR = re.compile(r"[-+*]|\d{1,9}[.)]?")
_DEFINITION = re.compile(r"^ {0,3}\[([^\]^][^\]]*)\]:[ \t]*\S.*$", re.MULTILINE)
_CODE_INDENT = 4
_CODE = re.compile(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)")


LEAST = 160
"""Characters that a block is drawn with at least, for a page of many small elements is slow."""


class Blocks:
    """Takes text as it comes. ``tail`` is the block that still grows.

    What is shorter than ``least`` stays together with what follows it.
    """

    def __init__(self, least: int = 0) -> None:
        self._least = least
        self._lines: list[str] = []
        self._partial = ""
        self._fence = ""
        self._formula = False
        self._after_blank = False
        self._item = ""

    @property
    def tail(self) -> str:
        return "".join(self._lines) + self._partial

    def feed(self, text: str) -> list[str]:
        """The blocks that this text finishes, in order."""
        *lines, self._partial = (self._partial + text).split("\n")
        finished = [block for line in lines if (block := self._line(line + "\n"))]
        if block := self._before(self._partial):
            finished.append(block)
        return finished

    def _line(self, line: str) -> str:
        """Takes one whole line; gives the block before it when the line begins a new one."""
        finished = self._before(line)
        if line.strip():
            self._after_blank = False
            self._enter_or_leave(line)
        elif not self._fence and not self._formula:
            # Blank lines before the first words belong to the first block.
            self._after_blank = any(not known.isspace() for known in self._lines)
        self._lines.append(line)
        return finished

    def _before(self, line: str) -> str:
        """The block that ends where this line begins; its first word is enough to tell."""
        if not self._after_blank or not line.strip(" ") or self._goes_on(line):
            return ""
        # The next item goes on with a list, as soon as it can be told from other words.
        if self._item and (_item(line) == self._item or _ITEM_SO_FAR.fullmatch(line)):
            return ""
        self._item = ""
        self._after_blank = False
        finished = "".join(self._lines)
        if len(finished) < self._least:
            return ""
        self._lines = []
        return finished

    def _goes_on(self, line: str) -> bool:
        """Whether an indented line belongs to the list item, or to the code, above the blank line."""
        if not line[0].isspace():
            return False
        words = line.lstrip(" ")
        return bool(self._item) or words[0].isspace() or len(line) - len(words) >= _CODE_INDENT

    def _enter_or_leave(self, line: str) -> None:
        before = self._fence
        if not before and not self._formula:
            self._item = _item(line) or self._item
        if not self._formula:
            self._fence = fence_after(before, line)
        if not before and not self._fence and "$$" in line and _CODE.sub("", line).count("$$") % 2:
            self._formula = not self._formula


def fence_after(fence: str, line: str) -> str:
    """The code fence that is open after a line, empty for none; ``fence`` is the one before it.

    The rules are CommonMark's: a fence is closed by one of its kind, as long or longer, and backticks
    with more backticks behind them are code within a line. A fence may begin on the line of a list item.
    """
    found = _FENCE.match(line)
    before, marks, after = found.groups() if found else ("", "", "")
    if fence:
        closes = marks.startswith(fence) and not before.strip() and not after.strip()
        return "" if closes else fence
    return "" if "`" in marks and "`" in after else marks


def _item(line: str) -> str:
    """What kind of list the line is an item of: its bullet, or what follows its number; empty for none."""
    found = _ITEM.match(line)
    return (found[1] or found[2]) if found else ""


def whole(text: str) -> list[str]:
    """The blocks of an answer that is whole, each with the link definitions that it uses from elsewhere."""
    blocks = split(text, LEAST)
    definitions: dict[str, str] = {}
    for label, line in _definitions(text):
        # Of two with one label the first counts.
        definitions.setdefault(label, line)
    return [_with_definitions(block, definitions) for block in blocks] if definitions else blocks


def _definitions(text: str) -> Iterator[tuple[str, str]]:
    """The label and the line of each link definition, those shown as code left out."""
    if _DEFINITION.search(text):
        fence = ""
        for line in text.split("\n"):
            fence = fence_after(fence, line)
            if not fence and (found := _DEFINITION.match(line)):
                yield found[1].casefold(), line.strip()


def _with_definitions(block: str, definitions: dict[str, str]) -> str:
    said = block.casefold()
    here = dict(_definitions(block))
    used = [line for label, line in definitions.items() if f"[{label}]" in said and here.get(label) != line]
    if not used or reduce(fence_after, block.split("\n"), ""):
        # What stands behind code that is not closed is code as well.
        return block
    return block.rstrip("\n") + "\n\n" + "\n".join(used) + "\n"


def split(text: str, least: int = 0) -> list[str]:
    """A whole answer as its blocks; joined they are the answer again."""
    blocks = Blocks(least)
    return [*blocks.feed(text), blocks.tail] if text else []
