"""Who remembers: the ``Store`` protocol and ``open_store(url)``, the back end that a URL names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from madlen.errors import BadSetting
from madlen.origins import Origin
from madlen.store.budget import BudgetStore
from madlen.store.history import HistoryStore
from madlen.store.judged import JudgementStore
from madlen.store.lane_sets import LaneSets
from madlen.store.overview import Overview
from madlen.store.presets import PresetStore
from madlen.store.revised import RevisionStore
from madlen.store.sets import SetStore
from madlen.store.sqlite import SQLiteStore
from madlen.store.usage import UsageStore
from madlen.types import Choices, Lane, Parameters, Reply, Session, Turn
from madlen.votes import Vote


class Listener(Protocol):
    """Hears what other processes do to replies in flight; used by one thread at a time.

    One that heard nothing of late may have missed what was done meanwhile, and says so at first.
    """

    def heard(self, seconds: float) -> set[str] | None:
        """Ids of replies that changed or are to stop; ``None`` when it may be any of them.

        Waits for the first, at most so long. Raises ``StoreUnavailable``, and may be asked again then.
        """

    def close(self) -> None: ...


class Store(
    HistoryStore,
    LaneSets,
    PresetStore,
    SetStore,
    JudgementStore,
    RevisionStore,
    Overview,
    UsageStore,
    BudgetStore,
    Protocol,
):
    """Sessions, their turns and the replies to them; synchronous and safe to call from any thread.

    What a method has returned from is durable: it survives the process being killed. Every method
    raises ``StoreUnavailable`` when the database cannot be reached, read or written.
    """

    def create_session(self, session: Session) -> None: ...

    def session(self, session_id: str) -> Session:
        """Raises ``NotFound``."""

    def rename_session(self, session_id: str, title: str, now: datetime) -> None:
        """Gives a title and dates the session. Raises ``NotFound``."""

    def configure(self, session_id: str, *, system: str, parameters: Parameters) -> None:
        """Keeps how a session asks from now on; does not date it. Raises ``NotFound``."""

    def arrange(self, session_id: str, lanes: Sequence[Lane]) -> None:
        """Keeps what a comparison asks from now on; does not date it. Raises ``NotFound``."""

    def keep(
        self,
        session: Session,
        turns: Sequence[Turn],
        *,
        votes: Sequence[Vote] = (),
        origin: Origin | None = None,
    ) -> None:
        """Keeps a session with all of its turns, their replies and votes as they are, in one transaction."""

    def origin(self, session_id: str) -> Origin | None:
        """Where a session came from; ``None`` where it began by itself. Raises ``NotFound``."""

    def delete_session(self, session_id: str) -> None:
        """Removes the session with all its messages. Raises ``NotFound``."""

    def turns(self, session_id: str) -> list[Turn]:
        """Oldest first, each with its pictures and all its replies; empty for an unknown session."""

    def begin(
        self, turn: Turn, replies: Sequence[Reply], *, model_id: str, session: Session | None = None
    ) -> None:
        """Keeps a prompt, its pictures and an empty row for each reply, in one transaction.

        With ``session`` that begins too. A turn that is there already only gains the replies, and
        none of its replies is chosen any more. The session is dated and takes on ``model_id``. Raises
        ``NotFound`` when it has gone.
        """

    def save(self, reply: Reply) -> None:
        """Brings a reply's row up to date; a row that was deleted meanwhile stays deleted."""

    def checkpoint(self, replies: Sequence[Reply]) -> None:
        """Brings the words of replies in flight up to date, in one transaction.

        A row that was deleted or has ended meanwhile stays as it is.
        """

    def reply(self, reply_id: str) -> Reply:
        """Raises ``NotFound``."""

    def vote(self, vote: Vote) -> None:
        """Keeps the vote on a turn in place of an earlier one. Raises ``NotFound`` when the turn has gone."""

    def votes_of(self, session_id: str) -> list[Vote]:
        """Oldest first; a vote goes with its turn."""

    def ballots(self) -> list[tuple[Vote, Turn]]:
        """Every vote with its turn and the replies to it, oldest first; pictures come without their bytes."""

    def choices(self, *, recent: int = 8) -> Choices:
        """The models that were pinned, and at most so many of those that ``begin`` asked last."""

    def pin_model(self, model_id: str, now: datetime | None) -> None:
        """Pins a model behind those pinned before, or with ``None`` unpins it."""

    def beat(self, reply_ids: Sequence[str], now: datetime) -> None:
        """Says that the replies are still being written."""

    def request_stop(self, reply_id: str) -> None:
        """Asks whichever process makes the reply to end it; one that has ended is left as it is."""

    def unwanted(self, reply_ids: Sequence[str]) -> set[str]:
        """Those of the replies that somebody asked to stop, or whose chat was deleted."""

    def listen(self) -> Listener:
        """Ears of its own, which cost nothing until they are first used and must be closed."""

    def interrupt_abandoned(self, before: datetime, sentence: str) -> int:
        """Marks ``streaming`` replies without a beat since ``before`` as ``interrupted``; says how many."""

    def check(self) -> None:
        """Writes and takes it back, so that ``StoreUnavailable`` tells what is wrong."""

    def close(self) -> None: ...

    @property
    def description(self) -> str:
        """What runs, for a line at start-up, such as ``SQLite 3.53.4 in chat.db``; no password is in it."""

    @property
    def warnings(self) -> Sequence[str]:
        """What whoever starts the process should know, as sentences."""


def open_store(url: str) -> Store:
    """Opens the database that a ``DATABASE_URL`` names and brings its schema up to date.

    Raises ``StoreUnavailable`` when it cannot be opened, ``BadSetting`` for an unknown scheme.
    """
    if url.startswith(("postgresql://", "postgres://")):
        # A start on SQLite does not wait for psycopg.
        from madlen.store.postgres import PostgresStore  # noqa: PLC0415

        return PostgresStore(url)
    scheme, _, path = url.partition(":///")
    if scheme != "sqlite" or not path:
        raise BadSetting(
            "DATABASE_URL must look like sqlite:///./chat.db or postgresql://user:password@host/database"
        )
    return SQLiteStore(path)
