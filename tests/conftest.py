"""What every test stands on: no network, no settings from outside, a running Madlen on request."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal
from hypothesis import settings
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from madlen import services as services_module
from madlen.providers import weights
from madlen.services.wiring import Services
from madlen.settings import Settings
from madlen.tracing import Tracing
from tests.parrot import Parrot

StartMadlen = Callable[..., Services]

# Hypothesis draws the same examples in every run, so that what fails is what was changed. Others are
# drawn by `make fuzz`.
settings.register_profile("long", deadline=None, max_examples=2000)
settings.load_profile("ci")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--screenshots", action="store_true", help="renew the pictures in docs/")


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuses every connection that would leave this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            host = str(address[0])
            if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
                raise AssertionError(f"A test tried to reach {host}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the developer's reaches a test, by variable or by a ``.env`` beside it."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def unhurried_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who reads traces waits for those before, however slow the machine is; people wait for half a second."""
    monkeypatch.setattr("madlen.traces.FLUSH_SECONDS", 30.0)


@pytest.fixture
def spans() -> InMemorySpanExporter:
    """Every span that ``start_madlen`` finishes."""
    return InMemorySpanExporter()


@pytest.fixture
def start_madlen(tmp_path: Path, spans: InMemorySpanExporter) -> Iterator[StartMadlen]:
    """Starts a Madlen on a database of its own, with a parrot to answer, and ends it after the test."""
    started: list[Services] = []

    def start(parrot: Parrot | None = None, **changes: Any) -> Services:
        values = {"database_url": f"sqlite:///{tmp_path}/chat.db", **changes}
        answering = parrot or Parrot()
        madlen = Services(
            Settings(**values),
            make_providers=lambda _settings, _tracing: [answering],
            tracing=Tracing(processors=[SimpleSpanProcessor(spans)]),
        )
        started.append(madlen)
        return madlen

    yield start
    for madlen in started:
        madlen.close()


@pytest.fixture
def current(start_madlen: StartMadlen) -> Iterator[Callable[..., Services]]:
    """Like ``start_madlen``, and pages and API find it as the current one."""
    in_use: list[Any] = []

    def start(parrot: Parrot | None = None, **changes: Any) -> Services:
        madlen = start_madlen(parrot, **changes)
        in_use.append(services_module.using(madlen))
        in_use[-1].__enter__()
        return madlen

    yield start
    for context in reversed(in_use):
        context.__exit__(None, None, None)


@pytest.fixture(scope="session")
def embedded_weights() -> Path:
    """The embedded model's weights in the user's cache, fetched before the first test that needs them."""

    async def fetch() -> Path:
        return await weights.obtain(lambda _: None, weights.cache_folder())

    # On a loop of its own: the browser tests' own loop may already run in this thread.
    with start_blocking_portal() as portal:
        return portal.call(fetch)
