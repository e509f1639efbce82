"""The kinds of file that a chat or a run of prompts can be written as, and what such a file is called."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from madlen.types import Session

Kind = Literal["json", "markdown", "html"]
KINDS: tuple[Kind, ...] = get_args(Kind)
MEDIA_TYPES: Mapping[Kind, str] = {
    "json": "application/json",
    "markdown": "text/markdown",
    "html": "text/html",
}
_SUFFIXES: Mapping[Kind, str] = {"json": "json", "markdown": "md", "html": "html"}
_UNSAFE = re.compile(r"[^\w]+")
_NAME_CHARACTERS = 60


@dataclass(frozen=True, slots=True)
class File:
    """A file to be downloaded, with a name that is safe on every system."""

    name: str
    media_type: str
    content: bytes


def file_name(session: Session, kind: Kind) -> str:
    """A name made of the title and the id, of letters, digits and hyphens only."""
    title = _UNSAFE.sub("-", session.title)[:_NAME_CHARACTERS].strip("-_")
    return f"{title or 'chat'}-{session.id[:8]}.{_SUFFIXES[kind]}"
