"""The ``UsageStore`` contract in SQL that every back end understands."""

# ruff: noqa: S608  # statements are put together from the parts in this file, never from values

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Literal

from madlen.spendings import dollars, units
from madlen.store import rows, tables
from madlen.store.tables import Tables, Transactions
from madlen.types import Reply
from madlen.usage import NEWEST, By, Slot, Taken, spread

_DAY, _HOUR = len("2026-11-23"), len("2026-11-23T14")
_KEYS: Mapping[By, str] = {
    "model": "model_id",
    "day": f"substr(moment, 1, {_DAY})",
}
_SUMS = """
    count(*) AS answers,
    sum(CASE WHEN status IN ('failed', 'interrupted') THEN 1 ELSE 0 END) AS failures,
    sum(CASE WHEN status = 'stopped' THEN 1 ELSE 0 END) AS stopped,
    coalesce(sum(prompt_tokens), 0) AS prompt_tokens,
    coalesce(sum(completion_tokens), 0) AS completion_tokens,
    coalesce(sum(reasoning_tokens), 0) AS reasoning_tokens,
    coalesce(sum(cost), 0) AS cost
"""
_WHICH: Mapping[By, str] = {
    "model": "model_id = keys.key AND moment >= ?",
    "day": "moment >= keys.key AND moment < keys.key || 'U' AND moment >= ?",
    "session": "session_id = keys.key AND moment >= ?",
}
_MOST_COST, _MOST_TOKENS = 10**15, 10**12


class UsageTables(Transactions):
    """What a store does with figures of answers, in the transactions that it has."""

    _newest: ClassVar[str]
    """What joins ``keys`` with the newest rows ``u`` of each, with the marks ``{which}`` and ``{number}``."""

    def note_usage(self, reply: Reply) -> None:
        columns = _columns(reply)
        changes = ", ".join(f"{name} = excluded.{name}" for name in columns if name != "id")
        with self._writing() as db:
            tables.insert(db, "usage", [columns], f" ON CONFLICT (id) DO UPDATE SET {changes}")

    def usage(self, by: By, since: datetime | None = None, *, limit: int = 1000) -> list[Taken]:
        begin = rows.stamp(since) if since else ""
        order = "1 DESC" if by == "day" else "cost DESC, prompt_tokens + completion_tokens DESC, 1"
        with self._reading() as db:
            if by == "session":
                found = _of_sessions(db, begin, limit)
            else:
                found = db.rows(
                    f"SELECT * FROM (SELECT {_KEYS[by]} AS key, {_SUMS} FROM usage"
                    f" WHERE moment >= ? GROUP BY 1) summed ORDER BY {order} LIMIT ?",
                    [begin, limit],
                )
            measured = self._measured(db, by, [row["key"] for row in found], begin)
        return [_taken(row, measured.get(row["key"], [])) for row in found]

    def _measured(
        self, db: Tables, by: By, keys: Sequence[str], begin: str
    ) -> Mapping[str, Sequence[Sequence[Any]]]:
        """First token, speed and duration of the newest answers of each key."""
        found: dict[str, list[Sequence[Any]]] = {}
        if keys:
            values = ", ".join("(CAST(? AS TEXT))" for _ in keys)
            chosen = self._newest.format(which=_WHICH[by], number=NEWEST)
            for key, *figures in db.each(
                f"WITH keys (key) AS (VALUES {values})"
                f" SELECT keys.key, u.first_token, u.speed, u.duration FROM keys {chosen}",
                [*keys, begin],
            ):
                found.setdefault(key, []).append(figures)
        return found

    def usage_over_time(self, step: Literal["hour", "day"], since: datetime | None = None) -> Sequence[Slot]:
        length = _HOUR if step == "hour" else _DAY
        with self._reading() as db:
            found = db.rows(
                f"SELECT substr(moment, 1, {length}) AS begin, model_id, {_SUMS} FROM usage"
                f" WHERE moment >= ? GROUP BY substr(moment, 1, {length}), model_id ORDER BY 1, 2",
                [rows.stamp(since) if since else ""],
            )
        return [
            Slot(
                row["begin"],
                row["model_id"],
                int(row["answers"]),
                int(row["failures"]),
                int(row["prompt_tokens"]) + int(row["completion_tokens"]),
                dollars(int(row["cost"])),
            )
            for row in found
        ]


def _of_sessions(db: Tables, begin: str, limit: int) -> list[rows.Row]:
    """Each session that is there, and all that are not in one row."""
    return db.rows(
        "SELECT summed.*, s.title FROM ("
        f" SELECT coalesce(kept.id, '') AS key, {_SUMS} FROM usage"
        " LEFT JOIN (SELECT id FROM chat_sessions WHERE deleted_at IS NULL) kept"
        " ON kept.id = usage.session_id"
        " WHERE moment >= ? GROUP BY coalesce(kept.id, '')"
        ") summed LEFT JOIN chat_sessions s ON s.id = summed.key"
        " ORDER BY cost DESC, prompt_tokens + completion_tokens DESC, summed.key LIMIT ?",
        [begin, limit],
    )


def _taken(row: rows.Row, measured: Sequence[Sequence[Any]]) -> Taken:
    first_tokens, speeds, durations = zip(*measured, strict=True) if measured else ((), (), ())
    return Taken(
        row["key"],
        answers=int(row["answers"]),
        failures=int(row["failures"]),
        stopped=int(row["stopped"]),
        prompt_tokens=int(row["prompt_tokens"]),
        completion_tokens=int(row["completion_tokens"]),
        reasoning_tokens=int(row["reasoning_tokens"]),
        cost=dollars(int(row["cost"])),
        first_token=spread(first_tokens),
        speed=spread(speeds, slow_is_low=True),
        duration=spread(durations),
        title=row.get("title") or "",
    )


def _columns(reply: Reply) -> dict[str, Any]:
    usage, timing = reply.usage, reply.timing
    first = timing.time_to_first_token
    cost = usage.cost
    return {
        "id": reply.id,
        "session_id": reply.session_id,
        "model_id": reply.model_id,
        "status": reply.status.value,
        "moment": rows.stamp(reply.created_at),
        "prompt_tokens": _bounded(usage.prompt_tokens, _MOST_TOKENS),
        "completion_tokens": _bounded(usage.completion_tokens, _MOST_TOKENS),
        "reasoning_tokens": _bounded(usage.reasoning_tokens, _MOST_TOKENS),
        "cost": _bounded(None if cost is None else units(cost), _MOST_COST),
        "first_token": timing.time_to_first_chunk if first is None else first,
        "duration": timing.duration,
        "speed": reply.tokens_per_second,
    }


def _bounded(number: int | None, most: int) -> int | None:
    return None if number is None else min(number, most)
