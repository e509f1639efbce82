"""What the ``Store`` contract says of everything it holds, and how all of it is let go."""

from __future__ import annotations

from typing import Protocol

from madlen.errors import Unacceptable
from madlen.holdings import Holdings
from madlen.track_records import TrackRecord


class Overview(Protocol):
    """Figures over all sessions, and ways to empty them."""

    def track_records(self) -> dict[str, TrackRecord]:
        """How each model did that ever answered, by its id."""

    def holdings(self) -> Holdings: ...

    def delete_chats(self, number: int) -> list[str]:
        """Deletes every chat and comparison with its messages, votes and images, in one transaction.

        Gives the ids of those that are gone. Raises ``Unacceptable`` where there are not ``number`` of them.
        """

    def forget_choices(self) -> None:
        """Forgets which models were pinned and which were used last."""


def check_number(expected: int, found: int) -> None:
    """Raises ``Unacceptable`` where somebody began or deleted chats since they were counted."""
    if expected != found:
        raise Unacceptable(f"The number of chats is {found:,} by now, so none was deleted. Type the new one.")
