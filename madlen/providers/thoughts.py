"""``reasoning_details``: the fragments of a stream put together as their model wants them back.

The rules are those of OpenRouter's documentation on reasoning: one item comes as many fragments with
the same type and index; texts are joined, and of all else the last value that is given holds.
"""

from __future__ import annotations

from typing import Any

from madlen import lenient

_JOINED = ("text", "summary", "data")


class Thoughts:
    """Takes the fragments of one answer in the order in which they come."""

    def __init__(self) -> None:
        self._items: dict[tuple[str, Any], dict[str, Any]] = {}

    def take(self, fragments: Any) -> None:
        """Takes a ``reasoning_details`` list; what is none says nothing."""
        for place, fragment in enumerate(fragments if isinstance(fragments, list) else ()):
            if isinstance(fragment, dict):
                index = fragment.get("index")
                key = (lenient.text(fragment.get("type")), place if index is None else str(index))
                self._join(self._items.setdefault(key, {}), fragment)

    def whole(self) -> tuple[dict[str, Any], ...]:
        """The items in the order in which they began."""
        return tuple(lenient.clean(_mended(item)) for item in self._items.values())

    def _join(self, item: dict[str, Any], fragment: dict[str, Any]) -> None:
        for name, value in fragment.items():
            if name in _JOINED and isinstance(value, str):
                before = item.get(name)
                item[name] = (before if isinstance(before, str) else "") + value
            elif value is not None or name not in item:
                item[name] = value


def _mended(item: dict[str, Any]) -> dict[str, Any]:
    """The item with characters whose halves came in two fragments."""
    joined = {name: lenient.text(item[name]) for name in _JOINED if isinstance(item.get(name), str)}
    return {**item, **joined}
