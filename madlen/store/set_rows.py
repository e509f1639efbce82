"""Rows of prompt sets, runs and cells to values and back, the same for every back end."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from madlen.errors import NotFound
from madlen.prompt_sets import Cell, CellState, Check, Prompt, PromptSet, Run, RunStatus
from madlen.store import rows
from madlen.store.rows import Row
from madlen.types import Picture, Turn

Contents = Mapping[str, bytes]
"""The bytes of pictures by their SHA-256; those that are not asked for are not there."""


def prompt_set(row: Row, contents: Contents) -> PromptSet:
    return PromptSet(
        id=row["id"],
        name=row["name"],
        created_at=datetime.fromisoformat(row["created_at"]),
        updated_at=datetime.fromisoformat(row["updated_at"]),
        prompts=_prompts(row["prompts"], contents),
        checks=_checks(json.loads(row["checks"])),
    )


def prompt_set_columns(value: PromptSet) -> dict[str, Any]:
    return {
        "id": value.id,
        "name": value.name,
        "created_at": rows.stamp(value.created_at),
        "updated_at": rows.stamp(value.updated_at),
        "prompts": _prompts_json(value.prompts),
        "checks": _json([_check(check) for check in value.checks]),
    }


def run(row: Row, contents: Contents) -> Run:
    return Run(
        id=row["id"],
        session_id=row["session_id"],
        name=row["name"],
        lanes=rows.known_lanes(row["lanes"]),
        prompts=_prompts(row["prompts"], contents),
        created_at=datetime.fromisoformat(row["created_at"]),
        set_id=row["set_id"],
        checks=_checks(json.loads(row["checks"])),
        status=RunStatus(row["status"]),
        note=row["note"],
        resume_at=_moment(row["resume_at"]),
        went_on_at=_moment(row["went_on_at"]),
        ended_before=row["ended_before"],
    )


def run_columns(value: Run) -> dict[str, Any]:
    return {
        "id": value.id,
        "session_id": value.session_id,
        "set_id": value.set_id,
        "name": value.name,
        "lanes": rows.lanes(value.lanes),
        "prompts": _prompts_json(value.prompts),
        "checks": _json([_check(check) for check in value.checks]),
        "created_at": rows.stamp(value.created_at),
        "status": value.status.value,
        "note": value.note,
        "resume_at": value.resume_at and rows.stamp(value.resume_at),
        "went_on_at": rows.stamp(value.went_on_at or value.created_at),
        "ended_before": value.ended_before,
    }


def cell(row: Row) -> Cell:
    return Cell(
        run_id=row["run_id"],
        prompt_id=row["prompt_id"],
        lane=row["lane"],
        state=CellState(row["state"]),
        reply_id=row["reply_id"] or "",
        attempts=row["attempts"],
        turn_id=row["turn_id"],
    )


def cells(run: Run, turns: Sequence[Turn]) -> list[dict[str, Any]]:
    """The cells of a run as rows, prompt by prompt; one that a lane answered has its last reply."""
    answered = [{reply.lane: reply.id for reply in turn.replies} for turn in turns]
    found = [
        {
            "run_id": run.id,
            "prompt_id": prompt.id,
            "lane": lane.name,
            "turn_id": turn.id,
            "reply_id": known.get(lane.name),
            "attempts": int(lane.name in known),
        }
        for prompt, turn, known in zip(run.prompts, turns, answered, strict=True)
        for lane in run.lanes
    ]
    return [{**one, "position": position} for position, one in enumerate(found)]


def shown(prompts: Iterable[Prompt]) -> dict[str, Picture]:
    """The pictures of the prompts that have bytes, by their SHA-256."""
    pictures = (picture for prompt in prompts for picture in prompt.pictures)
    return {picture.sha256: picture for picture in pictures if picture.sha256}


def no_set() -> NotFound:
    return NotFound("There is no such prompt set; it may have been deleted.")


def no_run() -> NotFound:
    return NotFound("There is no such run; it may have been deleted.")


def _prompts(text: str, contents: Contents) -> tuple[Prompt, ...]:
    return tuple(
        Prompt(
            id=known["id"],
            text=known["text"],
            reference=known["reference"],
            pictures=tuple(
                Picture(**picture, content=contents.get(picture.get("sha256", ""), b""))
                for picture in known["pictures"]
            ),
            tags=tuple(known["tags"]),
            variables=known["variables"],
            checks=_checks(known["checks"]),
        )
        for known in json.loads(text)
    )


def _prompts_json(prompts: Iterable[Prompt]) -> str:
    return _json(
        [
            {
                "id": prompt.id,
                "text": prompt.text,
                "reference": prompt.reference,
                "pictures": [_picture(picture) for picture in prompt.pictures],
                "tags": prompt.tags,
                "variables": dict(prompt.variables),
                "checks": [_check(check) for check in prompt.checks],
            }
            for prompt in prompts
        ]
    )


def _picture(picture: Picture) -> dict[str, str]:
    if picture.url:
        return {"url": picture.url}
    return {"sha256": picture.sha256, "media_type": picture.media_type}


def _check(check: Check) -> dict[str, Any]:
    return {"kind": check.kind, "value": check.value, "limit": check.limit}


def _checks(known: Iterable[Mapping[str, Any]]) -> tuple[Check, ...]:
    return tuple(Check(**check) for check in known)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
