"""Values that the tests of runs judge."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from madlen.judgements import Judgement
from madlen.prompt_sets import Cell, CellState, Prompt, Run
from madlen.types import Lane, Reply, Status, Timing, Usage
from madlen.votes import Outcome
from tests.parrot import POLLY, SEER

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LANES = (Lane(POLLY.id, "A"), Lane(SEER.id, "B"))


def answer(reply_id: str, turn: str, lane: str, text: str, seconds: float | None = 1.0) -> Reply:
    return Reply(
        reply_id,
        "s1",
        turn,
        POLLY.id if lane == "A" else SEER.id,
        lane,
        Status.COMPLETE,
        NOW,
        text=text,
        usage=Usage(prompt_tokens=3, completion_tokens=5, cost=Decimal("0.001")),
        timing=Timing(time_to_first_token=seconds and seconds / 2, duration=seconds),
    )


def answered(
    *rows: Sequence[str | None], prompts: Sequence[Prompt] = (), lanes: Sequence[Lane] = LANES
) -> tuple[Run, list[tuple[Cell, Reply | None]]]:
    """A run whose prompt ``p1`` has turn ``t1`` and the replies ``t1A`` and ``t1B``; no text failed."""
    asked = tuple(prompts) or tuple(Prompt(f"p{row}", f"Question {row}?") for row in range(1, len(rows) + 1))
    run = Run("run", "s1", "Run", tuple(lanes), asked, NOW)
    cells: list[tuple[Cell, Reply | None]] = []
    for number, (prompt, texts) in enumerate(zip(asked, rows, strict=True), start=1):
        for lane, text in zip(lanes, texts, strict=True):
            reply_id, turn = f"t{number}{lane.name}", f"t{number}"
            state = CellState.FAILED if text is None else CellState.DONE
            cell = Cell("run", prompt.id, lane.name, state, reply_id, 1)
            cells.append((cell, None if text is None else answer(reply_id, turn, lane.name, text)))
    return run, cells


def compared(first: str, second: str, outcome: Outcome | None, turn: str = "t1") -> Judgement:
    return Judgement("judge/one", turn, "s1", (first, second), NOW, outcome)


def scored(reply_id: str, score: float | None, turn: str = "t1") -> Judgement:
    return Judgement("judge/one", turn, "s1", (reply_id,), NOW, score=score)
