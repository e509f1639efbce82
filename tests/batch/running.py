"""Runs in tests: a small set, its lanes, and what becomes of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from madlen.prompt_sets import CellState, Prompt, PromptSet, RunStatus
from madlen.services.wiring import Services
from madlen.types import Lane

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LANES = (Lane("parrot/polly", "A"), Lane("parrot/seer", "B"))


def a_set(*texts: str, set_id: str = "") -> PromptSet:
    prompts = tuple(Prompt(f"p{number}", text) for number, text in enumerate(texts or ("One", "Two"), 1))
    return PromptSet(set_id, "Numbers", NOW, NOW, prompts)


def eventually(true: Callable[[], bool], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until
        time.sleep(0.01)


def until_it_is(madlen: Services, run_id: str, status: RunStatus) -> None:
    eventually(lambda: madlen.store.run_heading(run_id).status is status)


def carried_out(madlen: Services, wanted: PromptSet, lanes: Sequence[Lane] = LANES) -> str:
    """The id of a run of the set, once every cell of it has ended."""
    run = madlen.batch.start(wanted, lanes)
    until_it_is(madlen, run.id, RunStatus.DONE)
    return run.id


def said(madlen: Services, run_id: str) -> list[tuple[str, str, str]]:
    """Prompt, lane and answer of every cell."""
    return [
        (cell.prompt_id, cell.lane, reply.text if reply else "")
        for cell, reply in madlen.batch.results(run_id)
    ]


def states(madlen: Services, run_id: str) -> list[CellState]:
    return [cell.state for cell in madlen.store.cells(run_id)]


def in_flight(madlen: Services, run_id: str) -> int:
    return states(madlen, run_id).count(CellState.ASKING)
