"""A named list of prompts, and a run of it: every prompt asked of every lane.

Frozen values and pure functions. A run keeps its own copy of the prompts, so that editing the set
changes nothing of what was run. Its turns belong to a session of its own, which no list of chats shows.
"""

from __future__ import annotations

import enum
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from madlen.types import Lane, Picture

CheckKind = Literal["contains", "regex", "json", "exact", "similarity", "length", "cost", "latency"]

_VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def variable_name(written: str) -> str:
    """What was written as a variable can be named: as written, with ``_`` for all that no name holds.

    Nothing where there is neither a letter nor a digit in it.
    """
    name = "_".join(re.findall(r"\w+", written))
    return name if name.strip("_") else ""


@dataclass(frozen=True, slots=True)
class Check:
    """What an answer must meet.

    ``value`` is the words or the pattern; for ``exact`` and ``similarity`` without one it is the
    prompt's reference. ``limit`` is the least similarity (0 to 1), or the most characters, US dollars
    or seconds.
    """

    kind: CheckKind
    value: str = ""
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class Prompt:
    """One row of a set. ``variables`` fill the ``{{name}}`` in its words."""

    id: str
    text: str
    reference: str = ""
    pictures: tuple[Picture, ...] = ()
    tags: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()

    @property
    def asked(self) -> str:
        """The words as they are sent; a variable without a value stays as it is written."""
        return _VARIABLE.sub(lambda found: self.variables.get(found[1], found[0]), self.text)

    @property
    def is_filled(self) -> bool:
        """Whether every variable in its words has a value."""
        return _VARIABLE.search(self.asked) is None


@dataclass(frozen=True, slots=True)
class PromptSet:
    """A named list of prompts. ``checks`` hold for each of them, besides its own."""

    id: str
    name: str
    created_at: datetime
    updated_at: datetime
    prompts: tuple[Prompt, ...] = ()
    checks: tuple[Check, ...] = ()


class RunStatus(enum.StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    DONE = "done"


class CellState(enum.StrEnum):
    WAITING = "waiting"
    ASKING = "asking"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Run:
    """A set asked of lanes. ``session_id`` names the session with its turns, one for each prompt.

    ``note`` says why it paused by itself, as a sentence, and ``resume_at`` when it goes on by itself.
    ``went_on_at`` is when it was last set going; ``ended_before`` cells had ended by then.
    """

    id: str
    session_id: str
    name: str
    lanes: tuple[Lane, ...]
    prompts: tuple[Prompt, ...]
    created_at: datetime
    set_id: str = ""
    checks: tuple[Check, ...] = ()
    status: RunStatus = RunStatus.RUNNING
    note: str = ""
    resume_at: datetime | None = None
    went_on_at: datetime | None = None
    ended_before: int = 0


@dataclass(frozen=True, slots=True)
class Cell:
    """One prompt of a run in one lane; ``reply_id`` is the only reply there is to it, the newest.

    ``turn_id`` names the turn in the run's session that asks the prompt.
    """

    run_id: str
    prompt_id: str
    lane: str
    state: CellState = CellState.WAITING
    reply_id: str = ""
    attempts: int = 0
    turn_id: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is. ``seconds_left`` is what its pace so far leads to; ``None`` where none is known."""

    status: RunStatus
    waiting: int
    asking: int
    done: int
    failed: int
    note: str = ""
    resume_at: datetime | None = None
    seconds_left: float | None = None

    @property
    def total(self) -> int:
        return self.waiting + self.asking + self.done + self.failed

    @property
    def ended(self) -> int:
        return self.done + self.failed


def progress(run: Run, cells: Sequence[Cell], now: datetime, *, least_seconds: float = 0.0) -> Progress:
    """How far the run is with these cells; what is left takes ``least_seconds`` whatever the pace."""
    count = Counter(cell.state for cell in cells)
    ended = count[CellState.DONE] + count[CellState.FAILED]
    left, newly = len(cells) - ended, ended - run.ended_before
    seconds = None
    if run.status is not RunStatus.RUNNING or not left:
        seconds = None if left else 0.0
    elif newly > 0 and run.went_on_at is not None:
        seconds = max(left * (now - run.went_on_at).total_seconds() / newly, least_seconds)
    elif least_seconds:
        seconds = least_seconds
    return Progress(
        run.status,
        count[CellState.WAITING],
        count[CellState.ASKING],
        count[CellState.DONE],
        count[CellState.FAILED],
        run.note,
        run.resume_at,
        seconds,
    )
