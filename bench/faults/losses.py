"""PostgreSQL that goes away in mid-answer: the answers go on, and are stored when it is back."""

from __future__ import annotations

import time
from collections.abc import Callable

from bench.faults.outcome import Elsewhere, Lab, Outcome
from bench.faults.servers import Server, Viewer, launched, status
from bench.faults.upstream import Call, Upstream, steady
from madlen.store import upkeep

STREAMS = 4
AWAY_SECONDS = (0.5, 6.0)
STORED_SECONDS = 20.0
"""How long after its return everything may take to be stored."""


def killed(lab: Lab) -> Outcome:
    """Ends PostgreSQL at once, as a crash does, for seconds; some answers end meanwhile, some later."""
    return _lost(lab, _away)


def cut(lab: Lab) -> Outcome:
    """Cuts every connection of Madlen's, those that listen included, up to three times in an answer."""
    return _lost(lab, _cut)


def _lost(lab: Lab, strike: Callable[[Lab, Outcome, Elsewhere, Server], None]) -> Outcome:
    assert lab.elsewhere is not None
    outcome = Outcome(notes={"recovery": "from the database's return until every answer is stored whole"})
    with Upstream().running() as upstream:
        server = launched(lab.folder, upstream.base_url, database=lab.url)
        server.wait_until_healthy()
        for run in range(lab.runs):
            asked: list[tuple[str, Viewer, Call]] = []
            for number in range(STREAMS):
                # 1.5 to 9 seconds long.
                upstream.manner = steady(lab.random.choice((75, 150, 300, 450)), per_second=50)
                session, prompt = server.session(), f"lost {run} {number}"
                viewer = Viewer(server, session, prompt)
                asked.append((session, viewer, upstream.call(prompt)))
            time.sleep(lab.random.uniform(0.0, 1.0))
            strike(lab, outcome, lab.elsewhere, server)
            back = time.monotonic()
            for session, viewer, call in asked:
                _account(outcome, server, (session, viewer, call))
            outcome.recoveries.append(time.monotonic() - max(back, *(call.moments[-1] for *_, call in asked)))
            upstream.manner = steady(5, per_second=1000)
            again = Viewer(server, server.session(), f"again {run}").wait()
            outcome.expect(again.status == 200, f"the database is back, and a question got {again.problem}")
            outcome.runs += 1
        outcome.found(upkeep.check(lab.url))
        outcome.expect(server.end() == 0, "the server did not end with exit code 0")
    return outcome


def _away(lab: Lab, outcome: Outcome, elsewhere: Elsewhere, server: Server) -> None:
    refused_session = server.session("refused")
    elsewhere.server.stop(crash=True)
    refused = Viewer(server, refused_session, "refused")
    away = lab.random.uniform(*AWAY_SECONDS)
    health = server.api("GET", "/health")
    outcome.expect(health.status_code == 503, "a database that is away was called healthy")
    refused.wait()
    outcome.expect(
        refused.status == 503 and "cannot be reached" in refused.problem.get("detail", ""),
        f"a question without a database was answered with {refused.status} {refused.problem}",
    )
    time.sleep(away)
    elsewhere.server.start()


def _cut(lab: Lab, _outcome: Outcome, elsewhere: Elsewhere, _server: Server) -> None:
    for _ in range(lab.random.randrange(1, 4)):
        elsewhere.server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'madlen'"
        )
        time.sleep(lab.random.uniform(0.0, 0.5))


def _account(outcome: Outcome, server: Server, asked: tuple[str, Viewer, Call]) -> None:
    session, viewer, call = asked
    viewer.wait()
    outcome.acknowledged += 1
    outcome.expect(viewer.text == call.text, "a viewer did not get the whole answer")
    until = time.monotonic() + STORED_SECONDS
    while True:
        messages = server.messages(session)
        if status(messages[-1]) == "complete" or time.monotonic() > until:
            break
        time.sleep(0.05)
    outcome.lost += messages[0]["content"] != call.prompt or messages[-1]["content"] != call.text
    outcome.torn += status(messages[-1]) != "complete" or len(messages) != 2
