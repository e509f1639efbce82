"""Who gets one of the pool's connections to PostgreSQL, and who is told that there is none."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from madlen.errors import StoreUnavailable
from madlen.store import postgres_connections
from madlen.store.postgres_connections import Connections
from tests.postgres import Postgres
from tests.waiting import eventually

PATIENCE = 1.0
SLOWLY = 2.5
"""More seconds than a connection may take while Madlen runs."""


@pytest.fixture
def one(postgres_server: Postgres, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connections]:
    """A pool of one connection, which is waited for not longer than a second."""
    monkeypatch.setattr(postgres_connections, "_POOL_SIZE", 1)
    monkeypatch.setattr(postgres_connections, "_POOL_SECONDS", PATIENCE)
    with postgres_server.database() as name:
        connections = Connections(postgres_server.url(name), lambda _: None)
        yield connections
        connections.close()


class Borrower(threading.Thread):
    """Waits for a connection and keeps it until it is told to give it back."""

    def __init__(self, connections: Connections) -> None:
        super().__init__()
        self._connections = connections
        self._back = threading.Event()
        self.has = threading.Event()
        self.refused: list[StoreUnavailable] = []

    def run(self) -> None:
        try:
            with self._connections.plain():
                self.has.set()
                self._back.wait()
        except StoreUnavailable as error:
            self.refused.append(error)

    def give_back(self) -> None:
        self._back.set()
        self.join()


def wait_for(connections: Connections, figure: str, number: int) -> None:
    """Until the pool counts so many."""
    assert eventually(lambda: connections._pool.get_stats().get(figure, 0) >= number)


def test_a_connection_is_waited_for_as_long_as_others_get_theirs(one: Connections) -> None:
    first, second, last = (Borrower(one) for _ in range(3))
    for number, borrower in enumerate((first, second, last)):
        borrower.start()
        if number:
            wait_for(one, "requests_waiting", number)
        else:
            assert first.has.wait(20)
    first.give_back()
    assert second.has.wait(20)
    # It has waited for as long as it may, but the second got one meanwhile.
    wait_for(one, "requests_errors", 1)
    wait_for(one, "requests_waiting", 1)
    second.give_back()
    assert last.has.wait(20)
    last.give_back()
    assert last.refused == []


def test_a_connection_that_nobody_gives_back_is_not_waited_for_for_ever(one: Connections) -> None:
    holder, waiter = Borrower(one), Borrower(one)
    holder.start()
    assert holder.has.wait(20)
    waiter.start()
    waiter.join(20)
    holder.give_back()
    assert ["cannot be reached" in str(error) for error in waiter.refused] == [True]


def test_a_server_that_is_slow_to_answer_is_waited_for_at_the_start(postgres_server: Postgres) -> None:
    with postgres_server.database() as name, postgres_server.silent(seconds=SLOWLY):
        Connections(postgres_server.url(name), lambda _: None).close()


def test_the_address_may_say_how_long_a_server_is_waited_for(postgres_server: Postgres) -> None:
    with (
        postgres_server.database() as name,
        postgres_server.silent(seconds=60),
        pytest.raises(StoreUnavailable, match="cannot be reached"),
    ):
        Connections(f"{postgres_server.url(name)}?connect_timeout=2", lambda _: None)
