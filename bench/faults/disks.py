"""A disk that fills up in mid-answer, and one that cannot be written at all."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from bench.faults import mounts
from bench.faults.outcome import Lab, Outcome
from bench.faults.servers import Server, Viewer, launched, status
from bench.faults.upstream import Upstream, steady
from madlen.store import open_store

REFUSAL_SECONDS = 2.0
"""Of a processor; on a busy machine those of a clock say nothing."""
NOISE = 1.3
"""Where a good start takes longer than that, a refusal may take as long, give or take."""


def full(lab: Lab) -> Outcome:
    """Fills the disk while an answer streams, goes on reading and asking, then makes room."""
    outcome = Outcome(notes={"by": "a small tmpfs" if mounts.permitted() else "a limit on file size"})
    with Upstream().running() as upstream:
        for run in range(lab.runs):
            # Anew each time: within a log that has grown, SQLite writes on a full disk as well.
            disk = lab.folder / f"disk-{run}"
            disk.mkdir()
            server = launched(
                lab.folder,
                upstream.base_url,
                database=disk / "chat.db",
                within=mounts.small(disk, megabytes=6),
            )
            server.wait_until_healthy()
            space = mounts.Space(server, disk)
            outcome.runs += 1
            moment = lab.random.uniform(0.1, 1.5)
            _fill(outcome, _Scene(server, space, upstream, run, moment))
            outcome.found(space.findings(disk / "chat.db"))
            outcome.expect(server.end() == 0, "the server did not end with exit code 0")
    outcome.notes["recovery"] = "from the moment there is room until the answer that had none is stored whole"
    return outcome


@dataclass(frozen=True)
class _Scene:
    server: Server
    space: mounts.Space
    upstream: Upstream
    run: int
    moment: float
    """Seconds into the answer at which the disk is full."""


def _fill(outcome: Outcome, scene: _Scene) -> None:
    server, upstream, run = scene.server, scene.upstream, scene.run
    before, session = server.session("before"), server.session("during")
    upstream.manner = steady(20, per_second=1000)
    Viewer(server, before, f"before {run}").wait()
    upstream.manner = steady(300, per_second=150)
    viewer = Viewer(server, session, f"during {run}")
    call = upstream.call(f"during {run}")
    time.sleep(scene.moment)
    scene.space.take()
    viewer.wait()
    outcome.acknowledged += 2
    outcome.expect(viewer.text == call.text, "the viewer did not get the whole answer")
    outcome.expect("full" in viewer.problem.get("detail", ""), f"the answer's end said {viewer.problem}")
    outcome.lost += server.messages(before)[1]["content"].count(" ") != 20
    refused = Viewer(server, before, f"refused {run}").wait()
    outcome.expect(
        refused.status == 503 and "full" in refused.problem["detail"],
        f"a question on a full disk was answered with {refused.status} {refused.problem}",
    )
    health = server.api("GET", "/health")
    outcome.expect(health.status_code == 503, "a full disk was called healthy")
    scene.space.give_back()
    start = time.monotonic()
    while server.messages(session)[-1]["content"] != call.text and time.monotonic() < start + 15:
        time.sleep(0.05)
    outcome.recoveries.append(time.monotonic() - start)
    reply = server.messages(session)[-1]
    outcome.lost += reply["content"] != call.text
    outcome.torn += status(reply) != "complete"
    upstream.manner = steady(20, per_second=1000)
    again = Viewer(server, before, f"again {run}").wait()
    outcome.expect(again.status == 200, f"there is room again, and a question got {again.problem}")


def read_only(lab: Lab) -> Outcome:
    """Starts Madlen where it cannot write: beside a database as it was closed, as it was killed, and none."""
    outcome = Outcome(notes={"by": "a mount" if mounts.permitted() else "the rights of the folder"})
    whole = lab.folder / "whole"
    whole.mkdir()
    store = open_store(f"sqlite:///{whole / 'chat.db'}")
    killed = lab.folder / "killed"
    shutil.copytree(whole, killed)
    store.close()
    nothing = lab.folder / "nothing"
    nothing.mkdir()
    cpu: list[float] = []
    with Upstream().running() as upstream:
        good = launched(lab.folder, upstream.base_url)
        good.wait_until_healthy()
        allowed = max(REFUSAL_SECONDS, NOISE * _cpu_seconds(good))
        good.end()
        for _ in range(lab.runs):
            for disk in (whole, killed, nothing) if mounts.bars() else (Path("/sys"),):
                outcome.runs += 1
                database = disk / "chat.db"
                server = launched(
                    lab.folder, upstream.base_url, database=database, within=mounts.read_only(disk)
                )
                _, ended, usage = os.wait4(server.process.pid, 0)
                code = server.process.returncode = os.waitstatus_to_exitcode(ended)
                outcome.recoveries.append(time.monotonic() - server.begun_at)
                cpu.append(usage.ru_utime + usage.ru_stime)
                said = server.log.read_text()
                outcome.expect(code != 0, f"the exit code is {code} beside {disk.name}")
                named = f"{database} cannot be written" in said and "right to write" in said
                outcome.expect(
                    named and "Traceback" not in said, f"beside {disk.name} it said: {said[-300:]}"
                )
                mounts.unbar(disk)
    slowest = max(cpu)
    outcome.notes["allowed_cpu_seconds"] = round(allowed, 2)
    outcome.expect(slowest <= allowed, f"it took {slowest:.1f} s of a processor")
    outcome.notes["recovery"] = "from the launch until the process has ended with its sentence"
    outcome.notes["slowest_cpu_seconds"] = round(slowest, 2)
    return outcome


def _cpu_seconds(server: Server) -> float:
    """What a process has used of processors so far."""
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
