"""What a database holds and how much room it takes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Holdings:
    """Numbers of rows, and bytes on disk; ``log_bytes`` is the write-ahead log where it is apart."""

    chats: int
    """Chats and comparisons; the sessions of prompt sets' runs are not among them."""
    messages: int
    images: int
    votes: int
    bytes: int
    log_bytes: int | None = None
