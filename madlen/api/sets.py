"""``/sets``: named lists of prompts."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import PurePath
from typing import IO, Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from madlen import images
from madlen.api import uploaded
from madlen.api.dependencies import Running
from madlen.api.requests import Words
from madlen.batch import MOST_PROMPTS, uploads
from madlen.errors import Unacceptable
from madlen.prompt_sets import Check, CheckKind, Prompt, PromptSet

router = APIRouter(tags=["prompt sets"])

Label = Annotated[Words, Field(min_length=1, max_length=200)]


class CheckRequest(BaseModel):
    kind: CheckKind
    value: Words = Field("", max_length=100_000, description="The words or the pattern; else the reference")
    limit: float | None = Field(
        None,
        allow_inf_nan=False,
        description="The least similarity, or the most characters, US dollars or seconds",
    )

    def check(self) -> Check:
        return Check(self.kind, self.value, self.limit)


class PromptRequest(BaseModel):
    id: Words = Field("", max_length=200, description="Of its own in the set; without one it is given one")
    text: Words = Field(description="What is asked; `{{name}}` stands for a variable")
    reference: Words = Field("", max_length=400_000, description="What a good answer would say")
    images: list[Words] = Field([], description="Data URLs of images in base64, or https addresses")
    tags: list[Label] = Field([], max_length=50)
    variables: dict[Label, Words] = Field({}, max_length=200)
    checks: list[CheckRequest] = Field([], max_length=50)

    def prompt(self) -> Prompt:
        """Raises ``TooLarge`` for too many images, and what ``images.from_url`` raises."""
        images.check_number(len(self.images))
        return Prompt(
            id=self.id,
            text=self.text,
            reference=self.reference,
            pictures=tuple(images.from_url(address) for address in self.images),
            tags=tuple(self.tags),
            variables=self.variables,
            checks=tuple(check.check() for check in self.checks),
        )


class SetRequest(BaseModel):
    name: Words = Field(max_length=1000)
    prompts: list[PromptRequest] = Field([], max_length=MOST_PROMPTS)
    checks: list[CheckRequest] = Field([], max_length=50, description="What every answer must meet")

    def prompt_set(self, set_id: str, created_at: datetime) -> PromptSet:
        """Raises what ``PromptRequest.prompt`` raises."""
        return PromptSet(
            set_id,
            self.name,
            created_at,
            created_at,
            tuple(prompt.prompt() for prompt in self.prompts),
            tuple(check.check() for check in self.checks),
        )


@router.get("/sets", summary="The prompt sets")
def sets(services: Running) -> list[dict[str, Any]]:
    """The one changed last first, each with the number of its prompts."""
    return [{**_heading(known), "prompts": len(known.prompts)} for known in services.store.prompt_sets()]


@router.post("/sets", summary="Make a prompt set", status_code=201)
def create(services: Running, wanted: SetRequest) -> dict[str, Any]:
    return whole(services.batch.save(wanted.prompt_set("", datetime.now(UTC))))


@router.post(
    "/sets/import",
    summary="Make a prompt set of a file",
    status_code=201,
    openapi_extra=uploaded.body("text/csv", "application/jsonl"),
)
async def take(
    services: Running,
    request: Request,
    name: Annotated[Words, Query(max_length=1000, description="Else that of the file")] = "",
) -> dict[str, Any]:
    """A CSV, JSON or JSONL file, as the body or a form's `file`: a column or key is `prompt`, `reference`,
    `tags`, `image` or `checks`, or else a variable. At most 20 MB and 5,000 prompts.

    `errors` says for each row that was not taken why. A file without a good row makes no set.
    """
    async with uploaded.file(request) as (file, file_name):
        return await anyio.to_thread.run_sync(_taken, services, file, name, file_name)


@router.get("/sets/{set_id}", summary="A prompt set with its prompts")
def one(services: Running, set_id: str) -> dict[str, Any]:
    return whole(services.store.prompt_set(set_id))


@router.put("/sets/{set_id}", summary="Change a prompt set")
def change(services: Running, set_id: str, wanted: SetRequest) -> dict[str, Any]:
    """What is sent takes the place of all that was there; runs of it stay as they are."""
    known = services.store.prompt_set(set_id)
    return whole(services.batch.save(wanted.prompt_set(known.id, known.created_at)))


@router.delete("/sets/{set_id}", summary="Delete a prompt set", status_code=204)
def delete(services: Running, set_id: str) -> None:
    """Its runs stay."""
    services.batch.delete_set(set_id)


def _taken(services: Running, file: IO[bytes], name: str, file_name: str) -> dict[str, Any]:
    found = uploads.read(file.read(uploads.MOST_BYTES + 1), file_name)
    if not found.prompts:
        raise Unacceptable(f"No prompt of the file can be taken. {' '.join(found.errors[:3])}")
    now = datetime.now(UTC)
    title = name or PurePath(file_name).stem or "My prompts"
    made = services.batch.save(PromptSet("", title, now, now, found.prompts))
    return {**whole(made), "errors": list(found.errors)}


def whole(value: PromptSet) -> dict[str, Any]:
    return {**_heading(value), "prompts": [prompt(one) for one in value.prompts]}


def prompt(value: Prompt) -> dict[str, Any]:
    return {
        "id": value.id,
        "text": value.text,
        "reference": value.reference,
        "images": [picture.address for picture in value.pictures],
        "tags": value.tags,
        "variables": dict(value.variables),
        "checks": [asdict(check) for check in value.checks],
    }


def _heading(value: PromptSet) -> dict[str, Any]:
    return {
        "id": value.id,
        "name": value.name,
        "created_at": value.created_at.isoformat(),
        "updated_at": value.updated_at.isoformat(),
        "checks": [asdict(check) for check in value.checks],
    }
