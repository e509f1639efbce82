"""What makes a comparison in a file a run of a prompt set: its prompts, checks and judgements."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from madlen.batch import checks
from madlen.errors import MadlenError, Unacceptable
from madlen.files import shapes
from madlen.judgements import Judgement
from madlen.prompt_sets import Check, Prompt, Run, RunStatus
from madlen.types import Session, Status, Turn

_ENDED = {Status.COMPLETE, Status.STOPPED, Status.FAILED}


def written(run: Run, judgements: Iterable[Judgement]) -> dict[str, Any]:
    """The run beside its turns, which hold the pictures and the answers."""
    return {
        "id": run.id,
        "name": run.name,
        "set_id": run.set_id,
        "created_at": run.created_at.isoformat(),
        "status": run.status.value,
        "checks": [checks.as_json(check) for check in run.checks],
        "prompts": [_prompt(prompt) for prompt in run.prompts],
        "judgements": [_judgement(one) for one in judgements],
    }


def read(
    found: shapes.Run, session: Session, turns: Sequence[Turn], where: str
) -> tuple[Run, tuple[Judgement, ...]]:
    """The run that the turns belong to. One with cells that nobody answered is stopped.

    Raises ``Unacceptable`` with the place of what is wrong.
    """
    if not session.lanes:
        raise Unacceptable(f"{where} is a run without lanes.")
    if len(found.prompts) != len(turns):
        raise Unacceptable(f"{where}.run has {len(found.prompts):,} prompts and {len(turns):,} turns.")
    if len({prompt.id for prompt in found.prompts}) < len(found.prompts):
        raise Unacceptable(f"{where}.run gives the same id to two of its prompts.")
    prompts = tuple(
        Prompt(
            id=prompt.id,
            text=prompt.text,
            reference=prompt.reference,
            pictures=turn.pictures,
            tags=prompt.tags,
            variables=prompt.variables,
            checks=_checks(prompt.checks, f"{where}.run.prompts[{number}]"),
        )
        for number, (prompt, turn) in enumerate(zip(found.prompts, turns, strict=True))
    )
    run = Run(
        id=found.id,
        session_id=session.id,
        name=found.name,
        lanes=session.lanes,
        prompts=prompts,
        created_at=found.created_at,
        set_id=found.set_id,
        checks=_checks(found.checks, f"{where}.run"),
        status=RunStatus.DONE if _has_ended(session, turns) else RunStatus.STOPPED,
    )
    return run, _judgements(found.judgements, session, turns)


def _has_ended(session: Session, turns: Iterable[Turn]) -> bool:
    lanes = {lane.name for lane in session.lanes}
    return all(lanes <= {reply.lane for reply in turn.replies if reply.status in _ENDED} for turn in turns)


def _judgements(
    found: Iterable[shapes.Judgement], session: Session, turns: Iterable[Turn]
) -> tuple[Judgement, ...]:
    """Those on replies that the file holds, each judge once on the same replies."""
    replies = {turn.id: {reply.id for reply in turn.replies} for turn in turns}
    kept = {
        (one.judge, one.template, one.replies): Judgement(session_id=session.id, **dict(one))
        for one in found
        if replies.get(one.turn_id, set()).issuperset(one.replies)
    }
    return tuple(kept.values())


def _checks(found: Iterable[shapes.Check], where: str) -> tuple[Check, ...]:
    try:
        return tuple(checks.check_that_works(Check(one.kind, one.value, one.limit)) for one in found)
    except MadlenError as error:
        raise Unacceptable(f"{where} has a check that cannot work. {error}") from error


def _prompt(prompt: Prompt) -> dict[str, Any]:
    parts = {
        "id": prompt.id,
        "text": prompt.text,
        "reference": prompt.reference,
        "tags": prompt.tags,
        "variables": dict(prompt.variables),
        "checks": [checks.as_json(check) for check in prompt.checks],
    }
    return {name: part for name, part in parts.items() if part or name == "text"}


def _judgement(one: Judgement) -> dict[str, Any]:
    parts = {
        "judge": one.judge,
        "turn_id": one.turn_id,
        "replies": one.replies,
        "judged_at": one.judged_at.isoformat(),
        "outcome": one.outcome,
        "score": one.score,
        "reason": one.reason,
        "flipped": one.flipped,
        "template": one.template,
    }
    return {name: part for name, part in parts.items() if part}
