"""``/presets/`` and ``/saved-prompts/``: ways of asking and prompts that are kept by name."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from madlen import presets, prompt_library
from madlen.api import answers
from madlen.api.dependencies import Running
from madlen.api.requests import Sampled, Words
from madlen.presets import Preset
from madlen.prompt_library import TEXT_CHARACTERS, SavedPrompt
from madlen.types import Lane

router = APIRouter(tags=["chat"])


class WantedPreset(Sampled):
    system: Words = Field("", max_length=400_000, description="What the model is told before everything")


class WantedPrompt(BaseModel):
    text: Words = Field(
        min_length=1, max_length=TEXT_CHARACTERS, description="`{{name}}` stands for a variable"
    )


@router.get("/presets", summary="All presets by their names")
def all_presets(services: Running) -> list[dict[str, Any]]:
    return [_preset(one) for one in services.store.presets()]


@router.get("/presets/{name}", summary="A preset")
def preset(services: Running, name: str) -> dict[str, Any]:
    return _preset(services.store.preset(name))


@router.put("/presets/{name}", summary="Keep a preset")
def keep_preset(services: Running, name: str, wanted: WantedPreset) -> dict[str, Any]:
    """It takes the place of a preset of the same name."""
    lane = Lane(wanted.model, parameters=wanted.parameters(), system=wanted.system)
    kept = presets.made(name, lane, datetime.now(UTC))
    services.store.keep_preset(kept)
    return _preset(kept)


@router.delete("/presets/{name}", status_code=204, summary="Delete a preset")
def delete_preset(services: Running, name: str) -> None:
    services.store.delete_preset(name)


@router.get("/saved-prompts", summary="All saved prompts by their names")
def all_saved_prompts(services: Running) -> list[dict[str, Any]]:
    return [_prompt(one) for one in services.store.saved_prompts()]


@router.get("/saved-prompts/{name}", summary="A saved prompt")
def saved_prompt(services: Running, name: str) -> dict[str, Any]:
    return _prompt(services.store.saved_prompt(name))


@router.put("/saved-prompts/{name}", summary="Keep a prompt")
def keep_saved_prompt(services: Running, name: str, wanted: WantedPrompt) -> dict[str, Any]:
    """It takes the place of a prompt of the same name."""
    kept = prompt_library.made(name, wanted.text, datetime.now(UTC))
    services.store.keep_saved_prompt(kept)
    return _prompt(kept)


@router.delete("/saved-prompts/{name}", status_code=204, summary="Delete a saved prompt")
def delete_saved_prompt(services: Running, name: str) -> None:
    services.store.delete_saved_prompt(name)


def _preset(value: Preset) -> dict[str, Any]:
    asked = answers.lane(value.lane)
    del asked["label"]
    return {"name": value.name, **asked, "updated_at": value.updated_at.isoformat()}


def _prompt(value: SavedPrompt) -> dict[str, Any]:
    return {
        "name": value.name,
        "text": value.text,
        "variables": list(value.variables),
        "updated_at": value.updated_at.isoformat(),
    }
