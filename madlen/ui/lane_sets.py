"""Lanes kept by name: saved, taken up again, overwritten, deleted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from madlen.lane_sets import LaneSet
from madlen.types import Lane
from madlen.ui import bookmarks, text
from madlen.ui.bookmarks import Bookmark, Words

_WORDS = Words(
    title="Lane sets",
    empty="Keep these lanes under a name, and take them up again in any comparison.",
    example="Cheap against dear",
    save="Save these lanes",
)


def draw(
    known: Callable[[], Sequence[LaneSet]],
    *,
    key: str,
    use: Callable[[Sequence[Lane]], None],
    keep: Callable[[str], None],
    delete: Callable[[str], None],
) -> None:
    """Draws the sets behind a button. ``keep`` keeps the lanes as they stand under the name it is given."""

    def bookmarked() -> list[Bookmark]:
        return [
            Bookmark(one.name, text.label(f"{one.name} · {len(one.lanes)} lanes"), partial(use, one.lanes))
            for one in known()
        ]

    bookmarks.draw(_WORDS, bookmarked, key=f"{key}-sets", keep=keep, delete=delete)
