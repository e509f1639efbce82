"""The ``HistoryStore`` contract in SQL that every back end understands."""

# ruff: noqa: S608  # statements are put together from the parts in this file, never from values

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from madlen.history import EVERY, Entry, Use, Wanted, snippet, terms
from madlen.store import rows
from madlen.store.tables import Tables, Transactions, marks

LISTED = """
    SELECT s.*, (SELECT count(*) FROM messages m WHERE m.session_id = s.id) AS message_count
    FROM chat_sessions s
"""
_AT_ONCE = 500
_UNSAID = 2**62
"""Where a chat stands in which nobody has said anything yet: before all others."""

_SORTED = 60
"""So many of what is found are put into the order of their times; those kept before them come after."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A session in which words were found, and the newest message that holds them."""

    session_id: str
    seq: int
    moment: str
    said: bool = True
    """Not so where the title alone holds them; then it is the first message."""


class HistoryTables(Transactions):
    """What a store does with lists of chats, in the transactions that it has."""

    _tokens: ClassVar[str]
    """How much an answer took, by a name in its usage, as SQL with the mark ``{name}``."""

    @abstractmethod
    def _said(self, db: Tables, words: str, which: str, values: list[Any], number: int) -> list[Hit]:
        """At most so many chats with all the words in one message, newest first."""

    @abstractmethod
    def _titled(self, db: Tables, words: str, which: str, values: list[Any], number: int) -> list[Hit]:
        """At most so many chats with the words in the title, newest first, each with its first message."""

    def sessions(
        self,
        *,
        words: str = "",
        wanted: Wanted = EVERY,
        pinned_first: bool = False,
        limit: int = 100,
        offset: int = 0,
    ) -> list[Entry]:
        which, values = _conditions(wanted)
        if words.strip():
            with self._reading() as db:
                return self._found(db, words, which, values, limit=limit, offset=offset)
        first = "s.pinned DESC, " if pinned_first else ""
        with self._reading() as db:
            listed = db.rows(
                f"{LISTED} WHERE {which} ORDER BY {first}s.updated_at DESC, s.seq DESC LIMIT ? OFFSET ?",
                [*values, limit, offset],
            )
        return [rows.entry(row) for row in listed]

    def _found(
        self, db: Tables, words: str, which: str, values: list[Any], *, limit: int, offset: int
    ) -> list[Entry]:
        if not terms(words):
            return []
        number = -(-(offset + limit) // _SORTED) * _SORTED
        titled = self._titled(db, words, which, values, number)
        hits = {hit.session_id: hit for hit in (*titled, *self._said(db, words, which, values, number))}
        kept = sorted(hits.values(), key=lambda hit: hit.seq, reverse=True)[:number]
        # An index gives what was kept last first, which for imported chats is not what was said last.
        by_time = [
            hit
            for begin in range(0, len(kept), _SORTED)
            for hit in sorted(
                kept[begin : begin + _SORTED], key=lambda hit: (hit.moment, hit.seq), reverse=True
            )
        ]
        newest = by_time[offset : offset + limit]
        entries, messages = {}, {}
        for some in _parts([hit.session_id for hit in newest]):
            listed = db.rows(f"{LISTED} WHERE s.id IN ({marks(some)})", some)
            entries.update({row["id"]: row for row in listed})
        for numbers in _parts([hit.seq for hit in newest if hit.said]):
            held = db.rows(f"SELECT seq, id, content FROM messages WHERE seq IN ({marks(numbers)})", numbers)
            messages.update({row["seq"]: row for row in held})
        found = []
        for hit in newest:
            message = messages.get(hit.seq) if hit.said else None
            pieces = snippet(message["content"], words) if message else ()
            found.append(rows.entry(entries[hit.session_id], message["id"] if message else "", pieces))
        return found

    def entry(self, session_id: str) -> Entry:
        with self._reading() as db:
            found = db.rows(f"{LISTED} WHERE s.id = ? AND s.deleted_at IS NULL", [session_id])
        if not found:
            raise rows.no_session()
        return rows.entry(found[0])

    def mark(
        self, session_ids: Sequence[str], *, pinned: bool | None = None, archived: bool | None = None
    ) -> int:
        wanted = {"pinned": pinned, "archived": archived}
        changes = {name: value for name, value in wanted.items() if value is not None}
        # Where there is nothing to change it is still told how many there are.
        sets = ", ".join(f"{name} = ?" for name in changes) or "id = id"
        return self._change_all(
            f"UPDATE chat_sessions SET {sets} WHERE deleted_at IS NULL", list(changes.values()), session_ids
        )

    def entitle(self, session_id: str, title: str, *, instead_of: str) -> bool:
        with self._writing() as db:
            return bool(
                db.change(
                    "UPDATE chat_sessions SET title = ?"
                    " WHERE id = ? AND title = ? AND NOT named AND deleted_at IS NULL",
                    [title, session_id, instead_of],
                )
            )

    def discard(self, session_ids: Sequence[str], now: datetime) -> int:
        self._change_all(
            "UPDATE messages SET stop_requested = ? WHERE status = 'streaming'",
            [True],
            session_ids,
            "session_id",
        )
        return self._change_all(
            "UPDATE chat_sessions SET deleted_at = ? WHERE kind = 'chat' AND deleted_at IS NULL",
            [rows.stamp(now)],
            session_ids,
        )

    def restore(self, session_ids: Sequence[str]) -> int:
        return self._change_all(
            "UPDATE chat_sessions SET deleted_at = NULL WHERE deleted_at IS NOT NULL", [], session_ids
        )

    def purge(self, before: datetime) -> int:
        moment = rows.stamp(before)
        with self._reading() as db:
            if not db.rows("SELECT 1 FROM chat_sessions WHERE deleted_at < ? LIMIT 1", [moment]):
                return 0
        with self._writing() as db:
            return db.change("DELETE FROM chat_sessions WHERE deleted_at < ?", [moment])

    def uses(self, since: datetime) -> list[Use]:
        taken = ", ".join(
            f"coalesce(sum({self._tokens.format(name=name)}), 0) AS {name}"
            for name in ("prompt_tokens", "completion_tokens", "cost")
        )
        with self._reading() as db:
            found = db.rows(
                f"SELECT substr(timestamp, 1, 10) AS day, model_id, count(*) AS answers, {taken}"
                " FROM messages WHERE role = 'assistant' AND status <> 'streaming' AND timestamp >= ?"
                " AND session_id NOT IN (SELECT id FROM chat_sessions WHERE deleted_at IS NOT NULL)"
                " GROUP BY substr(timestamp, 1, 10), model_id ORDER BY 1, 2",
                [rows.stamp(since)],
            )
        return [
            Use(
                date.fromisoformat(row["day"]),
                row["model_id"] or "",
                row["answers"],
                int(row["prompt_tokens"]),
                int(row["completion_tokens"]),
                float(row["cost"]),
            )
            for row in found
        ]

    def _change_all(
        self, statement: str, values: list[Any], session_ids: Sequence[str], column: str = "id"
    ) -> int:
        """Carries out a statement on so many sessions, all in one transaction."""
        changed = 0
        with self._writing() as db:
            for some in _parts(list(dict.fromkeys(session_ids))):
                changed += db.change(f"{statement} AND {column} IN ({marks(some)})", [*values, *some])
        return changed


def first_messages(db: Tables, query: str, values: list[Any]) -> list[Hit]:
    """The ids of sessions that a query gives, each with its first message."""
    found = db.rows(
        "SELECT f.id, f.created_at, (SELECT min(m.seq) FROM messages m WHERE m.session_id = f.id) AS seq"
        f" FROM ({query}) f",
        values,
    )
    return [Hit(row["id"], row["seq"] or _UNSAID, row["created_at"], said=False) for row in found]


def _conditions(wanted: Wanted) -> tuple[str, list[Any]]:
    """What must hold for a session ``s``, and the values for its marks."""
    kept = "s.archived" if wanted.archived else "NOT s.archived"
    parts, values = [f"s.kind = 'chat' AND {kept} AND s.deleted_at IS NULL"], []
    if wanted.pinned is not None:
        parts.append("s.pinned" if wanted.pinned else "NOT s.pinned")
    if wanted.since:
        parts.append("s.updated_at >= ?")
        values.append(rows.stamp(wanted.since))
    if wanted.until:
        parts.append("s.updated_at < ?")
        values.append(rows.stamp(wanted.until))
    of_session = "EXISTS (SELECT 1 FROM messages x WHERE x.session_id = s.id AND "
    if wanted.model_id:
        parts.append(f"{of_session} x.role = 'assistant' AND x.model_id = ?)")
        values.append(wanted.model_id)
    if wanted.has_error:
        parts.append(f"{of_session} x.status IN ('failed', 'interrupted'))")
    if wanted.has_image:
        parts.append(f"{of_session} EXISTS (SELECT 1 FROM message_images i WHERE i.message_id = x.id))")
    return " AND ".join(parts), values


def _parts(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """So many at a time as one statement may name."""
    for begin in range(0, len(values), _AT_ONCE):
        yield values[begin : begin + _AT_ONCE]
