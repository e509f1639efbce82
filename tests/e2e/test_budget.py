"""The budget of a day against real servers: hundreds at once, two processes, and one that is killed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx2
import pytest

from madlen.store import open_store
from madlen.store.tables import Transactions
from tests import postgres
from tests.e2e.conftest import Server, launched
from tests.pretend_openrouter import VALID_KEY, Answer, Asked, PretendOpenRouter, Silence, said
from tests.pretend_openrouter.payloads import named, usage

pytestmark = pytest.mark.timeout(300)

MODEL = "openai/gpt-4o-mini"
TOKENS = 100
IN, OUT = Decimal("0.00000015"), Decimal("0.0000006")
CEILING = 2 * 5 * IN + TOKENS * OUT
BUDGET = 40 * CEILING
REQUESTS = 500


class Bills:
    """What the pretend OpenRouter bills: answers of every length that was allowed, one after another."""

    def __init__(self) -> None:
        self.by_id: dict[str, Decimal] = {}
        self.silent = False

    @property
    def total(self) -> Decimal:
        return sum(self.by_id.values(), Decimal(0))

    def answer(self, asked: Asked) -> Answer:
        assert asked.limit is not None
        tokens = len(self.by_id) * 7 % asked.limit + 1
        cost = 5 * IN + tokens * OUT
        self.by_id[asked.id] = cost
        taken = usage(5, tokens, cost=float(cost))
        pieces: list[Any] = said(asked.model, "Hello", **{**named(asked), "usage": taken})
        if self.silent:
            pieces = [*pieces[:3], Silence()]
        return Answer(pieces=pieces, headers={"x-generation-id": asked.id})

    def receipt(self, asked: Asked) -> Answer:
        cost = self.by_id.get(asked.received.query["id"])
        if cost is None:
            return Answer(404, {"error": {"code": 404, "message": "not found"}})
        return Answer(body={"data": {"total_cost": float(cost), "native_tokens_prompt": 5}})


@pytest.fixture
def bills() -> Bills:
    return Bills()


@pytest.fixture
def pretend(bills: Bills) -> Iterator[PretendOpenRouter]:
    with PretendOpenRouter().running() as running:
        running.answers[MODEL] = bills.answer
        running.generation = bills.receipt
        yield running
        running.release()


class Servers:
    """Madlens on one database and one pretend OpenRouter."""

    def __init__(self, folder: Path, pretend: PretendOpenRouter, address: str) -> None:
        self._folder = folder
        self._variables = {
            "DATABASE_URL": address,
            "OPENROUTER_API_KEY": VALID_KEY,
            "OPENROUTER_BASE_URL": pretend.base_url,
        }
        self.address = address
        self.started: list[Server] = []

    def start(self, budget: Decimal = BUDGET) -> Server:
        variables = {**self._variables, "DAILY_BUDGET_USD": f"{budget:f}"}
        self.started.append(launched(self._folder, variables, forked=True))
        self.started[-1].wait_until_healthy()
        return self.started[-1]


@pytest.fixture(params=["sqlite", "postgres"])
def servers(request: pytest.FixtureRequest, tmp_path: Path, pretend: PretendOpenRouter) -> Iterator[Servers]:
    with database(request.param, tmp_path) as address:
        made = Servers(tmp_path, pretend, address)
        yield made
        for server in made.started:
            server.end()


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder}/chat.db"
        return
    with postgres.running() as server, server.database() as name:
        yield server.url(name)


def asked(server: Server, **more: Any) -> httpx2.Response:
    wanted = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}], "max_tokens": TOKENS, **more}
    return httpx2.post(f"{server.url}/api/chat/", json=wanted, timeout=120)


def named_in(address: str) -> int:
    """How many answers in flight have the name written down under which their cost can be asked for."""
    store = open_store(address)
    assert isinstance(store, Transactions)
    try:
        with store._reading() as db:
            [row] = db.rows("SELECT count(*) AS n FROM spendings WHERE cost IS NULL AND generation_id <> ''")
        return int(row["n"])
    finally:
        store.close()


def standing(server: Server) -> tuple[Decimal, Decimal]:
    """What was spent today and what is set aside."""
    budget = server.api("GET", "/usage/?period=today")["budget"]
    return Decimal(budget["spent"]), Decimal(budget["reserved"])


def test_five_hundred_at_once_never_cost_more_than_the_budget(servers: Servers, bills: Bills) -> None:
    first = servers.start()
    # On SQLite it is one process that serves the pages; on PostgreSQL there may be several.
    both = [first] if first.database.exists() else [first, servers.start()]
    with ThreadPoolExecutor(64) as threads:
        answers = list(threads.map(lambda number: asked(both[number % len(both)]), range(REQUESTS)))
    refused = [answer.json() for answer in answers if answer.status_code == 402]
    # A request that finds no connection upstream on a busy machine costs nothing.
    assert {200, 402} <= {answer.status_code for answer in answers} <= {200, 402, 502}
    assert 40 <= len(bills.by_id) <= REQUESTS - len(refused)
    assert bills.total <= BUDGET
    assert standing(first) == (bills.total, Decimal(0))
    problem = refused[-1]
    assert problem["type"] == "urn:madlen:error:over-budget"
    assert Decimal(problem["budget"]) == BUDGET
    assert "Choose a free model" in problem["detail"]
    # As long as anything of it fits, it is answered.
    while (answer := asked(first)).status_code == 200:
        assert bills.total <= BUDGET
    assert BUDGET - bills.total < CEILING
    fewer = answer.json().get("affordable_tokens")
    if fewer:
        assert asked(first, max_tokens=fewer).status_code == 200
        assert bills.total <= BUDGET


def test_after_a_kill_the_next_process_has_the_books_right(servers: Servers, bills: Bills) -> None:
    server = servers.start()
    assert asked(server).status_code == 200
    bills.silent = True
    session = server.api("POST", "/sessions/", json={"model_id": MODEL})["id"]
    threads = [
        threading.Thread(target=_left_alone, args=(server, {"session_id": session} if kept else {}))
        for kept in (True, False, False)
    ]
    for thread in threads:
        thread.start()
    eventually(lambda: len(bills.by_id) == 4)
    eventually(lambda: standing(server)[1] == 3 * CEILING)
    eventually(lambda: named_in(servers.address) == 3)
    server.process.kill()
    server.process.wait(10)
    for thread in threads:
        thread.join()
    bills.silent = False
    raised = servers.start(BUDGET * 2)
    eventually(lambda: standing(raised) == (bills.total, Decimal(0)))
    assert asked(raised).status_code == 200
    assert standing(raised) == (bills.total, Decimal(0))


def test_a_lower_budget_holds_after_a_restart(servers: Servers, bills: Bills) -> None:
    server = servers.start()
    assert asked(server).status_code == 200
    assert server.end() == 0
    lowered = servers.start(CEILING)
    assert asked(lowered).status_code == 402
    assert standing(lowered) == (bills.total, Decimal(0))


def _left_alone(server: Server, more: dict[str, Any]) -> None:
    """Asks, and is cut off when the server is killed."""
    with pytest.raises(httpx2.TransportError):
        asked(server, **more)


def eventually(true: Callable[[], bool]) -> None:
    until = monotonic() + 60
    while not true() and monotonic() < until:
        sleep(0.1)
    assert true()
