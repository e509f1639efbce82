"""The ends that somebody asks for: Stop while the model is silent, SIGTERM with many answers in flight."""

from __future__ import annotations

import signal
import time

from bench.faults.outcome import Lab, Outcome, share
from bench.faults.servers import Server, Viewer, launched, sentence, status
from bench.faults.upstream import Call, Manner, Upstream, silent_after, steady
from madlen.store import upkeep

STOP_SECONDS = 0.3
SLOWEST_STOP_SECONDS = 1.0
END_SECONDS = 5.0
STREAMS = 40


def stopped(lab: Lab) -> Outcome:
    """Stops answers before the first word, in mid-text and while the model is silent."""
    outcome = Outcome(notes={"recovery": "from the request to stop until the provider sees the close"})
    manners: dict[str, Manner] = {
        "silent from the start": silent_after(0),
        "silent after a word": silent_after(1),
        "in mid-text": steady(2000, per_second=100),
    }
    with Upstream().running() as upstream:
        server = launched(lab.folder, upstream.base_url, database=lab.url)
        server.wait_until_healthy()
        for run in range(lab.runs):
            for name, manner in manners.items():
                upstream.manner = manner
                session = server.session(name)
                viewer = Viewer(server, session, f"{name} {run}")
                call = upstream.call(f"{name} {run}")
                time.sleep(lab.random.choice((0.1, 0.3, 1.0)))
                _stop(outcome, server, session, call)
                viewer.wait()
        outcome.expect(server.end() == 0, "the server did not end with exit code 0")
    slowest = max(outcome.recoveries)
    usual = share(outcome.recoveries, 0.95) or 0.0
    outcome.expect(usual <= STOP_SECONDS, f"1 stop in 20 took {usual:.3f} s")
    outcome.expect(slowest <= SLOWEST_STOP_SECONDS, f"the slowest stop took {slowest:.3f} s")
    outcome.notes["slowest_seconds"] = round(slowest, 4)
    return outcome


def _stop(outcome: Outcome, server: Server, session: str, call: Call) -> None:
    outcome.runs += 1
    outcome.acknowledged += 1
    reply = server.messages(session)[1]
    asked_at = time.monotonic()
    stopped = server.api("POST", f"/messages/{reply['id']}/stop").json()
    closed = call.hung_up.wait(5)
    outcome.expect(closed, "the connection to the provider was not closed")
    outcome.recoveries.append((call.hung_up_at or time.monotonic()) - asked_at)
    kept = server.messages(session)[1]
    outcome.lost += not kept["content"].startswith(stopped["content"])
    outcome.torn += not call.text.startswith(kept["content"]) or status(kept) != "stopped"


def terminated(lab: Lab) -> Outcome:
    """SIGTERM with forty answers in flight, half of them silent; all that was seen is stored."""
    outcome = Outcome(notes={"recovery": "from SIGTERM to the end of the process", "streams": STREAMS})
    for run in range(lab.runs):
        with Upstream().running() as upstream:
            server = launched(lab.folder, upstream.base_url, database=lab.url)
            server.wait_until_healthy()
            asked: list[tuple[str, Viewer, Call]] = []
            for number in range(STREAMS):
                upstream.manner = steady(2000, per_second=20) if number % 2 else silent_after(3)
                session, prompt = server.session(), f"term {run} {number}"
                viewer = Viewer(server, session, prompt)
                asked.append((session, viewer, upstream.call(prompt)))
            time.sleep(lab.random.uniform(0.2, 2.0))
            server.process.send_signal(signal.SIGINT if run % 2 else signal.SIGTERM)
            start = time.monotonic()
            code = server.end()
            outcome.recoveries.append(time.monotonic() - start)
            outcome.runs += 1
            outcome.expect(code == 0, f"the exit code is {code}")
            for _, viewer, _ in asked:
                viewer.wait()
            outcome.found(upkeep.check(lab.url))
            again = launched(lab.folder, upstream.base_url, database=lab.url)
            again.wait_until_healthy()
            for session, viewer, call in asked:
                reply = again.messages(session)[-1]
                outcome.acknowledged += 1
                # Whatever anybody saw: after an orderly end not even a quarter of a second may be missing.
                outcome.lost += not reply["content"].startswith(viewer.text)
                outcome.torn += not call.text.startswith(reply["content"]) or status(reply) != "interrupted"
                outcome.expect("shut down" in sentence(reply), f"its end says {sentence(reply)!r}")
            again.end()
    slowest = max(outcome.recoveries)
    outcome.expect(slowest <= END_SECONDS, f"the slowest end took {slowest:.1f} s")
    return outcome
