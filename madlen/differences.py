"""Where two answers differ word by word, and what only one of several says. Nothing leaves this process.

Sameness is that of words, not of meaning: a sentence in other words counts as another sentence.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from typing import Literal

Kind = Literal["kept", "only_first", "only_second"]

# Languages written without spaces are compared by the character.
_UNSPACED = r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"
_WORD = rf"{_UNSPACED}|(?:(?!{_UNSPACED})\w)+"
_STOPS, _CLOSING = r".!?…", r"\"')\]»”*_"
_SENTENCE = rf"(?:[^\n{_STOPS}。！？]|[{_STOPS}](?=[^\s{_STOPS}{_CLOSING}]))+[{_STOPS}。！？]*[{_CLOSING}]*"
_UNITS = tuple(
    re.compile(rf"({unit})(\s*)") for unit in (r"[^\n]*\S", rf"{_SENTENCE}|\S", rf"{_WORD}|[^\w\s]|\S")
)
"""What is compared, from the coarse to the fine: lines, sentences, words."""

# The time of a comparison goes with the pairs of equal units: this many take about a second at worst.
_MOST_PAIRS = 100_000

_SENTENCES = re.compile(_SENTENCE)
_WORDS = re.compile(rf"{_UNSPACED}|(?:(?!{_UNSPACED})\w)+(?:['’]\w+)*")
_ALIKE = 0.7
_TELLING = re.compile(
    r".*\d.*|.+n't|not?|never|cannot|without|nicht|keine?[nmrs]?|nie|ohne|ne|pas|jamais|sans|nunca|sin|non|mai"
    r"|não|sem|değil|yok|hayır|не|нет|без|不|没|未"
)
"""Numbers and negations, the words that turn what a sentence says."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of text that both have, or only one of them."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a text, as a slice."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Unit:
    text: str
    gap: str
    """The white space after it."""


@dataclass(frozen=True, slots=True)
class _Sentence:
    words: frozenset[str]
    telling: frozenset[str]

    def says(self, other: _Sentence) -> bool:
        shared = len(self.words & other.words)
        return self.telling == other.telling and shared >= _ALIKE * len(self.words | other.words)


def segments(first: str, second: str) -> list[Segment]:
    """The texts as what both have and what only one has, word by word.

    Those of kind ``kept`` and ``only_first`` join to the first text, ``kept`` and ``only_second`` to the
    second; of two that stand for each other the first text's goes ahead. Lines are compared first, then
    the sentences and the words in those that differ. What repeats itself so often that comparing it
    would take long counts as different throughout.
    """
    merged: list[Segment] = []
    for kept, run in groupby(_compared(first, second), lambda segment: segment.kind == "kept"):
        pieces = list(run)
        kinds: tuple[Kind, ...] = ("kept",) if kept else ("only_first", "only_second")
        merged += [Segment(kind, "".join(one.text for one in pieces if one.kind == kind)) for kind in kinds]
    return [segment for segment in merged if segment.text]


def only_in(text: str, others: Iterable[str]) -> list[Span]:
    """The sentences that none of the other texts has, nor one nearly like it.

    Two sentences are alike when they share seven words in ten, and all numbers and negations.
    """
    said = {_sentence(match[0]) for other in others for match in _SENTENCES.finditer(other)}
    spoken = Counter(word for sentence in said for word in sentence.words)
    by_word: dict[str, list[_Sentence]] = {}
    for sentence in said:
        for word in _rare(sentence, spoken):
            by_word.setdefault(word, []).append(sentence)
    spans = []
    for match in _SENTENCES.finditer(text):
        sentence = _sentence(match[0])
        near = (one for word in _rare(sentence, spoken) for one in by_word.get(word, ()))
        if sentence.words and sentence not in said and not any(sentence.says(one) for one in near):
            spans.append(Span(match.start() + len(match[0]) - len(match[0].lstrip()), match.end()))
    return spans


def _sentence(text: str) -> _Sentence:
    words = frozenset(word.casefold().replace("’", "'") for word in _WORDS.findall(text))
    return _Sentence(words, frozenset(filter(_TELLING.fullmatch, words)))


def _rare(sentence: _Sentence, spoken: Mapping[str, int]) -> list[str]:
    """The rarest words, so many that two sentences alike have at least one of them in common."""
    ordered = sorted(sentence.words, key=lambda word: (spoken.get(word, 0), word))
    return ordered[: len(ordered) - math.ceil(_ALIKE * len(ordered)) + 1]


def _compared(first: str, second: str, level: int = 0) -> Iterator[Segment]:
    ours, theirs = _units(first, level), _units(second, level)
    names, their_names = [unit.text for unit in ours], [unit.text for unit in theirs]
    often = Counter(their_names)
    if sum(often[name] for name in names) > _MOST_PAIRS:
        yield from (Segment("only_first", first), Segment("only_second", second))
        return
    matcher = SequenceMatcher(None, names, their_names, autojunk=False)
    for same, start, end, their_start, their_end in matcher.get_opcodes():
        if same == "equal":
            for unit, other in zip(ours[start:end], theirs[their_start:their_end], strict=True):
                yield from _kept(unit, other)
            continue
        was, became = _joined(ours[start:end]), _joined(theirs[their_start:their_end])
        if was and became and level + 1 < len(_UNITS):
            yield from _compared(was, became, level + 1)
        else:
            yield from (Segment("only_first", was), Segment("only_second", became))


def _kept(unit: _Unit, other: _Unit) -> Iterator[Segment]:
    if unit == other:
        yield Segment("kept", unit.text + unit.gap)
    else:
        yield from (
            Segment("kept", unit.text),
            Segment("only_first", unit.gap),
            Segment("only_second", other.gap),
        )


def _units(text: str, level: int) -> list[_Unit]:
    start = len(text) - len(text.lstrip())
    leading = [_Unit("", text[:start])] if start else []
    return leading + [_Unit(match[1], match[2]) for match in _UNITS[level].finditer(text, start)]


def _joined(units: Iterable[_Unit]) -> str:
    return "".join(unit.text + unit.gap for unit in units)
