"""What happens to the file of the traces happens to no chat: full disks, barred folders, sudden ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from bench.faults import mounts
from madlen.settings import child_environment
from madlen.traces import Traces, Wanted
from madlen.tracing import Tracing
from tests.conftest import StartMadlen
from tests.pages.opening import chatted
from tests.traces.making import kept
from tests.waiting import step_done

ROOT = Path(__file__).parents[2]
ALL = Wanted(everything=True)
RECORDING = """
import json, sys
from madlen.traces import Traces
from madlen.tracing import Tracing

traces = Traces(sys.argv[1], kept=100_000)
tracing = Tracing(processors=[traces.recorder])
for _ in range(int(sys.argv[2])):
    with tracing.span("work", padding="x" * 4000):
        pass
traces.recorder.flush(20)
print(json.dumps({"trouble": traces.trouble, "dropped": traces.dropped}), flush=True)
if sys.argv[3:]:
    sys.stdin.read()
traces.close()
"""


def recorded(path: Path, number: int, within: Sequence[str] = ()) -> dict[str, Any]:
    """What a process that records so many spans says of it; ``within`` goes before its command."""
    command = [*within, sys.executable, "-c", RECORDING, str(path), str(number)]
    environment = child_environment(PYTHONPATH=str(ROOT))
    made = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=60, check=True)
    found: dict[str, Any] = json.loads(made.stdout)
    return found


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "barred"
    folder.mkdir()
    if not mounts.bars():
        folder = Path("/proc")
    try:
        said = recorded(folder / "traces.db", 10, within=mounts.read_only(folder) if mounts.bars() else ())
    finally:
        if mounts.bars():
            mounts.unbar(folder)
    assert "cannot be" in said["trouble"]


def test_a_file_that_cannot_be_written_is_said_and_can_be_read(tmp_path: Path) -> None:
    folder = tmp_path / "barred"
    folder.mkdir()
    path = folder / "traces.db"
    assert recorded(path, 10)["trouble"] == ""
    if mounts.permitted():
        said = recorded(path, 10, within=mounts.read_only(folder))
        assert "cannot be written; give this user the right" in said["trouble"]
    assert len(Traces(str(path), kept=10).listed(ALL)) == 10


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "small"
    folder.mkdir()
    if mounts.permitted():
        said = recorded(folder / "traces.db", 2000, within=mounts.small(folder, megabytes=1))
    else:
        said = recorded(Path("/dev/full"), 10)
    assert said["trouble"]


def test_a_process_that_is_killed_leaves_what_it_had_written(tmp_path: Path) -> None:
    path = tmp_path / "traces.db"
    command = [sys.executable, "-c", RECORDING, str(path), "200", "wait"]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=child_environment(PYTHONPATH=str(ROOT)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["trouble"] == ""
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
    assert len(Traces(str(path), kept=10).listed(ALL, limit=1000)) == 200


@pytest.mark.parametrize("damage", ["not a database", "deleted", "a folder"])
def test_chats_go_on_whatever_stands_in_the_place_of_the_file(
    start_madlen: StartMadlen, tmp_path: Path, damage: str
) -> None:
    file = tmp_path / "chat-traces.db"
    madlen = kept(start_madlen())
    chatted(madlen)
    assert len(madlen.traces.listed()) == 1
    file.unlink()
    if damage == "not a database":
        file.write_bytes(b"Dear diary, " * 1000)
    elif damage == "a folder":
        file.mkdir()
    session_id = chatted(madlen)
    assert madlen.store.turns(session_id)[0].replies[0].text == "Hello there"
    madlen.traces.flush()
    step_done(madlen)
    if damage == "deleted":
        assert len(madlen.traces.listed()) == 1
    else:
        assert madlen.traces.trouble
        assert "Hello there" in madlen.store.turns(chatted(madlen))[0].replies[0].text


def test_the_end_takes_less_than_three_seconds_whatever_the_file_does(
    start_madlen: StartMadlen, tmp_path: Path
) -> None:
    (tmp_path / "chat-traces.db").mkdir()
    madlen = kept(start_madlen())
    chatted(madlen)
    began = time.monotonic()
    madlen.close()
    assert time.monotonic() - began < 3


def test_who_ends_a_span_neither_writes_nor_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    traces = Traces(str(tmp_path / "traces.db"), kept=1000)
    assert traces.recorder is not None
    write, writers, gate = traces.recorder._ring.write, set(), threading.Event()

    def held(batch: Any) -> None:
        writers.add(threading.current_thread())
        assert gate.wait(30)
        write(batch)

    monkeypatch.setattr(traces.recorder._ring, "write", held)
    tracing = Tracing(processors=[traces.recorder])
    for _ in range(300):
        with tracing.span("work"):
            pass
    assert not traces.recorder.flush(0.01)
    gate.set()
    assert len(traces.listed(ALL, limit=1000)) == 300
    assert [writer.name for writer in writers] == ["madlen-traces"]
    traces.close()
