"""Schema steps that are pending: raced for, killed in the middle, and refused when they are too new."""

from __future__ import annotations

import hashlib
import multiprocessing
import shutil
import time
from collections.abc import Sequence
from contextlib import closing
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from sqlite_utils import Database
from sqlite_utils.utils import sqlite3  # type: ignore[attr-defined]  # the one it picked

from bench.faults import rows
from bench.faults.outcome import Lab, Outcome
from madlen.errors import StoreUnavailable
from madlen.store import open_store, upkeep
from madlen.store.schema import migrations

FIRST_COMPLETE = "m004_choices"
"""The step before which a database is one that a Madlen could have left behind."""
_PRELOAD = ["bench.faults.upgrades"]
_WORDS = "How many colours has a rainbow over the harbour? " * 4


def raced(lab: Lab) -> Outcome:
    """Two processes open an old database at the same moment, or in each third run one that is not there."""
    outcome = Outcome(notes={"recovery": "from the launch of both until both have opened the database"})
    old = lab.folder / "old.db"
    _make(old, count=200)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOAD)
    for run in range(lab.runs):
        path = lab.folder / f"race-{run}.db"
        known: rows.Messages = set()
        if run % 3 != 2:
            shutil.copy(old, path)
            known = rows.messages(old)
        start = time.monotonic()
        said = []
        for _ in range(2):
            ours, theirs = context.Pipe(duplex=False)
            process = context.Process(target=_open, args=(f"sqlite:///{path}", theirs))
            process.start()
            theirs.close()
            said.append((process, ours))
        for process, ours in said:
            lines = _lines(ours)
            process.join()
            outcome.expect(lines == ["begun", "opened"], f"one of two said {lines}")
        outcome.recoveries.append(time.monotonic() - start)
        _account(outcome, path, known)
        outcome.runs += 1
    return outcome


def killed(lab: Lab) -> Outcome:
    """Kills a process while it brings a database of 200,000 messages up to date."""
    outcome = Outcome(notes={"recovery": "opening the database again, with what was left to do"})
    old = lab.folder / "old.db"
    _make(old, count=200_000 if lab.runs > 5 else 20_000)
    path = lab.folder / "chat.db"
    shutil.copy(old, path)
    start = time.monotonic()
    open_store(f"sqlite:///{path}").close()
    usual = time.monotonic() - start
    schemas = {_schema(old): "old", _schema(path): "new"}
    seen = dict.fromkeys(("old", "new", "half"), 0)
    known = rows.messages(old)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOAD)
    for _ in range(lab.runs):
        for file in lab.folder.glob("chat*.db*"):
            file.unlink()
        shutil.copy(old, path)
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_open, args=(f"sqlite:///{path}", theirs))
        process.start()
        theirs.close()
        ours.recv_bytes()
        time.sleep(lab.random.uniform(0.0, 1.2 * usual))
        process.kill()
        process.join()
        ours.close()
        state = schemas.get(_schema(path), "half")
        seen[state] += 1
        outcome.torn += state == "half"
        _copies(outcome, lab.folder, known, expected=state == "new")
        start = time.monotonic()
        open_store(f"sqlite:///{path}").close()
        outcome.recoveries.append(time.monotonic() - start)
        _account(outcome, path, known)
        _copies(outcome, lab.folder, known, expected=True)
        outcome.runs += 1
    outcome.notes |= {"found": seen, "rows": len(known), "usual_seconds": round(usual, 3)}
    return outcome


def newer_and_older(lab: Lab) -> Outcome:
    """Opens databases from the future, which must stay as they are, and from every complete step before."""
    outcome = Outcome(notes={"recovery": "bringing an older database up to date"})
    steps = [step.name for step in migrations.pending(Database(memory=True))]
    for run in range(lab.runs):
        future = lab.folder / f"future-{run}.db"
        _make(future, count=lab.random.randrange(1, 500), stop_before=None)
        with closing(sqlite3.connect(future)) as connection, connection:
            connection.execute(
                "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
                " VALUES ('madlen', 'm999_future', '2099-01-01')"
            )
        before = hashlib.sha256(future.read_bytes()).digest()
        try:
            open_store(f"sqlite:///{future}").close()
            outcome.missed.append("a newer database was opened")
        except StoreUnavailable as error:
            outcome.expect("newer Madlen" in str(error), f"a newer database was refused with: {error}")
        outcome.torn += hashlib.sha256(future.read_bytes()).digest() != before
        for step in steps[steps.index(FIRST_COMPLETE) :]:
            old = lab.folder / f"old-{run}-{step}.db"
            _make(old, count=lab.random.randrange(1, 500), stop_before=step)
            known = rows.messages(old)
            start = time.monotonic()
            open_store(f"sqlite:///{old}").close()
            outcome.recoveries.append(time.monotonic() - start)
            _account(outcome, old, known)
        outcome.runs += 1
    return outcome


def _make(path: Path, *, count: int, stop_before: str | None = FIRST_COMPLETE) -> None:
    """A database as it was before a step, with a chat in it."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL").fetchall()
        connection.execute("PRAGMA synchronous = OFF")
        db = Database(connection)
        migrations.apply(db, stop_before=stop_before)
        with connection:
            connection.execute(
                "INSERT INTO chat_sessions (id, title, model_id, created_at, updated_at)"
                " VALUES ('s1', 'Rainbows', 'pace/steady', '2026-11-23', '2026-11-23')"
            )
            connection.execute(
                "INSERT INTO messages (id, session_id, role, content, timestamp)"
                " VALUES ('t1', 's1', 'user', 'How many?', '2026-11-23')"
            )
            connection.executemany(
                "INSERT INTO messages (id, session_id, role, content, timestamp, turn_id, model_id, lane,"
                " extra_metadata) VALUES (?, 's1', 'assistant', ?, '2026-11-23', 't1', ?, 'chat', '{}')",
                ((f"r{row}", f"{row} {_WORDS}", f"pace/{row % 7}") for row in range(count)),
            )


def _open(url: str, said: Connection) -> None:
    """Opens the store; in a process of its own."""
    said.send_bytes(b"begun")
    store = open_store(url)
    store.check()
    said.send_bytes(b"opened")
    store.close()


def _lines(said: Connection) -> Sequence[str]:
    lines = []
    try:
        while True:
            lines.append(said.recv_bytes().decode())
    except EOFError:
        said.close()
        return lines


def _account(outcome: Outcome, path: Path, known: rows.Messages) -> None:
    """Counts in whether a database has all its rows and is sound."""
    outcome.acknowledged += len(known)
    outcome.lost += len(known - rows.messages(path))
    outcome.found(upkeep.check(f"sqlite:///{path}"))


def _copies(outcome: Outcome, folder: Path, known: rows.Messages, *, expected: bool) -> None:
    """Looks at the copy from before the upgrade, which must be whole wherever it is."""
    found = list(folder.glob("chat-before-*.db"))
    outcome.expect(bool(found) or not expected, "the schema changed and no copy was kept")
    for copy in found:
        outcome.lost += len(known - rows.messages(copy))
        outcome.found(upkeep.check(f"sqlite:///{copy}"))


def _schema(path: Path) -> tuple[Any, ...]:
    """Everything that a step changes: the tables' own words and the steps that were noted down."""
    with closing(sqlite3.connect(path)) as connection:
        words = connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
        steps = connection.execute("SELECT name FROM _sqlite_migrations ORDER BY name").fetchall()
    return (*words, *steps)
