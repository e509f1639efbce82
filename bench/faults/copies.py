"""Backups taken while somebody writes, and backups that are killed half-way."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from bench.faults import kills
from bench.faults.outcome import Lab, Outcome
from bench.faults.servers import ROOT
from madlen.settings import child_environment
from madlen.store import open_store, upkeep


def while_writing(lab: Lab) -> Outcome:
    """Copies a database that a process writes to as fast as it can; each third copy is killed."""
    outcome = Outcome(notes={"recovery": "the seconds of a backup by the command line, its start included"})
    database = lab.folder / "chat.db"
    abandoned = complete = 0
    with kills.writing(database) as said:
        for run in range(lab.runs):
            outcome.runs += 1
            time.sleep(lab.random.uniform(0.2, 0.5))
            known = said[:]
            target = lab.folder / f"copy-{run}.db"
            start = time.monotonic()
            process = _backup(database, target)
            if run % 3 == 2:
                time.sleep(lab.random.uniform(0.5, 1.0))
                process.kill()
            code = process.wait()
            if code != 0 and run % 3 == 2:
                abandoned += 1
                if not target.exists():
                    continue
                # It was killed after its last step, and what is there must be as whole as any.
                complete += 1
            else:
                outcome.recoveries.append(time.monotonic() - start)
                outcome.expect(code == 0, f"a backup ended with {code}")
                during = len(said) - len(known)
                outcome.expect(during > 0, "nobody could write while the backup was made")
            outcome.found(upkeep.check(f"sqlite:///{target}"))
            store = open_store(f"sqlite:///{target}")
            kills.compare(outcome, store, known, later=said[len(known) :])
            store.close()
            outcome.expect(_backup(database, target).wait() == 1, "a backup was replaced by another")
    outcome.notes["killed_half_way"] = abandoned
    outcome.notes["killed_when_whole"] = complete
    return outcome


def _backup(database: Path, target: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "madlen", "backup", str(target)],
        cwd=ROOT,
        env=child_environment(DATABASE_URL=f"sqlite:///{database}"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
