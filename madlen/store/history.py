"""Who remembers which chats there are: the ``HistoryStore`` protocol, a part of ``Store``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from madlen.history import EVERY, Entry, Use, Wanted


class HistoryStore(Protocol):
    """Lists of chats, what is searched for in them, and what they took.

    A chat that was discarded is in no list, no search and under no id, until it is restored. Every method
    raises ``StoreUnavailable`` when the database cannot be reached, read or written.
    """

    def sessions(
        self,
        *,
        words: str = "",
        wanted: Wanted = EVERY,
        pinned_first: bool = False,
        limit: int = 100,
        offset: int = 0,
    ) -> list[Entry]:
        """Newest first.

        With ``words``, those with all of them in the title or in one message, the last one as the
        beginning of a word, by the newest message that holds them; a title counts as said when its
        chat began. Where more than a few dozen are found, those kept last come first.
        """

    def entry(self, session_id: str) -> Entry:
        """Raises ``NotFound``."""

    def mark(
        self, session_ids: Sequence[str], *, pinned: bool | None = None, archived: bool | None = None
    ) -> int:
        """Pins and archives chats or takes it back; does not date them. Says how many were there."""

    def entitle(self, session_id: str, title: str, *, instead_of: str) -> bool:
        """Gives a title in place of a made one, and says whether it did; one by a person stays."""

    def discard(self, session_ids: Sequence[str], now: datetime) -> int:
        """Deletes chats so that ``restore`` brings them back; says how many were there.

        Whichever process answers in them is asked to stop.
        """

    def restore(self, session_ids: Sequence[str]) -> int:
        """Brings discarded chats back as they were; says how many still could be."""

    def purge(self, before: datetime) -> int:
        """Removes what was discarded before a moment, with all its messages; says how many there were."""

    def uses(self, since: datetime) -> list[Use]:
        """What was answered since then, by day and model, in that order; without discarded chats."""
