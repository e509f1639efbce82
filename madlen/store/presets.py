"""What the ``Store`` contract has for presets and saved prompts."""

from __future__ import annotations

from typing import Protocol

from madlen.errors import NotFound
from madlen.presets import Preset
from madlen.prompt_library import SavedPrompt


class PresetStore(Protocol):
    """Presets and saved prompts by their names."""

    def presets(self) -> list[Preset]:
        """All of them by their names."""

    def preset(self, name: str) -> Preset:
        """Raises ``NotFound``."""

    def keep_preset(self, wanted: Preset) -> None:
        """Keeps a preset, in place of one of the same name."""

    def delete_preset(self, name: str) -> None:
        """Raises ``NotFound``."""

    def saved_prompts(self) -> list[SavedPrompt]:
        """All of them by their names."""

    def saved_prompt(self, name: str) -> SavedPrompt:
        """Raises ``NotFound``."""

    def keep_saved_prompt(self, wanted: SavedPrompt) -> None:
        """Keeps a prompt, in place of one of the same name."""

    def delete_saved_prompt(self, name: str) -> None:
        """Raises ``NotFound``."""


def no_preset() -> NotFound:
    return NotFound("There is no such preset; it may have been deleted.")


def no_saved_prompt() -> NotFound:
    return NotFound("There is no such saved prompt; it may have been deleted.")
