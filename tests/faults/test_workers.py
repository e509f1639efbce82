"""More processes than one: refused for the pages, right for the API alone, and never by fork."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from bench.faults.servers import ROOT
from bench.faults.upstream import MODEL, Upstream, silent_after
from madlen.settings import child_environment
from tests.ports import free_port

pytestmark = pytest.mark.timeout(120)

_SERVING = re.compile(r"Started server process \[(\d+)\]")


@contextmanager
def uvicorn(folder: Path, app: str, upstream: str, **variables: str) -> Iterator[tuple[str, Path]]:
    """The address and the log of two workers; they are told to end with the block."""
    port, log = free_port(), folder / "uvicorn.log"
    environment = child_environment(
        DATABASE_URL=f"sqlite:///{folder}/chat.db",
        OPENROUTER_API_KEY="sk-or-v1-workers",
        OPENROUTER_BASE_URL=upstream,
        **variables,
    )
    command = [sys.executable, "-m", "uvicorn", app, f"--port={port}"]
    if "WEB_CONCURRENCY" not in variables:
        command += ["--workers=2"]
    with (
        log.open("wb") as output,
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output) as process,
    ):
        try:
            yield f"http://127.0.0.1:{port}", log
        finally:
            process.terminate()


def wait_for(log: Path, words: str, *, times: int = 1) -> str:
    until = time.monotonic() + 60
    while log.read_text().count(words) < times:
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.05)
    return log.read_text()


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """A process that takes no connection meanwhile."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize("variables", [{}, {"WEB_CONCURRENCY": "2"}])
def test_pages_in_several_processes_are_refused_with_a_sentence(
    tmp_path: Path, variables: dict[str, str]
) -> None:
    with uvicorn(tmp_path, "app:app", "http://127.0.0.1:9", **variables) as (_, log):
        said = wait_for(log, "Stopping parent process")
    assert "Madlen's pages need one process: start it without --workers and WEB_CONCURRENCY" in said
    assert "Traceback" not in said
    assert not (tmp_path / "chat.db").exists()


def test_an_answer_of_one_process_is_seen_and_stopped_through_another(tmp_path: Path) -> None:
    with (
        Upstream(silent_after(3)).running() as upstream,
        uvicorn(tmp_path, "madlen.api:app", upstream.base_url) as (url, log),
    ):
        one, other = map(int, _SERVING.findall(wait_for(log, "Application startup complete", times=2)))
        body = {"model": MODEL, "messages": [{"role": "user", "content": "Sail"}], "stream": True}
        with frozen(other):
            session = httpx2.post(f"{url}/sessions/", json={"model_id": MODEL}).json()["id"]
            asking = httpx2.stream("POST", f"{url}/chat/", json={**body, "session_id": session}, timeout=60)
            answer = asking.__enter__()
        lines = answer.iter_lines()
        next(line for line in lines if "w2 " in line)
        with frozen(one):
            reply = httpx2.get(f"{url}/sessions/{session}").json()["messages"][1]
            assert reply["extra_metadata"]["status"] == "streaming"
            stop = threading.Thread(
                target=httpx2.post, args=[f"{url}/messages/{reply['id']}/stop"], kwargs={"timeout": 60}
            )
            stop.start()
        assert upstream.call("Sail").hung_up.wait(10)
        stop.join()
        assert any("[DONE]" in line for line in lines)
        asking.__exit__(None, None, None)
        ended = httpx2.get(f"{url}/sessions/{session}").json()["messages"][1]
        assert (ended["extra_metadata"]["status"], ended["content"]) == ("stopped", "w0 w1 w2 ")
    assert "Traceback" not in log.read_text()


def test_a_copy_of_the_process_by_fork_is_refused_with_a_sentence(tmp_path: Path) -> None:
    program = """
import os, sys
from madlen import services
from madlen.errors import BadSetting
services.current()
if not (copy := os.fork()):
    try:
        services.current()
    except BadSetting as error:
        print(error, flush=True)
        services.close()
        sys.exit(3)
    sys.exit(0)
_, ended = os.waitpid(copy, 0)
services.current().store.check()
services.close()
sys.exit(os.waitstatus_to_exitcode(ended))
"""
    finished = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", program],
        cwd=ROOT,
        env=child_environment(
            DATABASE_URL=f"sqlite:///{tmp_path}/chat.db",
            OPENROUTER_API_KEY="sk-or-v1-fork",
            OPENROUTER_BASE_URL="http://127.0.0.1:9/api/v1",
        ),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert finished.returncode == 3, finished.stderr
    assert "a copy of a Madlen that had begun already" in finished.stdout
