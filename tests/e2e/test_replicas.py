"""Two real processes on one database, as behind a load balancer."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import expect

from tests import postgres
from tests.e2e.conftest import NewPage, Server, launched
from tests.e2e.test_lanes import held
from tests.postgres import Postgres
from tests.pretend_openrouter import VALID_KEY, PretendOpenRouter
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(300)

MODEL = "openrouter/free"
WORDS = ("Once ", "upon ", "a time.")


@pytest.fixture(scope="module")
def shared_server() -> Iterator[Postgres]:
    with postgres.running() as server:
        yield server


@pytest.fixture(scope="module")
def shared_pretend() -> Iterator[PretendOpenRouter]:
    with PretendOpenRouter().running() as running:
        running.answers[MODEL] = held(MODEL, *WORDS)
        yield running


@pytest.fixture
def pretend(shared_pretend: PretendOpenRouter) -> Iterator[PretendOpenRouter]:
    """An OpenRouter that falls silent after the first word of its answer, until it is released."""
    shared_pretend.received.clear()
    shared_pretend.hung_up.clear()
    shared_pretend._gates.released.clear()
    yield shared_pretend
    shared_pretend.release()


class Replicas:
    """Madlen processes on one database and one pretend OpenRouter."""

    def __init__(self, folder: Path, pretend: PretendOpenRouter, database_url: str) -> None:
        self._folder = folder
        self._variables = {
            "DATABASE_URL": database_url,
            "OPENROUTER_API_KEY": VALID_KEY,
            "OPENROUTER_BASE_URL": pretend.base_url,
        }
        self.started: list[Server] = []

    def start(self, number: int = 2) -> list[Server]:
        """So many at the same moment."""
        new = [launched(self._folder, self._variables) for _ in range(number)]
        self.started += new
        for server in new:
            server.wait_until_healthy()
        return new


@pytest.fixture(scope="module")
def replicas(
    shared_server: Postgres, shared_pretend: PretendOpenRouter, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Replicas]:
    with shared_server.database() as name:
        made = Replicas(tmp_path_factory.mktemp("replicas"), shared_pretend, shared_server.url(name))
        yield made
        for server in made.started:
            server.end()


@pytest.fixture(scope="module")
def pair(replicas: Replicas) -> list[Server]:
    """Two that stay for all tests."""
    return replicas.start()


def asked(server: Server) -> str:
    """The session of a question that has its first word of an answer; nobody listens any more."""
    session: str = server.api("POST", "/sessions/", json={"model_id": MODEL})["id"]
    body = {
        "model": MODEL,
        "session_id": session,
        "messages": [{"role": "user", "content": "Tell a story."}],
        "stream": True,
    }
    with httpx2.stream("POST", f"{server.url}/api/chat/", json=body, timeout=60) as response:
        next(line for line in response.iter_lines() if WORDS[0] in line)
    return session


def reply(server: Server, session: str) -> dict[str, Any]:
    found: dict[str, Any] = server.api("GET", f"/sessions/{session}")["messages"][-1]
    return found


def status(server: Server, session: str) -> str:
    return str(reply(server, session)["extra_metadata"]["status"])


def until_it_is(wanted: str, server: Server, session: str) -> None:
    assert eventually(lambda: status(server, session) == wanted)


@contextmanager
def followed(server: Server, message: str) -> Iterator[Iterator[tuple[str, dict[str, Any]]]]:
    """The events of an answer as a client hears them, by name."""
    address = f"{server.url}/api/messages/{message}/stream"
    with httpx2.stream("GET", address, timeout=60) as response:

        def events() -> Iterator[tuple[str, dict[str, Any]]]:
            name = ""
            for line in response.iter_lines():
                field, _, value = line.partition(": ")
                if field == "event":
                    name = value
                elif field == "data":
                    yield name, json.loads(value)

        yield events()


def rest(events: Iterator[tuple[str, dict[str, Any]]]) -> tuple[str, dict[str, Any]]:
    """The words that are still to come, and the whole message that closes them."""
    words = ""
    for name, said_next in events:
        if name == "reply":
            return words, said_next
        words += said_next["text"]
    raise AssertionError("The events ended before the answer did.")


def test_an_answer_is_followed_at_the_other_from_the_first_word_to_the_last(
    pair: list[Server], pretend: PretendOpenRouter
) -> None:
    one, other = pair
    session = asked(one)
    with followed(other, reply(other, session)["id"]) as events:
        assert next(events) == ("delta", {"text": WORDS[0], "reasoning": ""})
        pretend.release()
        words, whole = rest(events)
    assert WORDS[0] + words == whole["content"] == "".join(WORDS)
    assert reply(one, session) == reply(other, session) == whole
    assert len([each for each in pretend.received if each.path.endswith("/chat/completions")]) == 1


def test_the_chats_are_listed_at_both(pair: list[Server], pretend: PretendOpenRouter) -> None:
    pretend.release()
    sessions = [asked(server) for server in pair]
    for session in sessions:
        until_it_is("complete", pair[0], session)
    for server in pair:
        assert [each["id"] for each in server.api("GET", "/sessions/?limit=2")] == sessions[::-1]
        assert {*sessions} <= {each["id"] for each in server.api("GET", "/sessions/?q=story")}


def test_stop_at_the_other_reaches_the_one_that_answers(
    pair: list[Server], pretend: PretendOpenRouter
) -> None:
    one, other = pair
    session = asked(one)
    stopped = other.api("POST", f"/messages/{reply(other, session)['id']}/stop")
    assert (stopped["content"], stopped["extra_metadata"]["status"]) == (WORDS[0], "stopped")
    assert reply(one, session)["content"] == WORDS[0]
    assert pretend.hung_up.wait(5)


def test_stop_in_a_page_of_the_other_reaches_the_one_that_answers(
    pair: list[Server], pretend: PretendOpenRouter, new_page: NewPage
) -> None:
    one, other = pair
    session = asked(one)
    page = new_page()
    page.goto(f"{other.url}/?session={session}")
    expect(page.get_by_test_id("stChatMessage").last).to_contain_text("Once")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    assert (status(one, session), reply(one, session)["content"]) == ("stopped", WORDS[0])
    assert pretend.hung_up.wait(5)


def test_an_answer_of_a_killed_process_is_interrupted_by_the_other(
    replicas: Replicas, pair: list[Server], pretend: PretendOpenRouter
) -> None:
    [one], other = replicas.start(1), pair[1]
    session = asked(one)
    assert eventually(lambda: reply(other, session)["content"] == WORDS[0])
    one.process.send_signal(signal.SIGKILL)
    one.process.wait(10)
    assert status(other, session) == "streaming"
    until_it_is("interrupted", other, session)
    assert reply(other, session)["content"] == WORDS[0]


def test_a_process_ends_while_it_shows_the_answer_of_another(
    replicas: Replicas, pair: list[Server], pretend: PretendOpenRouter
) -> None:
    one, [other] = pair[0], replicas.start(1)
    session = asked(one)
    with followed(other, reply(other, session)["id"]) as events:
        next(events)
        asked_to_end = time.monotonic()
        assert other.end() == 0
        assert time.monotonic() - asked_to_end < 5
        assert list(events) == []
    pretend.release()
    until_it_is("complete", one, session)


def test_a_server_tells_the_proxy_that_it_is_there(pair: list[Server]) -> None:
    for server in pair:
        answer = httpx2.get(f"{server.url}/_stcore/health", headers={"Host": "localhost"})
        assert answer.status_code == 200


def test_two_that_start_at_once_on_an_empty_database_say_what_runs(pair: list[Server]) -> None:
    for server in pair:
        log = server.log.read_text()
        assert "with PostgreSQL 1" in log
        assert postgres.PASSWORD not in log
        assert "Traceback" not in log


def test_a_database_that_goes_away_in_mid_answer_loses_nothing(
    pretend: PretendOpenRouter, tmp_path: Path
) -> None:
    with postgres.running(durable=True) as server:
        replicas = Replicas(tmp_path, pretend, server.url())
        one, other = replicas.start()
        session = asked(one)
        assert eventually(lambda: reply(other, session)["content"] == WORDS[0])
        with followed(other, reply(other, session)["id"]) as events:
            next(events)
            server.stop()
            for each in (one, other):
                answer = httpx2.get(f"{each.url}/api/health", timeout=60)
                assert answer.status_code == 503
                assert "cannot be reached" in answer.text
                assert postgres.PASSWORD not in answer.text
            pretend.release()
            server.start()
            words, whole = rest(events)
        assert WORDS[0] + words == whole["content"] == "".join(WORDS)
        assert whole["extra_metadata"]["status"] == "complete"
        assert [httpx2.get(f"{each.url}/api/health").status_code for each in (one, other)] == [200, 200]
        for each in replicas.started:
            assert each.end() == 0
            assert postgres.PASSWORD not in each.log.read_text()


def test_two_processes_may_share_a_file_too(tmp_path: Path, pretend: PretendOpenRouter) -> None:
    replicas = Replicas(tmp_path, pretend, f"sqlite:///{tmp_path}/chat.db")
    one, other = replicas.start()
    session = asked(one)
    message = reply(other, session)["id"]
    with followed(other, message) as events:
        next(events)
        stopped = other.api("POST", f"/messages/{message}/stop")
        assert rest(events) == ("", stopped)
    assert stopped["extra_metadata"]["status"] == "stopped"
    assert [each.end() for each in replicas.started] == [0, 0]
