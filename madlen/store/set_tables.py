"""The ``SetStore`` contract in SQL that every back end understands."""

# ruff: noqa: S608  # statements are put together from the parts in this file, never from values

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from madlen.judgements import Judgement
from madlen.origins import Origin
from madlen.prompt_sets import Cell, PromptSet, Run, RunStatus
from madlen.store import judgement_rows, rows, set_rows, tables
from madlen.store.rows import Row
from madlen.store.tables import Tables, Transactions
from madlen.types import Reply, Session, Turn
from madlen.votes import Vote

MOST_ATTEMPTS = 5
"""How often a cell whose answer is cut off is asked; one that ends the process each time is left then."""

_STATE = f"""
    CASE WHEN m.id IS NULL THEN 'waiting' WHEN m.status = 'streaming' THEN 'asking'
         WHEN m.status = 'complete' THEN 'done'
         WHEN m.status = 'interrupted' AND c.attempts < {MOST_ATTEMPTS} THEN 'waiting' ELSE 'failed' END
"""
_CELLS = f"""
    SELECT c.run_id, c.position, c.prompt_id, c.lane, c.turn_id, c.reply_id, c.attempts, {_STATE} AS state
    FROM run_cells c LEFT JOIN messages m ON m.id = c.reply_id
"""
_ENDED = f"(SELECT count(*) FROM ({_CELLS}) x WHERE x.run_id = runs.id AND x.state IN ('done', 'failed'))"
_GOES_ON = f"status = 'running', note = '', resume_at = NULL, went_on_at = ?, ended_before = {_ENDED}"
_FREE = "status = 'running' AND (owner IS NULL OR owner = ? OR alive_at < ?)"
_HEADS = """
    SELECT run.id, run.session_id, run.set_id, run.name, run.lanes, '[]' AS prompts, run.checks,
        run.created_at, run.status, run.note, run.resume_at, run.went_on_at, run.ended_before FROM runs run
"""
_NEWEST_FIRST = " ORDER BY run.seq DESC LIMIT ? OFFSET ?"


class _Taken(Exception):
    """Somebody else came first; what was written goes back."""


