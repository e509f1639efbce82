"""The answers that the scripted upstream gives: as many tokens as asked for, known beforehand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count, cycle, islice
from typing import Literal

Style = Literal["prose", "markdown"]

_TOKEN = re.compile(r"\n+| *[A-Za-z]{1,8}|[0-9]+| +|[^A-Za-z0-9\s]{1,3}")
_SENTENCES = (
    "A river takes the shortest way that the ground allows, and the ground is seldom fair to it.",
    "Where the slope is gentle the water wanders, leaves sand on one bank and carries it off from the other.",
    "After some hundred years nobody can tell where it once ran, but for a row of willows in a field.",
    "Maps grow old in the same manner, quietly and from the edges.",
)
_LIST = "- the first bank is steep\n- the second bank is *flat*\n- the third is under **water**\n"
_CODE = """```python
def widths(banks, level):
    found = []
    for left, right in zip(banks, banks[1:]):
        if left.height < level:
            found.append(right.place - left.place)
    return found
```
"""
_TABLE = "| bank | height | sand |\n|---|---|---|\n| north | 4 | much |\n| south | 1 | little |\n"
_PARTS: dict[Style, tuple[str, ...]] = {"prose": (), "markdown": (_CODE, _LIST, _TABLE)}


def first(run: str) -> str:
    """The word with which an answer of that run begins, and nothing else on its page does."""
    return f"Zfirst{run}"


def last(run: str) -> str:
    """The word with which an answer of that run ends."""
    return f"Zlast{run}"


def tokens(number: int, run: str, style: Style = "markdown") -> list[str]:
    """Exactly so many tokens, two at least; every piece of markup is whole."""
    said = [first(run)]
    for block in _blocks(style):
        more = _TOKEN.findall(block)
        if len(said) + len(more) >= number - 1:
            break
        said += more
    words = cycle(f" {word}" for word in ["so", "the", "river", "goes", "on", "to", "the", "sea"])
    filling = islice(words, max(0, number - 1 - len(said)))
    return [*said, *filling, f" {last(run)}"]


def letters(text: str) -> str:
    """What is left of a text on every way to the screen: the language of a code fence and markup are not."""
    return re.sub(r"[^A-Za-z0-9]", "", text.replace("```python", ""))


def _blocks(style: Style) -> Iterator[str]:
    """Paragraphs without end, and in markdown after each a piece of markup; each opens a paragraph."""
    for number in count():
        sentences = [_SENTENCES[(number + more) % len(_SENTENCES)] for more in range(3)]
        yield " " + " ".join(sentences) + "\n\n"
        if parts := _PARTS[style]:
            yield parts[number % len(parts)] + "\n"
            yield f"## Bend {number + 1}\n\n"
