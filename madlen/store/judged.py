"""Who remembers what judges said: the ``JudgementStore`` protocol, a part of ``Store``."""

from __future__ import annotations

from typing import Protocol

from madlen.judgements import Judgement


class JudgementStore(Protocol):
    """The judgements of models, apart from the votes of people.

    Every method raises ``StoreUnavailable`` when the database cannot be reached, read or written.
    """

    def keep_judgement(self, judgement: Judgement) -> None:
        """Keeps it in place of an earlier one of the same judge on the same replies.

        One on a turn that has gone meanwhile is not kept; a judgement goes with its turn.
        """

    def judgements(self, session_id: str = "") -> list[Judgement]:
        """Those on a session's turns, or all of them, oldest first."""
