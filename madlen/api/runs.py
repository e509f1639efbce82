"""``/runs``: prompt sets asked of lanes, how far they are, and what came of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import anyio
import anyio.to_thread
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from madlen.api import compare, events, problems, sets
from madlen.api.dependencies import Running
from madlen.api.requests import LaneRequest, Words, named_lanes
from madlen.batch import MOST_PROMPTS
from madlen.comparison import MOST_LANES
from madlen.errors import MadlenError, Unacceptable
from madlen.prompt_sets import Cell, Progress, PromptSet, Run, RunStatus
from madlen.services.wiring import Services
from madlen.types import Lane, Reply

router = APIRouter(tags=["prompt sets"])

_STREAM_SECONDS = 0.5


class RunRequest(BaseModel):
    """Either ``set_id`` or ``prompts`` says what is asked; ``checks`` go with ``prompts``."""

    lanes: list[LaneRequest] = Field(min_length=1, max_length=MOST_LANES)
    set_id: Words = Field("", description="The prompt set to run, as it is at this moment")
    prompts: list[sets.PromptRequest] = Field([], max_length=MOST_PROMPTS)
    checks: list[sets.CheckRequest] = Field([], max_length=50)
    name: Words = Field("", max_length=1000)


@router.get("/runs", summary="The runs of prompt sets")
def runs(
    services: Running,
    set_id: Annotated[Words, Query(description="Only those of this set")] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0, le=2**62)] = 0,
) -> list[dict[str, Any]]:
    """Newest first."""
    return [_heading(run) for run in services.store.runs(set_id=set_id, limit=limit, offset=offset)]


@router.post("/runs", summary="Run a prompt set", status_code=201)
def start(services: Running, wanted: RunRequest) -> dict[str, Any]:
    """Asks every prompt of every lane, in the background; `GET /runs/{id}/stream` tells how far it is."""
    run = services.batch.start(_asked(services, wanted), named_lanes(wanted.lanes), wanted.name)
    return stand(services, run)


@router.get("/runs/{run_id}", summary="A run with its answers")
def one(services: Running, run_id: str) -> dict[str, Any]:
    """`cells` goes prompt by prompt, each in the order of the lanes; `reply` is as in `POST /compare/`."""
    run = services.store.run(run_id)
    return {
        **stand(services, run),
        "prompts": [sets.prompt(prompt) for prompt in run.prompts],
        "cells": [_cell(cell, reply) for cell, reply in services.batch.results(run_id)],
    }


@router.post("/runs/{run_id}/pause", summary="Pause a run")
def pause(services: Running, run_id: str) -> dict[str, Any]:
    """What is being answered is finished; one that does not run is left as it is."""
    return stand(services, services.batch.pause(run_id))


@router.post("/runs/{run_id}/resume", summary="Let a run go on")
def resume(services: Running, run_id: str) -> dict[str, Any]:
    """One that paused or was stopped goes on with what waits."""
    return stand(services, services.batch.resume(run_id))


@router.post("/runs/{run_id}/stop", summary="Stop a run")
def stop(services: Running, run_id: str) -> dict[str, Any]:
    """What is being answered is stopped, and those cells have failed."""
    return stand(services, services.batch.stop(run_id))


@router.post("/runs/{run_id}/retry", summary="Ask the failed cells of a run again")
def retry(services: Running, run_id: str) -> dict[str, Any]:
    """Their replies go, and the run goes on."""
    return stand(services, services.batch.retry(run_id))


@router.delete("/runs/{run_id}", summary="Delete a run", status_code=204)
def delete(services: Running, run_id: str) -> None:
    """Its answers and the votes on them go with it; what is being answered is stopped."""
    services.batch.delete_run(run_id)


@router.get("/runs/{run_id}/stream", summary="Follow a run")
async def stream(services: Running, run_id: str) -> Response:
    """`progress` whenever something changed, and `done` with the last of it once the run does not run."""
    first = await anyio.to_thread.run_sync(services.batch.progress, run_id)
    return events.response(_changes(services, run_id, first))


async def _changes(services: Services, run_id: str, known: Progress) -> AsyncIterator[events.Event]:
    yield events.Event(_progress(known), name="progress")
    try:
        while known.status is RunStatus.RUNNING and not services.hub.ending:
            await anyio.sleep(_STREAM_SECONDS)
            before, known = known, await anyio.to_thread.run_sync(services.batch.progress, run_id)
            if _counts(before) != _counts(known):
                yield events.Event(_progress(known), name="progress")
        if known.status is not RunStatus.RUNNING:
            yield events.Event(_progress(known), name="done")
    except MadlenError as error:
        yield events.Event(problems.of_error(error), name="error")


def _asked(services: Services, wanted: RunRequest) -> PromptSet:
    if bool(wanted.set_id) == bool(wanted.prompts):
        raise Unacceptable("Say what to ask: name a set in set_id, or send prompts.")
    if wanted.set_id:
        return services.store.prompt_set(wanted.set_id)
    unnamed = sets.SetRequest(name="", prompts=wanted.prompts, checks=wanted.checks)
    return unnamed.prompt_set("", datetime.now(UTC))


def _heading(run: Run) -> dict[str, Any]:
    return {
        "id": run.id,
        "name": run.name,
        "set_id": run.set_id or None,
        "session_id": run.session_id,
        "created_at": run.created_at.isoformat(),
        "status": run.status.value,
        "note": run.note,
        "resume_at": run.resume_at and run.resume_at.isoformat(),
        "lanes": [_lane(lane) for lane in run.lanes],
        "checks": [asdict(check) for check in run.checks],
    }


def stand(services: Services, run: Run) -> dict[str, Any]:
    return {**_heading(run), "progress": _progress(services.batch.progress(run.id))}


def _progress(value: Progress) -> dict[str, Any]:
    seconds = value.seconds_left
    return {
        "status": value.status.value,
        **_counts(value),
        "note": value.note,
        "resume_at": value.resume_at and value.resume_at.isoformat(),
        "seconds_left": None if seconds is None else round(seconds, 1),
    }


def _counts(value: Progress) -> dict[str, Any]:
    return {
        "total": value.total,
        "waiting": value.waiting,
        "asking": value.asking,
        "done": value.done,
        "failed": value.failed,
    }


def _cell(cell: Cell, reply: Reply | None) -> dict[str, Any]:
    return {
        "prompt_id": cell.prompt_id,
        "lane": cell.lane,
        "turn_id": cell.turn_id,
        "state": cell.state.value,
        "attempts": cell.attempts,
        "reply": None if reply is None else compare.reply(reply),
    }


def _lane(lane: Lane) -> dict[str, Any]:
    known = {name: part for name, part in asdict(lane.parameters).items() if part not in (None, ())}
    effort = known.pop("reasoning_effort", None)
    return {
        "model": lane.model_id,
        "label": lane.name,
        "system": lane.system,
        **known,
        **({"reasoning": {"effort": effort}} if effort else {}),
    }