class SetTables(Transactions):
    """What a store does with prompt sets and runs, in the transactions that it has."""

    def save_set(self, wanted: PromptSet) -> None:
        columns = set_rows.prompt_set_columns(wanted)
        pictures = set_rows.shown(wanted.prompts)
        with self._writing() as db:
            changes = ", ".join(f"{name} = excluded.{name}" for name in columns if name != "id")
            tables.insert(db, "prompt_sets", [columns], f" ON CONFLICT (id) DO UPDATE SET {changes}")
            links = [{"set_id": wanted.id, "sha256": sha256} for sha256 in pictures]
            before = db.rows("SELECT sha256 FROM prompt_set_images WHERE set_id = ?", [wanted.id])
            tables.keep_images(db, pictures.values())
            tables.insert(db, "prompt_set_images", links, " ON CONFLICT DO NOTHING")
            gone = {row["sha256"] for row in before} - pictures.keys()
            for sha256 in sorted(gone):
                db.change(
                    "DELETE FROM prompt_set_images WHERE set_id = ? AND sha256 = ?", [wanted.id, sha256]
                )

    def prompt_set(self, set_id: str) -> PromptSet:
        with self._reading() as db:
            found = db.rows("SELECT * FROM prompt_sets WHERE id = ?", [set_id])
            if not found:
                raise set_rows.no_set()
            images = db.rows(
                "SELECT sha256, content FROM images WHERE sha256 IN"
                " (SELECT sha256 FROM prompt_set_images WHERE set_id = ?)",
                [set_id],
            )
        return set_rows.prompt_set(found[0], _contents(images))

    def prompt_sets(self) -> list[PromptSet]:
        with self._reading() as db:
            found = db.rows("SELECT * FROM prompt_sets ORDER BY updated_at DESC, seq DESC")
        return [set_rows.prompt_set(row, {}) for row in found]

    def delete_set(self, set_id: str) -> None:
        with self._writing() as db:
            if not db.change("DELETE FROM prompt_sets WHERE id = ?", [set_id]):
                raise set_rows.no_set()

    def begin_run(
        self,
        run: Run,
        session: Session,
        turns: Sequence[Turn],
        *,
        votes: Sequence[Vote] = (),
        judgements: Sequence[Judgement] = (),
        origin: Origin | None = None,
    ) -> None:
        now = rows.stamp(run.created_at)
        replies = [reply for turn in turns for reply in turn.replies]
        columns = {**rows.session_columns(session), "kind": "run", "origin": rows.origin_column(origin)}
        shown = {one.sha256: one for reply in replies for one in reply.pictures if one.sha256}
        with self._writing() as db:
            tables.insert(db, "chat_sessions", [columns])
            tables.insert(db, "runs", [set_rows.run_columns(run)])
            tables.insert(db, "messages", [rows.prompt_columns(turn) for turn in turns])
            tables.insert(db, "messages", [rows.reply_columns(reply, now) for reply in replies])
            tables.keep_images(db, (set_rows.shown(run.prompts) | shown).values())
            tables.insert(db, "message_images", tables.links([*turns, *replies]))
            tables.insert(db, "run_cells", set_rows.cells(run, turns))
            tables.insert(db, "votes", [rows.vote_columns(vote) for vote in votes])
            tables.insert(db, "judgements", [judgement_rows.columns(one) for one in judgements])

    def run(self, run_id: str) -> Run:
        with self._reading() as db:
            found = db.rows("SELECT * FROM runs WHERE id = ?", [run_id])
            if not found:
                raise set_rows.no_run()
            images = db.rows(
                "SELECT sha256, content FROM images WHERE sha256 IN (SELECT link.sha256 FROM message_images"
                " link JOIN messages m ON m.id = link.message_id WHERE m.session_id = ? AND m.role = 'user')",
                [found[0]["session_id"]],
            )
        return set_rows.run(found[0], _contents(images))

    def run_heading(self, run_id: str) -> Run:
        with self._reading() as db:
            found = db.rows(_HEADS + " WHERE run.id = ?", [run_id])
        if not found:
            raise set_rows.no_run()
        return set_rows.run(found[0], {})

    def runs(self, *, set_id: str = "", limit: int = 100, offset: int = 0) -> list[Run]:
        where, values = (" WHERE run.set_id = ?", [set_id]) if set_id else ("", [])
        with self._reading() as db:
            found = db.rows(_HEADS + where + _NEWEST_FIRST, [*values, limit, offset])
        return [set_rows.run(row, {}) for row in found]

    def cells(self, run_id: str) -> list[Cell]:
        with self._reading() as db:
            found = db.rows(_CELLS + " WHERE c.run_id = ? ORDER BY c.position", [run_id])
        return [set_rows.cell(row) for row in found]

    def change_run(
        self,
        run_id: str,
        status: RunStatus,
        now: datetime,
        *,
        among: Sequence[RunStatus],
        note: str = "",
        resume_at: datetime | None = None,
    ) -> bool:
        which = f" WHERE id = ? AND status IN ({tables.marks(among)})"
        known = [run_id, *(one.value for one in among)]
        with self._writing() as db:
            if not db.rows("SELECT 1 FROM runs WHERE id = ?", [run_id]):
                raise set_rows.no_run()
            if status is RunStatus.RUNNING:
                changed = db.change(f"UPDATE runs SET {_GOES_ON}" + which, [rows.stamp(now), *known])
            else:
                until = resume_at and rows.stamp(resume_at)
                changed = db.change(
                    "UPDATE runs SET status = ?, note = ?, resume_at = ?" + which,
                    [status.value, note, until, *known],
                )
        return bool(changed)

    def retry_cells(self, run_id: str, now: datetime) -> int:
        with self._writing() as db:
            if not db.rows("SELECT 1 FROM runs WHERE id = ?", [run_id]):
                raise set_rows.no_run()
            failed = db.rows(f"SELECT * FROM ({_CELLS}) x WHERE run_id = ? AND state = 'failed'", [run_id])
            for row in failed:
                db.change("DELETE FROM messages WHERE id = ?", [row["reply_id"]])
            db.change("UPDATE run_cells SET attempts = 0 WHERE run_id = ? AND reply_id IS NULL", [run_id])
            db.change(f"UPDATE runs SET {_GOES_ON} WHERE id = ?", [rows.stamp(now), run_id])
        return len(failed)

    def take_runs(self, owner: str, now: datetime, before: datetime) -> list[str]:
        moment, mine = rows.stamp(now), [owner, rows.stamp(before)]
        due = "status = 'paused' AND resume_at <= ?"
        with self._reading() as db:
            if not db.rows(f"SELECT 1 FROM runs WHERE ({_FREE}) OR ({due})", [*mine, moment]):
                return []
        with self._writing() as db:
            db.change(f"UPDATE runs SET {_GOES_ON} WHERE {due}", [moment, moment])
            db.change(
                f"UPDATE runs SET {_GOES_ON} WHERE ({_FREE}) AND (owner IS NULL OR owner <> ?)",
                [moment, *mine, owner],
            )
            db.change(f"UPDATE runs SET owner = ?, alive_at = ? WHERE {_FREE}", [owner, moment, *mine])
            found = db.rows(
                "SELECT id FROM runs WHERE status = 'running' AND owner = ? ORDER BY seq", [owner]
            )
        return [row["id"] for row in found]

    def leave_runs(self, owner: str) -> None:
        with self._writing() as db:
            db.change("UPDATE runs SET owner = NULL WHERE owner = ?", [owner])

    def ask_cell(self, cell: Cell, reply: Reply, owner: str) -> bool:
        try:
            with self._writing() as db:
                self._ask(db, cell, reply, owner)
        except _Taken:
            return False
        return True

    def _ask(self, db: Tables, cell: Cell, reply: Reply, owner: str) -> None:
        # Only one that is still cut off goes: its process may have lived, and ended it meanwhile.
        if cell.reply_id and not db.change(
            "DELETE FROM messages WHERE id = ? AND status = 'interrupted'", [cell.reply_id]
        ):
            raise _Taken
        if not db.rows("SELECT 1 FROM messages WHERE id = ?", [cell.turn_id]):
            raise _Taken
        tables.insert(db, "messages", [rows.reply_columns(reply, rows.stamp(reply.created_at))])
        if not db.change(
            "UPDATE run_cells SET reply_id = ?, attempts = attempts + 1"
            " WHERE run_id = ? AND prompt_id = ? AND lane = ? AND attempts = ? AND reply_id IS NULL"
            " AND EXISTS (SELECT 1 FROM runs WHERE id = ? AND owner = ? AND status = 'running')",
            [reply.id, cell.run_id, cell.prompt_id, cell.lane, cell.attempts, cell.run_id, owner],
        ):
            raise _Taken

    def release_cell(self, reply_id: str) -> None:
        with self._writing() as db:
            db.change("DELETE FROM messages WHERE id = ? AND status IN ('failed', 'interrupted')", [reply_id])

    def finish_run(self, run_id: str, owner: str) -> bool:
        left = f"SELECT 1 FROM ({_CELLS}) x WHERE x.run_id = runs.id AND x.state IN ('waiting', 'asking')"
        with self._writing() as db:
            return bool(
                db.change(
                    "UPDATE runs SET status = 'done', owner = NULL WHERE id = ? AND owner = ?"
                    f" AND status = 'running' AND NOT EXISTS ({left})",
                    [run_id, owner],
                )
            )


def _contents(images: Sequence[Row]) -> set_rows.Contents:
    return {row["sha256"]: row["content"] for row in images}
