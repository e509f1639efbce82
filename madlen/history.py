"""The chats that are kept, as lists and searches show them: what is wanted, what is found, what it took."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from madlen.types import Session

PINNED, TODAY = "Pinned", "Today"
UNDO_SECONDS = 10
"""So long a deleted chat can be brought back."""
MOST_SOUGHT = 2000
"""Characters of what is typed that count; nobody types more."""
_BEFORE, _AFTER = 60, 140
_LONGEST_READ = 200_000
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which chats are listed. A model is one that answered; dates are when a chat was last used."""

    words: str = ""
    model_id: str = ""
    since: datetime | None = None
    until: datetime | None = None
    has_image: bool = False
    has_error: bool = False
    pinned: bool | None = None
    archived: bool = False


EVERY = Wanted()
"""All that are not archived."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text; ``hit`` for words that were searched for."""

    text: str
    hit: bool = False


@dataclass(frozen=True, slots=True)
class Entry(Session):
    """A chat in a list."""

    pinned: bool = False
    archived: bool = False
    message_id: str = ""
    """The newest message that holds the words that were searched for; empty where only the title does."""
    found: tuple[Piece, ...] = ()
    """That message around the first of the words."""


@dataclass(frozen=True, slots=True)
class Use:
    """What one model was asked on one day, in UTC, and what that took; what is not known counts as none."""

    day: date
    model_id: str
    answers: int
    prompt_tokens: int
    completion_tokens: int
    cost: float
    """US dollars."""


def terms(typed: str) -> list[str]:
    """The words of what was typed, cut to what counts; what has no letter or digit is no word."""
    words = typed[:MOST_SOUGHT].replace("\0", " ").split()
    return [word for word in words if any(letter.isalnum() for letter in word)]


def snippet(content: str, typed: str) -> tuple[Piece, ...]:
    """A text around the first of the words, those marked; its beginning where none is in sight."""
    said = content[:_LONGEST_READ]
    folded = [part for term in terms(typed) for part in _WORD.findall(_folded(term))]
    sought = tuple(dict.fromkeys(folded))
    hits: list[tuple[int, int]] = []
    for found in _WORD.finditer(said):
        if hits and found.start() > hits[0][0] + _AFTER:
            break
        if sought and _is_hit(_folded(found[0]), sought):
            hits.append(found.span())
    begin = max(0, hits[0][0] - _BEFORE) if hits else 0
    end = min(len(said), (hits[0][0] if hits else 0) + _AFTER)
    pieces, at = [Piece("…")] if begin else [], begin
    for start, stop in hits:
        if start >= end:
            break
        pieces += [Piece(said[at:start]), Piece(said[start:stop], hit=True)]
        at = stop
    pieces += [Piece(said[at : max(at, end)]), Piece("…" if end < len(content) else "")]
    return tuple(piece for piece in pieces if piece.text)


def days(entries: Iterable[Entry], now: datetime, zone: tzinfo) -> list[tuple[str, list[Entry]]]:
    """Entries under the names of their days as a person in ``zone`` says them; those that are pinned first.

    Their order is kept, and no group is empty.
    """
    today = now.astimezone(zone).date()
    names = (PINNED, TODAY, "Yesterday", "Previous 7 days", "Older")
    groups: dict[str, list[Entry]] = {name: [] for name in names}
    for entry in entries:
        groups[PINNED if entry.pinned else _day(entry.updated_at.astimezone(zone).date(), today)].append(
            entry
        )
    return [(name, group) for name, group in groups.items() if group]


def leading(uses: Sequence[Use], most: int) -> list[Use]:
    """The same uses, with all models but the ``most`` that were asked most under one name."""
    answers: dict[str, int] = {}
    for use in uses:
        answers[use.model_id] = answers.get(use.model_id, 0) + use.answers
    ranked = sorted(answers, key=lambda model_id: (-answers[model_id], model_id))
    kept = {*ranked[:most]}
    return [
        use
        if use.model_id in kept
        else Use(use.day, "", use.answers, use.prompt_tokens, use.completion_tokens, use.cost)
        for use in uses
    ]


def _day(day: date, today: date) -> str:
    if day >= today:
        return "Today"
    if day == today - timedelta(days=1):
        return "Yesterday"
    return "Previous 7 days" if day >= today - timedelta(days=7) else "Older"


def _is_hit(word: str, sought: Sequence[str]) -> bool:
    """Whole words, and the last one as a beginning, as the indexes find them."""
    return word in sought or word.startswith(sought[-1])


def _folded(word: str) -> str:
    if word.isascii():
        return word.lower()
    apart = unicodedata.normalize("NFD", word.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))
