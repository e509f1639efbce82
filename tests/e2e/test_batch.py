"""Runs of prompt sets in real processes that are killed."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import postgres
from tests.e2e.conftest import Server, starting
from tests.pretend_openrouter import VALID_KEY, Answer, Asked, PretendOpenRouter, said

pytestmark = pytest.mark.timeout(300)

MODELS = ("acme/one", "acme/two", "acme/three", "acme/four")
PROMPTS = [f"Question {number}" for number in range(60)]
CELLS = len(MODELS) * len(PROMPTS)
AT_ONCE = 8
SEED = 5

Cell = tuple[str, str]


def echo(asked: Asked) -> Answer:
    """The prompt said back by the model that was asked, in many chunks."""
    words = asked.received.parts[-1]["text"]
    return Answer(pieces=said(asked.model, f"{asked.model}: ", *(["well, "] * 30), words))


@pytest.fixture
def pretend() -> Iterator[PretendOpenRouter]:
    with PretendOpenRouter().running() as running:
        for model in MODELS:
            running.answers[model] = echo
        yield running


StartOn = Callable[[str], Server]


@pytest.fixture
def start_on(tmp_path: Path, pretend: PretendOpenRouter) -> Iterator[StartOn]:
    """Starts processes on a database; an empty address is that of a file."""
    variables = {
        "OPENROUTER_API_KEY": VALID_KEY,
        "OPENROUTER_BASE_URL": pretend.base_url,
        "BATCH_CONCURRENCY": str(AT_ONCE),
    }
    with starting(tmp_path, forked=False) as start:
        yield lambda address: start(**variables, **({"DATABASE_URL": address} if address else {}))


def begun(server: Server) -> str:
    body = {
        "lanes": [{"model": model, "label": model} for model in MODELS],
        "prompts": [{"id": text, "text": text} for text in PROMPTS],
    }
    run_id: str = server.api("POST", "/runs/", json=body)["id"]
    return run_id


def whole(server: Server, run_id: str) -> dict[Cell, tuple[str, str]]:
    """The answers that are whole, each with the id of its reply."""
    return {
        (cell["prompt_id"], cell["lane"]): (cell["reply"]["message_id"], cell["reply"]["content"])
        for cell in server.api("GET", f"/runs/{run_id}")["cells"]
        if cell["state"] == "done"
    }


def until_so_many(server: Server, run_id: str, number: int, seconds: float = 90) -> dict[Cell, Any]:
    until = time.monotonic() + seconds
    while len(found := whole(server, run_id)) < number:
        assert time.monotonic() < until, f"{len(found)} of {number}:\n{server.log.read_text()}"
    return found


def killed(server: Server) -> None:
    server.process.kill()
    server.process.wait()


def ended(server: Server, run_id: str) -> None:
    """Returns when the run is done, which its stream tells."""
    until = time.monotonic() + 90
    while server.api("GET", f"/runs/{run_id}")["status"] != "done":
        assert time.monotonic() < until, server.log.read_text()
        time.sleep(0.1)


def every_cell_is_there_once(server: Server, run_id: str) -> None:
    answers = whole(server, run_id)
    assert {cell: words.rpartition("well, ")[2] for cell, (_, words) in answers.items()} == {
        (text, model): text for text in PROMPTS for model in MODELS
    }
    assert all(words.startswith(f"{model}: ") for (_, model), (_, words) in answers.items())
    session_id = server.api("GET", f"/runs/{run_id}")["session_id"]
    messages = server.api("GET", f"/sessions/{session_id}")["messages"]
    assert Counter(message["role"] for message in messages) == {"user": len(PROMPTS), "assistant": CELLS}


def test_a_run_that_is_killed_twice_ends_with_every_cell_once(
    start_on: StartOn, pretend: PretendOpenRouter
) -> None:
    chance = random.Random(SEED)  # noqa: S311  # moments, not secrets
    server, known = start_on(""), dict[Cell, Any]()
    run_id = begun(server)
    for least in (0, CELLS // 2):
        known |= until_so_many(server, run_id, chance.randrange(least + 1, least + CELLS // 3))
        killed(server)
        assert len(known) < CELLS
        server = start_on("")
        assert server.api("GET", f"/runs/{run_id}")["status"] == "running"
    ended(server, run_id)
    every_cell_is_there_once(server, run_id)
    assert known.items() <= whole(server, run_id).items()
    questions = [received for received in pretend.received if received.method == "POST"]
    assert CELLS <= len(questions) <= CELLS + 2 * AT_ONCE


def test_a_server_that_is_told_to_end_leaves_its_run_to_the_next(start_on: StartOn) -> None:
    server = start_on("")
    run_id = begun(server)
    known = until_so_many(server, run_id, CELLS // 4)
    assert server.end() == 0
    server = start_on("")
    ended(server, run_id)
    every_cell_is_there_once(server, run_id)
    assert known.items() <= whole(server, run_id).items()


def test_another_process_takes_over_the_run_of_one_that_dies(
    start_on: StartOn, pretend: PretendOpenRouter
) -> None:
    with postgres.running() as database, database.database() as name:
        url = database.url(name)
        first, second = start_on(url), start_on(url)
        run_id = begun(first)
        known = until_so_many(second, run_id, CELLS // 3)
        killed(first)
        ended(second, run_id)
        every_cell_is_there_once(second, run_id)
        assert known.items() <= whole(second, run_id).items()
        assert second.end() == 0
    questions = [received for received in pretend.received if received.method == "POST"]
    assert CELLS <= len(questions) <= CELLS + AT_ONCE
