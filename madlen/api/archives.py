"""Sessions as files: one or many exported, taken from files, and asked once more."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO, Annotated, Any
from urllib.parse import quote

import anyio.to_thread
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, Field

from madlen.api import answers, runs, uploaded
from madlen.api.dependencies import Running
from madlen.api.requests import Words
from madlen.archives import Archives, Taken
from madlen.files.imports import CHATS, FILE_BYTES
from madlen.files.kinds import File, Kind
from madlen.types import Session

router = APIRouter()

_AT_ONCE = 1_000_000
_PAGE_POLICY = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_BODY = uploaded.body("application/zip", "application/octet-stream")
Format = Annotated[Kind, Query(description="`json` can be imported again; the others are for people")]


class Chosen(BaseModel):
    ids: list[Words] = Field(min_length=1, max_length=CHATS)
    format: Kind = "json"


@router.get(
    "/sessions/{session_id}/export",
    tags=["sessions"],
    summary="A chat or comparison as a file",
    response_class=Response,
)
def export(services: Running, session_id: str, format: Format = "json") -> Response:  # noqa: A002
    """Complete as JSON, images included; as Markdown or as HTML that stands alone for people to read."""
    return _answer(services.archives.export(session_id, format))


@router.get(
    "/runs/{run_id}/export",
    tags=["prompt sets"],
    summary="A run as a file",
    response_class=Response,
)
def export_run(services: Running, run_id: str, format: Format = "json") -> Response:  # noqa: A002
    """Complete as JSON, with checks, votes and judgements; as Markdown or HTML for people to read."""
    return _answer(services.run_files.export(run_id, format))


@router.post(
    "/sessions/export",
    tags=["sessions"],
    summary="Many chats as one ZIP archive",
    response_class=StreamingResponse,
)
def bundle(services: Running, wanted: Chosen) -> StreamingResponse:
    """A file for each chat. Chats that are not there any more are left out."""
    out = tempfile.TemporaryFile()  # noqa: SIM115
    try:
        for _ in services.archives.bundle(wanted.ids, wanted.format, out):
            pass
    except BaseException:
        out.close()
        raise
    headers = {**_download("chats.zip"), "Content-Length": str(out.tell())}
    return StreamingResponse(_parts(out), media_type="application/zip", headers=headers)


@router.post(
    "/sessions/import",
    tags=["sessions"],
    summary="Take chats from a file",
    openapi_extra=_BODY,
    max_body_size=FILE_BYTES,
)
async def take(services: Running, request: Request) -> dict[str, Any]:
    """Madlen's own JSON, ChatGPT's `conversations.json` or Open WebUI's export, alone or inside a ZIP
    archive; as the body, or as a form's `file`. At most 200 MB and 20,000 chats.

    Each chat begins anew with ids of its own. `chats` tells for each what was not taken, and why; one
    that was not kept has no `session_id`.
    """
    async with uploaded.file(request) as (file, _):
        chats = await anyio.to_thread.run_sync(_taken, services.archives, file)
    kept = sum(1 for chat in chats if chat["session_id"])
    return {"taken": kept, "not_taken": len(chats) - kept, "chats": chats}


@router.post(
    "/compare/rerun",
    status_code=201,
    tags=["compare"],
    summary="Ask once more what a file asked",
    openapi_extra=_BODY,
)
async def rerun(services: Running, request: Request) -> dict[str, Any]:
    """A file of one chat or comparison: its prompts go to the same lanes again, in a new comparison.

    The first prompt is asked at once and each next one when all lanes have answered. `origin` is the
    session that has the earlier answers, kept from the file where it was not here.
    """
    async with uploaded.file(request) as (file, _):
        begun = await anyio.to_thread.run_sync(services.archives.rerun_file, file)
    return await anyio.to_thread.run_sync(_begun, services, begun)


@router.post(
    "/runs/import",
    status_code=201,
    tags=["prompt sets"],
    summary="Take a run from a file",
    openapi_extra=_BODY,
    max_body_size=FILE_BYTES,
)
async def take_run(services: Running, request: Request) -> dict[str, Any]:
    """A run that Madlen exported as JSON; what was not answered in it waits until the run is resumed."""
    async with uploaded.file(request) as (file, _):
        run = await anyio.to_thread.run_sync(services.run_files.take, file)
    return await anyio.to_thread.run_sync(runs.stand, services, run)


@router.post(
    "/runs/rerun",
    status_code=201,
    tags=["prompt sets"],
    summary="Run once more what a file ran",
    openapi_extra=_BODY,
    max_body_size=FILE_BYTES,
)
async def rerun_run(services: Running, request: Request) -> dict[str, Any]:
    """A file of one run: its prompts and checks go to the same lanes again, in a new run.

    `origin` is the session of the run that has the earlier answers, kept from the file where it was not
    here.
    """
    async with uploaded.file(request) as (file, _):
        run = await anyio.to_thread.run_sync(services.run_files.rerun_file, file)
    found = await anyio.to_thread.run_sync(runs.stand, services, run)
    return {**found, "origin": await anyio.to_thread.run_sync(services.run_files.then, run)}


def _answer(file: File) -> Response:
    policy = {"Content-Security-Policy": _PAGE_POLICY} if file.media_type == "text/html" else {}
    return Response(file.content, media_type=file.media_type, headers={**_download(file.name), **policy})


def _begun(services: Running, session: Session) -> dict[str, Any]:
    origin = services.store.origin(session.id)
    return {**answers.session(session), "origin": origin.session_id if origin else None}


def _taken(archives: Archives, file: IO[bytes]) -> list[dict[str, Any]]:
    return [_told(one) for one in archives.take(file)]


def _told(one: Taken) -> dict[str, Any]:
    return {
        "where": one.found.where,
        "title": one.found.title,
        "session_id": one.session.id if one.session else None,
        "comparison": bool(one.session and one.session.lanes),
        "notes": list(one.found.notes),
    }


def _download(name: str) -> dict[str, str]:
    """Headers for a file that is kept and not opened; the plain name is for clients of old."""
    plain = name.encode("ascii", "ignore").decode().lstrip("-") or "chat"
    return {
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }


def _parts(out: IO[bytes]) -> Iterator[bytes]:
    with out:
        out.seek(0)
        while part := out.read(_AT_ONCE):
            yield part
