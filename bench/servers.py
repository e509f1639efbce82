"""The servers that are measured, each a process of its own, and what they take of the machine."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from bench.upstream import ROOT, Upstream
from madlen.settings import child_environment
from tests.otlp_receiver import Receiver
from tests.ports import free_port

START_SECONDS = 60
_TICKS = os.sysconf("SC_CLK_TCK")
_MADLENS_WAY = (
    "--server.fileWatcherType=none",
    "--runner.postScriptGC=false",
    "--runner.magicEnabled=false",
    "--client.toolbarMode=minimal",
)


@dataclass
class Server:
    """A running app. ``spawned_at`` is on the monotonic clock."""

    name: str
    process: subprocess.Popen[bytes]
    url: str
    log: Path
    spawned_at: float

    def cpu_seconds(self) -> float:
        """What the process has used since its start, in user and kernel mode."""
        return ticks(self.process.pid) / _TICKS

    def memory_kb(self) -> int:
        """Its resident set."""
        return int(self._status("VmRSS"))

    def threads(self) -> int:
        return int(self._status("Threads"))

    def wait_for_page(self) -> float:
        """Seconds from the spawn to the first answer with status 200."""
        until = self.spawned_at + START_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            try:
                if httpx2.get(self.url).status_code == 200:
                    return time.monotonic() - self.spawned_at
            except httpx2.TransportError:
                time.sleep(0.005)
        raise RuntimeError(f"{self.name} did not start:\n{self.log.read_text()}")

    def wait_until_quiet(self, seconds: float = 10) -> None:
        """Returns when the process rests, or after so many seconds."""
        until, before = time.monotonic() + seconds, self.cpu_seconds()
        while time.monotonic() < until:
            time.sleep(0.3)
            after = self.cpu_seconds()
            if after - before <= 0.02:
                return
            before = after

    def end(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _status(self, name: str) -> str:
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(line.split()[1] for line in text.splitlines() if line.startswith(f"{name}:"))


Start = Callable[[Path, Upstream], Server]


def ticks(pid: int) -> int:
    """User and kernel time of a process, with that of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return sum(int(field) for field in fields[11:15])


def madlen(folder: Path, upstream: Upstream, *, traces: str = "") -> Server:
    """Madlen as anybody runs it, on a database in the folder."""
    variables = {
        "DATABASE_URL": f"sqlite:///{folder}/chat.db",
        "OPENROUTER_API_KEY": "sk-or-v1-bench",
        "OPENROUTER_BASE_URL": upstream.base_url,
        "JAEGER_ENDPOINT": traces,
    }
    return _spawned("madlen", ["app.py"], folder, variables, where=ROOT)


def naive(folder: Path, upstream: Upstream, *, begun_with: int = 0) -> Server:
    """The tutorial's chat with Streamlit's own defaults."""
    script = [str(ROOT / "bench" / "apps" / "naive.py")]
    return _spawned("naive", script, folder, {}, arguments=[upstream.base_url, str(begun_with)])


def word(folder: Path, upstream: Upstream, *, says: str = "") -> Server:
    """The page that prints one word, configured as Madlen is; ``says`` stands there from the start."""
    script = [str(ROOT / "bench" / "apps" / "word.py"), *_MADLENS_WAY]
    return _spawned("word", script, folder, {}, arguments=[upstream.base_url, *([says] if says else [])])


def prototype(folder: Path, upstream: Upstream) -> Server:
    """The least that draws as Madlen does, configured as Madlen is."""
    script = [str(ROOT / "bench" / "apps" / "prototype.py"), *_MADLENS_WAY]
    return _spawned("prototype", script, folder, {}, arguments=[upstream.base_url])


@contextmanager
def running(folder: Path, upstream: Upstream, starts: Sequence[Start]) -> Iterator[list[Server]]:
    """The servers, each in a folder of its own, up and at rest."""
    with ExitStack() as stack:
        started = []
        for number, start in enumerate(starts):
            own = folder / f"{number}"
            own.mkdir()
            started.append(start(own, upstream))
            stack.callback(started[-1].end)
        for server in started:
            server.wait_for_page()
            server.wait_until_quiet()
        yield started


@contextmanager
def traced() -> Iterator[Start]:
    """Madlen with a collector that takes its spans."""
    with Receiver().running() as receiver:

        def start(folder: Path, upstream: Upstream) -> Server:
            return madlen(folder, upstream, traces=receiver.endpoint)

        yield start


def _spawned(
    name: str,
    script: Sequence[str],
    folder: Path,
    variables: dict[str, str],
    *,
    arguments: Sequence[str] = (),
    where: Path | None = None,
) -> Server:
    port = free_port()
    log = folder / f"{name}.log"
    command = [sys.executable, "-m", "streamlit", "run", *script, f"--server.port={port}"]
    command += ["--server.headless=true", "--server.address=127.0.0.1", "--browser.gatherUsageStats=false"]
    # What Python compiled for the first start is there for the next, whatever is said outside.
    environment = child_environment(PYTHONPATH=str(ROOT), PYTHONDONTWRITEBYTECODE="", **variables)
    with log.open("wb") as output:
        spawned_at = time.monotonic()
        process = subprocess.Popen(
            [*command, "--", *arguments],
            cwd=where or folder,
            stdout=output,
            stderr=output,
            env=environment,
        )
    return Server(name, process, f"http://127.0.0.1:{port}", log, spawned_at)
