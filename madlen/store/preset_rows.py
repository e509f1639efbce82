"""Presets and saved prompts as rows, the same on both back ends."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from madlen.presets import Preset
from madlen.prompt_library import SavedPrompt
from madlen.store import rows


def preset(row: rows.Row) -> Preset:
    [lane] = rows.known_lanes(row["lanes"])
    return Preset(row["name"], lane, datetime.fromisoformat(row["updated_at"]))


def preset_columns(value: Preset) -> dict[str, Any]:
    return {
        "name": value.name,
        "lanes": rows.lanes([value.lane]),
        "updated_at": rows.stamp(value.updated_at),
    }


def saved_prompt(row: rows.Row) -> SavedPrompt:
    return SavedPrompt(row["name"], row["text"], datetime.fromisoformat(row["updated_at"]))


def saved_prompt_columns(value: SavedPrompt) -> dict[str, Any]:
    return {"name": value.name, "text": value.text, "updated_at": rows.stamp(value.updated_at)}
