"""One database and several who write to it: a stranger that holds the lock, and two Madlens."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from threading import Thread
from typing import Any

import psycopg

from bench.faults.outcome import Lab, Outcome, share
from bench.faults.servers import Server, Viewer, launched, status
from bench.faults.upstream import MODEL, Upstream, steady
from madlen.store import upkeep

LOCK_SECONDS = 8.0
READ_SECONDS = 0.5
WRITERS = 50


def held(lab: Lab) -> Outcome:
    """Locks the database from outside for eight seconds while an answer streams."""
    outcome = Outcome(notes={"recovery": "from the end of the lock until the answer is stored whole"})
    reads: list[float] = []
    refusals: list[float] = []
    with Upstream().running() as upstream:
        server = launched(lab.folder, upstream.base_url, database=lab.url)
        server.wait_until_healthy()
        for run in range(lab.runs):
            outcome.runs += 1
            outcome.acknowledged += 1
            session, other = server.session("during"), server.session("other")
            # Ends before the lock does, or after it.
            upstream.manner = steady(lab.random.choice((100, 400, 1000)), per_second=100)
            viewer = Viewer(server, session, f"during {run}")
            call = upstream.call(f"during {run}")
            time.sleep(lab.random.uniform(0.1, 0.5))
            with _stranger(lab.url) as stranger:
                let_go = time.monotonic() + LOCK_SECONDS
                refused = Viewer(server, other, f"refused {run}")
                while time.monotonic() < let_go:
                    start = time.monotonic()
                    server.messages(session)
                    reads.append(time.monotonic() - start)
                    time.sleep(0.2)
                stranger.execute("ROLLBACK")
            refusals.append(refused.wait().seconds)
            outcome.expect(
                refused.status == 503 and "in use by another program" in refused.problem["detail"],
                f"a question to a locked database got {refused.status} {refused.problem}",
            )
            viewer.wait()
            outcome.expect(viewer.text == call.text, "the viewer did not get the whole answer")
            until = time.monotonic() + 15
            while server.messages(session)[-1]["content"] != call.text and time.monotonic() < until:
                time.sleep(0.05)
            outcome.recoveries.append(max(0.0, time.monotonic() - let_go))
            reply = server.messages(session)[-1]
            outcome.lost += reply["content"] != call.text
            outcome.torn += status(reply) != "complete"
            upstream.manner = steady(5, per_second=1000)
            again = Viewer(server, other, f"again {run}").wait()
            outcome.expect(again.status == 200, f"the lock is gone, and a question got {again.problem}")
        outcome.found(upkeep.check(lab.url))
        outcome.expect(server.end() == 0, "the server did not end with exit code 0")
    reading = share(reads, 0.95)
    outcome.expect(reading is not None and reading <= READ_SECONDS, f"reading took {reading} s")
    outcome.notes |= {"read_seconds_p95": reading, "refusal_seconds_p50": share(refusals, 0.5)}
    return outcome


@contextmanager
def _stranger(url: str) -> Iterator[Any]:
    """A connection of another program that holds what one needs to write; others may read."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            yield connection
    else:
        with psycopg.connect(url, autocommit=True) as stranger:
            stranger.execute("BEGIN")
            stranger.execute("LOCK TABLE messages, chat_sessions IN EXCLUSIVE MODE")
            yield stranger


def shared(lab: Lab) -> Outcome:
    """Two Madlens on one database, each with many who ask at once; ``runs`` answers for each of them."""
    outcome = Outcome(runs=1, notes={"recovery": "none: the seconds of an answer"})
    writers = WRITERS if lab.runs > 2 else 5
    with Upstream(steady(20, per_second=40)).running() as upstream:
        servers = [
            launched(lab.folder, upstream.base_url, database=lab.url, name=name)
            for name in ("first", "second")
        ]
        for server in servers:
            server.wait_until_healthy()

        def ask(server: Server, writer: int) -> None:
            for number in range(lab.runs):
                made = server.api("POST", "/sessions/", json={"model_id": MODEL})
                outcome.expect(made.status_code == 201, f"a chat was refused: {made.text}")
                if made.status_code != 201:
                    continue
                session = made.json()["id"]
                viewer = Viewer(server, session, f"{server.url} {writer} {number}").wait()
                outcome.acknowledged += viewer.status == 200
                outcome.expect(viewer.status == 200 and not viewer.problem, f"it said {viewer.problem}")
                outcome.recoveries.append(viewer.seconds)
                if viewer.status == 200:
                    asked.append((session, viewer))

        asked: list[tuple[str, Viewer]] = []
        threads = [
            Thread(target=ask, args=(server, writer)) for server in servers for writer in range(writers)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for session, viewer in asked:
            # Each is read through the other one.
            other = servers[viewer.server is servers[0]]
            kept = other.messages(session)
            outcome.lost += len(kept) != 2 or kept[0]["content"] != viewer.prompt
            if len(kept) == 2:
                outcome.torn += kept[1]["content"].count(" ") != 20 or status(kept[1]) != "complete"
        outcome.found(upkeep.check(lab.url))
        for server in servers:
            outcome.expect(server.end() == 0, "a server did not end with exit code 0")
    outcome.notes |= {"writers": 2 * writers, "answers": len(asked)}
    return outcome
