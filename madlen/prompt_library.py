"""Prompts that are kept by name, with gaps such as ``{{topic}}`` to be filled in each time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from madlen import names
from madlen.errors import TooLarge, Unacceptable

TEXT_CHARACTERS = 100_000
MOST_VARIABLES = 20
_VARIABLE = re.compile(r"\{\{\s*(\w[\w -]{0,59})\s*\}\}")


@dataclass(frozen=True, slots=True)
class SavedPrompt:
    """A prompt under a name of which there is one."""

    name: str
    text: str
    updated_at: datetime

    @property
    def variables(self) -> tuple[str, ...]:
        """What is to be filled in, each once, in the order in which they come."""
        return tuple(dict.fromkeys(found.strip() for found in _VARIABLE.findall(self.text)))

    def filled(self, values: Mapping[str, str]) -> str:
        """The text with the values in their places; a variable without a value stays as it is.

        What is filled in is not looked through again.
        """
        return _VARIABLE.sub(lambda found: values.get(found[1].strip()) or found[0], self.text)


def made(name: str, text: str, now: datetime) -> SavedPrompt:
    """A prompt as it is kept. Raises ``Unacceptable`` and ``TooLarge``."""
    if not text.strip():
        raise Unacceptable("A prompt to keep needs some words.")
    if len(text) > TEXT_CHARACTERS:
        raise TooLarge(f"A prompt that is kept has at most {TEXT_CHARACTERS:,} characters.")
    kept = SavedPrompt(names.checked(name, "saved prompt"), text, now)
    if len(kept.variables) > MOST_VARIABLES:
        raise Unacceptable(f"A saved prompt has at most {MOST_VARIABLES} variables.")
    return kept
