"""Text out of JSON, whose escapes are UTF-16: a character may come as two halves, even in two chunks."""

from __future__ import annotations

from typing import Any

from madlen import lenient


class Characters:
    """Takes the pieces of one text in the order in which they come."""

    def __init__(self) -> None:
        self._half = ""

    def take(self, piece: Any) -> str:
        """The text that is whole by then; what is no text says nothing."""
        text = self._half + (piece if isinstance(piece, str) else "")
        self._half = text[-1:] if "\ud800" <= text[-1:] <= "\udbff" else ""
        return lenient.text(text.removesuffix(self._half))

    def rest(self) -> str:
        """What stands for a half whose other one never came."""
        half, self._half = self._half, ""
        return lenient.text(half)
