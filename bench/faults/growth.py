"""The write-ahead log beside a reader that does not let go."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path

from sqlite_utils.utils import sqlite3  # type: ignore[attr-defined]  # the one it picked

from bench.faults import kills
from bench.faults.outcome import Lab, Outcome
from madlen.store import upkeep

LOG_MEGABYTES = 64
PINNED_SECONDS = 10.0


def pinned(lab: Lab) -> Outcome:
    """Writes as fast as one process can while a reader holds its snapshot, and after it has let go."""
    outcome = Outcome(notes={"recovery": "from the reader's end until the log is within its bound"})
    database = lab.folder / "chat.db"
    log = Path(f"{database}-wal")
    alone = most = 0.0
    with kills.writing(database):
        for _ in range(lab.runs):
            outcome.runs += 1
            alone = max(alone, _watched(log, 1.0))
            with closing(sqlite3.connect(database, isolation_level=None)) as reader:
                reader.execute("BEGIN")
                reader.execute("SELECT count(*) FROM messages").fetchall()
                most = max(most, _watched(log, PINNED_SECONDS))
            start = time.monotonic()
            while _megabytes(log) > LOG_MEGABYTES and time.monotonic() < start + 15:
                _watched(log, 0.01)
            outcome.recoveries.append(time.monotonic() - start)
            after = _megabytes(log)
            outcome.expect(after <= LOG_MEGABYTES, f"the log has {after:.0f} MB after the reader's end")
    outcome.expect(alone <= LOG_MEGABYTES, f"the log has {alone:.0f} MB without a reader")
    outcome.found(upkeep.check(f"sqlite:///{database}"))
    outcome.notes |= {"megabytes_without_a_reader": round(alone, 1), "megabytes_beside_one": round(most, 1)}
    return outcome


def _watched(log: Path, seconds: float) -> float:
    """The most megabytes that the log has for so long."""
    until, most = time.monotonic() + seconds, 0.0
    while time.monotonic() < until:
        time.sleep(0.01)
        most = max(most, _megabytes(log))
    return most


def _megabytes(log: Path) -> float:
    return log.stat().st_size / 1e6 if log.exists() else 0.0
