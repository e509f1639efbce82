"""Every fault with the criterion it is for and how often it strikes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.faults import (
    clocks,
    collectors,
    copies,
    damage,
    databases,
    disks,
    endings,
    growth,
    kills,
    locks,
    losses,
    pages,
    roads,
    servers,
    texts,
    upgrades,
)
from bench.faults.outcome import Lab, Outcome


@dataclass(frozen=True)
class Fault:
    """``runs`` is the number on demand, ``quick`` the one for every change; 0 where that takes too long."""

    criterion: str
    strike: Callable[[Lab], Outcome]
    runs: int
    quick: int
    on_postgres: bool = False

    @property
    def database(self) -> str:
        return "postgres" if self.on_postgres else "sqlite"

    @contextmanager
    def lab(self, folder: Path, chance: random.Random, runs: int) -> Iterator[Lab]:
        """A lab with the database that the fault is for."""
        with ExitStack() as stack:
            elsewhere = stack.enter_context(databases.postgres()) if self.on_postgres else None
            stack.enter_context(servers.none_left())
            yield Lab(folder, chance, runs, elsewhere)


FAULTS = {
    "kill-server": Fault("R1", kills.server, runs=100, quick=4),
    "kill-commits": Fault("R2", kills.commits, runs=300, quick=20),
    "disk-full": Fault("R4", disks.full, runs=20, quick=1),
    "disk-read-only": Fault("R5", disks.read_only, runs=5, quick=1),
    "lock-held": Fault("R6", locks.held, runs=5, quick=0),
    "two-servers": Fault("R7", locks.shared, runs=20, quick=0),
    "upgrade-raced": Fault("R8", upgrades.raced, runs=50, quick=5),
    "upgrade-killed": Fault("R9", upgrades.killed, runs=25, quick=4),
    "schema-newer-and-older": Fault("R10", upgrades.newer_and_older, runs=20, quick=2),
    "damaged-file": Fault("R11", damage.files, runs=40, quick=2),
    "backup-while-writing": Fault("R12", copies.while_writing, runs=30, quick=3),
    "bad-roads": Fault("R13-R18", roads.travelled, runs=3, quick=1),
    "collector-dead": Fault("R21", collectors.dead, runs=200, quick=0),
    "stop": Fault("R25", endings.stopped, runs=20, quick=1),
    "clock-jumped": Fault("R22", clocks.jumped, runs=10, quick=1),
    "terminate": Fault("R32", endings.terminated, runs=10, quick=1),
    "log-pinned": Fault("R29", growth.pinned, runs=5, quick=0),
    "odd-texts": Fault("R31", texts.kept, runs=3, quick=0),
    "page-left": Fault("R23", pages.left, runs=50, quick=0),
    "enter-storm": Fault("R24", pages.stormed, runs=20, quick=0),
    "kill-server-postgres": Fault("R1 R35", kills.server, runs=100, quick=0, on_postgres=True),
    "kill-commits-postgres": Fault("R2 R35", kills.commits, runs=300, quick=20, on_postgres=True),
    "two-servers-postgres": Fault("R7 R35", locks.shared, runs=20, quick=0, on_postgres=True),
    "terminate-postgres": Fault("R32 R35", endings.terminated, runs=5, quick=0, on_postgres=True),
    "stop-postgres": Fault("R25 R35", endings.stopped, runs=20, quick=0, on_postgres=True),
    "lock-held-postgres": Fault("R6 R35", locks.held, runs=5, quick=0, on_postgres=True),
    "page-left-postgres": Fault("R23 R35", pages.left, runs=50, quick=0, on_postgres=True),
    "enter-storm-postgres": Fault("R24 R35", pages.stormed, runs=20, quick=0, on_postgres=True),
    "database-lost": Fault("R35", losses.killed, runs=20, quick=1, on_postgres=True),
    "connections-cut": Fault("R35", losses.cut, runs=30, quick=0, on_postgres=True),
}
