"""What the chats of other programs have in common when they are read: messages become turns.

What cannot be taken is counted and told as sentences, by chat.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from madlen import beginnings, images, lenient
from madlen.errors import MadlenError
from madlen.files.documents import Archive
from madlen.types import CHAT_LANE, Lane, Picture, Reply, Session, Status, Turn

MESSAGES = 20_000
_MILLISECONDS = 1e11
_LATEST = datetime(2200, 1, 1, tzinfo=UTC).timestamp()


@dataclass
class Missing:
    """What of a chat was not taken: so many of each kind, and sentences of their own."""

    counted: Counter[str] = field(default_factory=Counter)
    told: list[str] = field(default_factory=list)

    def count(self, one: str, many: str, number: int = 1) -> None:
        self.counted[f"{one}|{many}"] += number

    def sentences(self) -> list[str]:
        counted = [
            f"1 {names.partition('|')[0]} was not taken."
            if number == 1
            else f"{number:,} {names.partition('|')[2]} were not taken."
            for names, number in self.counted.items()
            if number
        ]
        return [*counted, *dict.fromkeys(self.told)]


def moment(value: Any, otherwise: datetime) -> datetime:
    """A time in seconds or milliseconds since 1970, or in ISO 8601; the other one where it is neither."""
    if isinstance(value, str):
        try:
            read = datetime.fromisoformat(value)
            value = (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            return otherwise
    if isinstance(value, bool) or not isinstance(value, int | float):
        return otherwise
    seconds = value / 1000 if value > _MILLISECONDS else value
    if not 0 < seconds < _LATEST:
        return otherwise
    return datetime.fromtimestamp(seconds, UTC)


def listed(value: Any) -> list[Any]:
    """A list, or an empty one."""
    return value if isinstance(value, list) else []


def path_to(leaf: str, nodes: Mapping[str, Any], parent: str) -> Iterator[str]:
    """The ids from a node of a tree up to its root; a circle ends where it would begin anew."""
    seen: set[str] = set()
    while leaf in nodes and leaf not in seen:
        seen.add(leaf)
        yield leaf
        leaf = lenient.text(lenient.mapping(nodes[leaf]).get(parent))


def picture(address: str, missing: Missing) -> Picture | None:
    """An image by its data URL, decoded and written anew, or by its https address."""
    if not address.startswith(("data:", "https://")):
        missing.count("image that the file only points at", "images that the file only points at", 1)
        return None
    try:
        return images.from_url(address)
    except MadlenError as error:
        missing.told.append(f"An image was not taken: {error}")
        return None


class Turns:
    """Turns as they are put together from messages in their order."""

    def __init__(self, session: Session, missing: Missing) -> None:
        self._session = session
        self._missing = missing
        self._turns: list[Turn] = []

    def prompt(self, text: str, at: datetime, pictures: tuple[Picture, ...] = ()) -> None:
        if text.strip() or pictures:
            turn_id = beginnings.fresh_id()
            self._turns.append(Turn(turn_id, self._session.id, text, at, pictures=pictures))

    def reply(self, lane: Lane, at: datetime, **parts: Any) -> None:
        """One more reply to the last prompt, whole where ``parts`` do not say otherwise."""
        if not self._turns:
            self._missing.count("message before the first prompt", "messages before the first prompt", 1)
            return
        turn = self._turns[-1]
        begun = beginnings.reply(lane, session_id=turn.session_id, turn_id=turn.id, now=at)
        reply = replace(begun, **{"status": Status.COMPLETE, "model": lane.model_id, **parts})
        self._turns[-1] = replace(turn, replies=(*turn.replies, reply))

    def last_reply(self, lane: str = CHAT_LANE) -> Reply | None:
        """The last reply to the last prompt."""
        replies = self._turns[-1].replies if self._turns else ()
        return replies[-1] if replies and replies[-1].lane == lane else None

    def go_on(self, text: str, reasoning: str) -> None:
        """More words of the last reply."""
        turn = self._turns[-1]
        last = turn.replies[-1]
        longer = replace(last, text=_joined(last.text, text), reasoning=_joined(last.reasoning, reasoning))
        self._turns[-1] = replace(turn, replies=(*turn.replies[:-1], longer))

    def archive(self) -> Archive | None:
        """The chat; ``None`` where there is no prompt in it."""
        if not self._turns:
            return None
        count = sum(1 + len(turn.replies) for turn in self._turns)
        return Archive(replace(self._session, message_count=count), tuple(self._turns))


def _joined(first: str, second: str) -> str:
    return "\n\n".join(part for part in (first, second) if part)
