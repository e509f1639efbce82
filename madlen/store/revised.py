"""Who remembers what readers change of a session: the ``RevisionStore`` protocol, a part of ``Store``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from madlen.origins import Fork
from madlen.remarks import Rating, Remarks, Thumbs


class RevisionStore(Protocol):
    """Choices among replies, thumbs, deleted turns and forks.

    Every method raises ``StoreUnavailable`` when the database cannot be reached, read or written.
    """

    def remarks(self, session_id: str) -> Remarks:
        """Empty for an unknown session."""

    def choose(self, turn_id: str, reply_id: str) -> None:
        """Keeps the reply that the conversation goes on with, until the turn gets one more.

        Raises ``NotFound`` when the turn has no such reply.
        """

    def rate(self, reply_id: str, rating: Rating | None) -> None:
        """Keeps a rating in place of an earlier one, or takes it back. Raises ``NotFound``."""

    def thumbs(self) -> Mapping[str, Thumbs]:
        """The ratings by the id of the model that was asked; a model that nobody rated is left out."""

    def disliked(self) -> frozenset[str]:
        """Ids of the spans of the replies that have a thumb down; those that were not traced have none."""

    def delete_turn(self, session_id: str, turn_id: str) -> None:
        """Removes a prompt with all its replies; the others stay. Raises ``NotFound``."""

    def forks(self, session_id: str) -> list[Fork]:
        """The sessions that were forked from one, oldest first."""
