"""A large run of prompts × lanes: how many cells a second, and what is left of it when the server is killed.

Run it from the checkout with ``python -m bench.batch``.
"""

from __future__ import annotations

import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx2

from bench import answers, servers, upstream
from bench.figures import Report, Row, arguments
from bench.upstream import Upstream

PROMPTS = 500
LANES = 4
KILLS = 3
SEED = 5
TOKENS = 5
EVERY_MS = 1.0
_LONGEST_SECONDS = 900.0

Told = dict[tuple[str, str], tuple[str, str]]
"""The id and the words of each whole answer, by its prompt and lane."""


class Killed:
    """A server whose process may be replaced by another on the same database."""

    def __init__(self, folder: Path, answering: Upstream) -> None:
        self._folder = folder
        self._upstream = answering
        self._start()

    def _start(self) -> None:
        self._server = servers.madlen(self._folder, self._upstream)
        self._server.wait_for_page()

    def kill(self) -> None:
        self._server.process.kill()
        self._server.process.wait()
        self._start()

    def end(self) -> None:
        self._server.end()

    def api(self, method: str, path: str, **options: Any) -> Any:
        answer = httpx2.request(method, f"{self._server.url}/api{path}", timeout=60, **options)
        answer.raise_for_status()
        return answer.json()

    def until(self, run_id: str, number: int) -> None:
        """Returns when so many cells are done."""
        until = time.monotonic() + _LONGEST_SECONDS
        while self.done(run_id) < number:
            if time.monotonic() > until:
                raise RuntimeError(f"The run did not come to {number} cells in time.")
            time.sleep(0.1)

    def done(self, run_id: str) -> int:
        """How many cells are, from the first event of the run's stream: the run is not read whole for it."""
        with httpx2.stream("GET", f"{self._server.url}/api/runs/{run_id}/stream", timeout=60) as answer:
            told = next(line for line in answer.iter_lines() if line.startswith("data: "))
        found: int = json.loads(told.removeprefix("data: "))["done"]
        return found

    def told(self, run_id: str) -> Told:
        return {
            (cell["prompt_id"], cell["lane"]): (cell["reply"]["message_id"], cell["reply"]["content"])
            for cell in self.api("GET", f"/runs/{run_id}")["cells"]
            if cell["state"] == "done"
        }


def measured(server: Killed, prompts: int, moments: Sequence[int]) -> Row:
    """One run, in which the server is killed when so many cells are done."""
    asked = {f"p{number}": f"{random.getrandbits(64):x}" for number in range(prompts)}  # names
    body = {
        "lanes": [{"model": f"bench/model-{number}", "label": f"lane {number}"} for number in range(LANES)],
        "prompts": [
            {"id": name, "text": upstream.prompt(tokens=TOKENS, every=EVERY_MS, run=run, style="prose")}
            for name, run in asked.items()
        ],
    }
    known: Told = {}
    recoveries = [0.0]
    began = time.monotonic()
    run_id = server.api("POST", "/runs/", json=body)["id"]
    for moment in moments:
        server.until(run_id, moment)
        known |= server.told(run_id)
        killed_at = time.monotonic()
        server.kill()
        server.until(run_id, server.done(run_id) + 1)
        recoveries.append(time.monotonic() - killed_at)
    server.until(run_id, prompts * LANES)
    seconds = time.monotonic() - began
    run = server.api("GET", f"/runs/{run_id}")
    told = server.told(run_id)
    expected = {name: "".join(answers.tokens(TOKENS, text, "prose")) for name, text in asked.items()}
    good = [cell for cell, answer in told.items() if answer[1] == expected[cell[0]]]
    replies = Counter(
        (message["extra_metadata"]["turn_id"], message["extra_metadata"]["lane"])
        for message in server.api("GET", f"/sessions/{run['session_id']}")["messages"]
        if message["role"] == "assistant"
    )
    return {
        "cells": prompts * LANES,
        "seconds": seconds,
        "cells_per_second": prompts * LANES / seconds,
        "kills": len(moments),
        "lost": prompts * LANES - len(good) + sum(told.get(cell) != known[cell] for cell in known),
        "twice": sum(number - 1 for number in replies.values()),
        "asked_again": sum(cell["attempts"] - 1 for cell in run["cells"]),
        "recovery_seconds": max(recoveries),
    }


def main() -> None:
    given = arguments(str(__doc__)).parse_args()
    prompts, kills = (20, 1) if given.quick else (PROMPTS, KILLS)
    chance = random.Random(SEED)  # noqa: S311  # moments, not secrets
    moments = sorted(chance.sample(range(1, prompts * LANES * 9 // 10), kills))
    report = Report("batch", quick=given.quick)
    with upstream.running() as answering:
        for name, killed_at in (("undisturbed", []), ("killed", moments)):
            with tempfile.TemporaryDirectory() as folder:
                server = Killed(Path(folder), answering)
                try:
                    row = measured(server, prompts, killed_at)
                finally:
                    server.end()
            report.add(f"{prompts} prompts, {LANES} lanes, {name}", {"madlen": [row]}, moments=killed_at)
    report.write(given.to)


if __name__ == "__main__":
    main()
