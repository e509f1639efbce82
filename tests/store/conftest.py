"""Every back end, for the tests of what all of them promise. A new one is one more line in ``STORES``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from madlen.store import Store, open_store
from tests import postgres
from tests.postgres import Postgres


@contextmanager
def sqlite(_request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    yield f"sqlite:///{folder}/chat.db"


@contextmanager
def on_postgres(request: pytest.FixtureRequest, _folder: Path) -> Iterator[str]:
    server: Postgres = request.getfixturevalue("postgres_server")
    with server.database(request.getfixturevalue("migrated")) as name:
        yield server.url(name)


Address = Callable[[pytest.FixtureRequest, Path], AbstractContextManager[str]]

STORES: dict[str, Address] = {"sqlite": sqlite, "postgres": on_postgres}


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """One server for all tests that only use it."""
    with postgres.running() as server:
        yield server


@pytest.fixture(scope="session")
def migrated(postgres_server: Postgres) -> Iterator[str]:
    """An empty database with its schema, which can be copied faster than made."""
    with postgres_server.database() as name:
        open_store(postgres_server.url(name)).close()
        yield name


@pytest.fixture(params=STORES)
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The ``DATABASE_URL`` of an empty database."""
    with STORES[request.param](request, tmp_path) as url:
        yield url


@pytest.fixture
def store(address: str) -> Iterator[Store]:
    opened = open_store(address)
    yield opened
    opened.close()
