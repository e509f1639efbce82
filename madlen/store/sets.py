"""Who remembers prompt sets and their runs: the ``SetStore`` protocol, a part of ``Store``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from madlen.judgements import Judgement
from madlen.origins import Origin
from madlen.prompt_sets import Cell, PromptSet, Run, RunStatus
from madlen.types import Reply, Session, Turn
from madlen.votes import Vote


class SetStore(Protocol):
    """Prompt sets, runs and their cells.

    A run's turns and replies are those of its session, which no list of chats and no search shows, and
    the run goes with it. The state of a cell is that of its reply, so that the two never disagree. Every
    method raises ``StoreUnavailable`` when the database cannot be reached, read or written.
    """

    def save_set(self, wanted: PromptSet) -> None:
        """Keeps a set with its pictures, in place of the one with its id."""

    def prompt_set(self, set_id: str) -> PromptSet:
        """Raises ``NotFound``."""

    def prompt_sets(self) -> list[PromptSet]:
        """The one changed last first; pictures come without their bytes."""

    def delete_set(self, set_id: str) -> None:
        """Its runs stay. Raises ``NotFound``."""

    def begin_run(
        self,
        run: Run,
        session: Session,
        turns: Sequence[Turn],
        *,
        votes: Sequence[Vote] = (),
        judgements: Sequence[Judgement] = (),
        origin: Origin | None = None,
    ) -> None:
        """Keeps a run, its session and a turn for each of its prompts, in that order, in one transaction.

        Every prompt has a cell in every lane: it has the last reply of that lane to the turn, or waits.
        """

    def run(self, run_id: str) -> Run:
        """Raises ``NotFound``."""

    def run_heading(self, run_id: str) -> Run:
        """The run without its prompts, for whoever asks how it stands. Raises ``NotFound``."""

    def runs(self, *, set_id: str = "", limit: int = 100, offset: int = 0) -> list[Run]:
        """Headings, newest first, of one set or of all."""

    def cells(self, run_id: str) -> list[Cell]:
        """Prompt by prompt, each in the order of the lanes; empty for an unknown run."""

    def change_run(
        self,
        run_id: str,
        status: RunStatus,
        now: datetime,
        *,
        among: Sequence[RunStatus],
        note: str = "",
        resume_at: datetime | None = None,
    ) -> bool:
        """Gives a status to a run that has one of ``among``; says whether it had. Raises ``NotFound``."""

    def retry_cells(self, run_id: str, now: datetime) -> int:
        """Lets the failed cells of a run wait anew and sets it going; says how many there were.

        Their replies go. Raises ``NotFound``.
        """

    def take_runs(self, owner: str, now: datetime, before: datetime) -> list[str]:
        """Ids of the running runs that are the owner's from here on, with a beat for each.

        Those that were its own, those of nobody, and those whose owner gave no beat since ``before``.
        Runs whose pause is over by ``now`` run again.
        """

    def leave_runs(self, owner: str) -> None:
        """Lets others take the owner's runs at once."""

    def ask_cell(self, cell: Cell, reply: Reply, owner: str) -> bool:
        """Keeps an empty reply to a cell that waits as ``cell`` says, in place of its last one.

        ``False``, and nothing is kept, where it does not wait like that any more, or where its run does
        not run or is not the owner's.
        """

    def release_cell(self, reply_id: str) -> None:
        """Lets a cell wait again whose reply came to nothing, which goes; its attempts stay counted."""

    def finish_run(self, run_id: str, owner: str) -> bool:
        """Ends the owner's run when no cell of it waits or is being asked; says whether it did."""
