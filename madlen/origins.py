"""Where a session came from, where that was another session or a file, and what was forked from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["rerun", "fork", "import", "copy"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Asked anew, forked, copied, or taken from a file; ``turn_id`` is where a fork began.

    What it names may have been deleted meanwhile.
    """

    kind: Kind
    session_id: str = ""
    turn_id: str = ""


@dataclass(frozen=True, slots=True)
class Fork:
    """A session that was forked from another at one of its turns."""

    session_id: str
    title: str
    turn_id: str
