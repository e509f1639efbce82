"""Madlen in a process of its own, to be asked, ended and killed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from bench.faults.upstream import MODEL
from madlen.settings import child_environment
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
START_SECONDS = 60.0
_launched: list[subprocess.Popen[bytes]] = []


@dataclass
class Server:
    """A Madlen process. Its output goes to a file, for a full pipe would hold it."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path
    begun_at: float

    def api(self, method: str, path: str, *, timeout: float = 60, **options: Any) -> httpx2.Response:
        return httpx2.request(method, f"{self.url}/api{path}", timeout=timeout, **options)

    def wait_until_healthy(self) -> float:
        """Seconds from the launch to the first sign of health."""
        while time.monotonic() < self.begun_at + START_SECONDS and self.process.poll() is None:
            try:
                if self.api("GET", "/health").status_code == 200:
                    return time.monotonic() - self.begun_at
            except httpx2.TransportError:
                time.sleep(0.02)
        raise AssertionError(f"The server did not start:\n{self.log.read_text()}")

    def session(self, title: str = "Fault") -> str:
        """The id of a new session."""
        made = self.api("POST", "/sessions/", json={"model_id": MODEL, "title": title})
        made.raise_for_status()
        found: str = made.json()["id"]
        return found

    def messages(self, session_id: str) -> list[dict[str, Any]]:
        answer = self.api("GET", f"/sessions/{session_id}")
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()["messages"]
        return found

    def reply(self, session_id: str, *, seconds: float = 30) -> dict[str, Any]:
        """The newest reply of a session, when it is not in flight any more or after so many seconds."""
        until = time.monotonic() + seconds
        while True:
            last = self.messages(session_id)[-1]
            if status(last) != "streaming" or time.monotonic() > until:
                return last
            time.sleep(0.05)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def end(self, *, seconds: float = 30) -> int:
        """Asks the process to end and gives its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return self.process.returncode


@dataclass
class Viewer:
    """Somebody who asks over HTTP in a thread of their own and notes what comes."""

    server: Server
    session_id: str
    prompt: str
    text: str = ""
    status: int = 0
    problem: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    broke: bool = False

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._ask)
        self._thread.start()

    def wait(self) -> Viewer:
        self._thread.join()
        return self

    def _ask(self) -> None:
        body = {
            "model": MODEL,
            "session_id": self.session_id,
            "messages": [{"role": "user", "content": self.prompt}],
            "stream": True,
        }
        start = time.monotonic()
        try:
            with httpx2.stream("POST", f"{self.server.url}/api/chat/", json=body, timeout=120) as answer:
                self.status = answer.status_code
                if answer.status_code != 200:
                    self.problem = json.loads(answer.read())
                for line in answer.iter_lines() if answer.status_code == 200 else ():
                    self._line(line)
        except httpx2.TransportError:
            self.broke = True
        self.seconds = time.monotonic() - start

    def _line(self, line: str) -> None:
        if not line.startswith("data: {"):
            return
        event = json.loads(line.removeprefix("data: "))
        if "choices" in event:
            self.text += event["choices"][0]["delta"].get("content", "")
        else:
            self.problem = event


def status(message: dict[str, Any]) -> str:
    found: str = message["extra_metadata"]["status"]
    return found


def sentence(message: dict[str, Any]) -> str:
    """Why a reply is not whole."""
    found: str = message["extra_metadata"].get("error", {}).get("detail", "")
    return found


def launched(
    folder: Path,
    upstream: str,
    *,
    database: Path | str | None = None,
    within: Sequence[str] = (),
    name: str = "server",
    **variables: str,
) -> Server:
    """``streamlit run app.py`` on ``chat.db`` in the folder, another file or an address; not yet awaited.

    ``within`` goes before the command.
    """
    url = database if isinstance(database, str) else f"sqlite:///{database or folder / 'chat.db'}"
    port = free_port()
    log = folder / f"{name}-{port}.log"
    environment = child_environment(
        **{
            "DATABASE_URL": url,
            "OPENROUTER_API_KEY": "sk-or-v1-fault",
            "OPENROUTER_BASE_URL": upstream,
            "PYTHONUNBUFFERED": "1",
            **variables,
        }
    )
    command = [*within, sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"]
    command += ["--server.headless=true"]
    with log.open("wb") as output:
        begun_at = time.monotonic()
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output, env=environment)
    _launched.append(process)
    return Server(process, f"http://127.0.0.1:{port}", log, begun_at)


@contextmanager
def none_left() -> Iterator[None]:
    """Kills the servers that still run at the end of the block, as they may after an error."""
    try:
        yield
    finally:
        for process in _launched:
            if process.poll() is None:
                process.kill()
                process.wait()
        _launched.clear()
