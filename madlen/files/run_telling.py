"""What exports for people say of a run besides its prompts and answers: figures, checks and judgements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from madlen import judgements
from madlen.batch import checks, overview, results, summary
from madlen.batch.results import Result
from madlen.files import telling
from madlen.files.documents import Archive
from madlen.prompt_sets import Cell, CellState, Run
from madlen.types import Reply, Status, Turn

_STATES = {Status.COMPLETE: CellState.DONE, Status.STREAMING: CellState.ASKING}
_MARKS = {True: "Passed", False: "Not passed", None: "Not known"}


@dataclass(frozen=True, slots=True)
class Beside:
    """Lines that stand under a prompt or an answer, by its id, and the table of the lanes."""

    lines: dict[str, list[str]] = field(default_factory=dict)
    heading: tuple[str, ...] = ()
    lanes: tuple[tuple[str, ...], ...] = ()


def beside(archive: Archive) -> Beside:
    """What there is to say; nothing for what is no run."""
    if archive.run is None:
        return Beside()
    found = results.of(archive.run, _cells(archive.run, archive.turns), archive.judgements)
    lines = {one.reply.id: _checked(one) for one in found if one.reply is not None}
    for prompt, turn in zip(archive.run.prompts, archive.turns, strict=True):
        own = [one for one in archive.judgements if one.turn_id == turn.id]
        named = {reply.id: reply.lane for reply in turn.replies}
        told = [
            f"Reference: {prompt.reference}" if prompt.reference else "",
            f"Tags: {', '.join(prompt.tags)}" if prompt.tags else "",
            *(
                f"{judgements.sentence(one, [named[reply_id] for reply_id in one.replies])},"
                f" says {one.judge}. {one.reason}"
                for one in own
            ),
        ]
        lines[turn.id] = [telling.line(one) for one in told if one]
    rows = overview.known([overview.row(one, {}) for one in summary.by_lane(archive.run.lanes, found)])
    cells = tuple(tuple("" if cell is None else str(cell) for cell in row.values()) for row in rows)
    return Beside(lines, tuple(rows[0]), cells)


def _cells(run: Run, turns: Sequence[Turn]) -> list[tuple[Cell, Reply | None]]:
    """Every cell as its reply says that it stands."""
    found = []
    for prompt, turn in zip(run.prompts, turns, strict=True):
        last = {reply.lane: reply for reply in turn.replies}
        for lane in run.lanes:
            reply = last.get(lane.name)
            state = CellState.WAITING if reply is None else _STATES.get(reply.status, CellState.FAILED)
            cell = Cell(run.id, prompt.id, lane.name, state, reply.id if reply else "", turn_id=turn.id)
            found.append((cell, reply))
    return found


def _checked(one: Result) -> list[str]:
    return [
        telling.line(
            f"{_MARKS[verdict.passed]}: "
            f"{checks.described(verdict.check) if verdict.passed else verdict.sentence}"
        )
        for verdict in one.verdicts
    ]
