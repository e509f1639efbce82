"""SIGKILL at any moment: of the whole server in mid-answer, and of a process in mid-commit."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from bench.faults.outcome import Lab, Outcome, share
from bench.faults.servers import Viewer, launched, status
from bench.faults.upstream import MODEL, Call, Upstream, steady
from madlen.errors import NotFound
from madlen.store import Store, open_store, upkeep
from madlen.types import Reply, Session, Status, Turn

MANY = 20
STREAMS = 4
"""Answers in flight at each kill of the server."""
MOST_BEHIND, USUALLY_BEHIND = 15, 12
"""How many tokens of those seen may be missing at 50 a second, ever and in 95 of 100: 250 ms and a commit."""
LATE_SECONDS = 1.0
"""What was sent so long before the kill must be there, however busy the machine is."""
_NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
_CHECK_EVERY = 25


def server(lab: Lab) -> Outcome:
    """Kills Madlen with four answers in flight and starts it again. A run is an answer."""
    outcome = Outcome()
    behind: list[int] = []
    starts: list[float] = []
    with Upstream(steady(600, per_second=50)).running() as upstream:
        killed = launched(lab.folder, upstream.base_url, database=lab.url)
        killed.wait_until_healthy()
        for kill in range(max(1, lab.runs // STREAMS)):
            sessions = [killed.session(f"kill {kill}") for _ in range(STREAMS)]
            prompts = [f"kill {kill} stream {number}" for number in range(STREAMS)]
            viewers = [
                Viewer(killed, session, prompt) for session, prompt in zip(sessions, prompts, strict=True)
            ]
            calls = [upstream.call(prompt) for prompt in prompts]
            time.sleep(lab.random.uniform(0.0, 4.0))
            killed.kill()
            killed_at = time.monotonic()
            seen = [viewer.wait().text.count(" ") for viewer in viewers]
            killed = launched(lab.folder, upstream.base_url, database=lab.url)
            starts.append(killed.wait_until_healthy())
            for session, call, words in zip(sessions, calls, seen, strict=True):
                killed.reply(session)
                kept = _account(outcome, killed.messages(session), call, killed_at)
                behind += [] if kept is None else [max(0, words - kept)]
            outcome.recoveries.append(time.monotonic() - killed.begun_at)
            outcome.found(upkeep.check(lab.url))
        outcome.expect(killed.end() == 0, "the server did not end with exit code 0")
    usual, most = share(behind, 0.95) or 0, max(behind, default=0)
    if lab.runs >= MANY:
        outcome.expect(usual <= USUALLY_BEHIND, f"{usual} tokens are missing in 1 of 20")
        outcome.expect(most <= MOST_BEHIND, f"{most} tokens are missing once")
    outcome.notes = {
        "kills": len(starts),
        "tokens_behind": {"p50": share(behind, 0.5), "p95": share(behind, 0.95), "most": most},
        "start_seconds_p50": share(starts, 0.5),
        "recovery": "from the launch until the last row of the dead process says that it was interrupted",
    }
    return outcome


def _account(outcome: Outcome, messages: list[dict[str, Any]], call: Call, killed_at: float) -> int | None:
    """Counts one answer in; how many of its words were kept, if it is there at all."""
    outcome.runs += 1
    outcome.acknowledged += 1
    if [message["content"] for message in messages[:1]] != [call.prompt] or len(messages) != 2:
        outcome.lost += 1
        return None
    reply = messages[1]
    kept: str = reply["content"]
    outcome.torn += not call.text.startswith(kept) or status(reply) != "interrupted"
    due = sum(moment < killed_at - LATE_SECONDS for moment in call.moments)
    outcome.lost += kept.count(" ") < due
    return kept.count(" ")


@dataclass
class _Known:
    """What a process has said about one session before it was killed, and what it had begun to do."""

    turns: dict[str, int] = field(default_factory=dict)
    """How many words of the reply to each turn."""
    gone: bool = False


def commits(lab: Lab) -> Outcome:
    """Kills a process that says after each call of the store that it has returned."""
    outcome = Outcome()
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["bench.faults.kills"])
    for run in range(lab.runs):
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=work, args=(lab.url, run, theirs))
        process.start()
        theirs.close()
        said = [ours.recv_bytes().decode()]
        time.sleep(lab.random.uniform(0.0, 0.12))
        process.kill()
        process.join()
        _listen(ours, said)
        start = time.monotonic()
        store = open_store(lab.url)
        store.check()
        outcome.recoveries.append(time.monotonic() - start)
        outcome.runs += 1
        compare(outcome, store, said)
        store.close()
        if run % _CHECK_EVERY == 0 or run == lab.runs - 1:
            outcome.found(upkeep.check(lab.url))
    outcome.notes = {"recovery": "opening the database again and a first write"}
    return outcome


def compare(outcome: Outcome, store: Store, said: list[str], *, later: Sequence[str] = ()) -> None:
    """Counts in what is missing of what a process said that it had done; ``later`` may be there or not."""
    known: dict[str, _Known] = {}
    for line in said:
        verb, session_id, turn_id, count = line.split()
        about = known.setdefault(session_id, _Known())
        outcome.acknowledged += 1
        match verb:
            case "begin" | "save":
                about.turns[turn_id] = int(count)
            case "delete":
                about.gone = True
    # What it was at may have come further without a chance to say so.
    open_ended = {line.split()[1] for line in (said[-1], *later)}
    for session_id, about in known.items():
        try:
            store.session(session_id)
        except NotFound:
            outcome.lost += not about.gone and session_id not in open_ended
            continue
        outcome.lost += about.gone
        turns = {turn.id: turn for turn in store.turns(session_id)}
        for turn_id, words in about.turns.items():
            if turn_id not in turns or not turns[turn_id].replies:
                outcome.lost += turn_id not in turns
                outcome.torn += turn_id in turns
                continue
            text = turns[turn_id].replies[0].text
            outcome.lost += text.count(" ") < words
            outcome.torn += text != _text(text.count(" "))
        outcome.torn += any(len(turn.replies) != 1 for turn in turns.values())


def _text(words: int) -> str:
    return "".join(f"w{number} " for number in range(words))


@contextmanager
def writing(database: Path) -> Iterator[list[str]]:
    """A process that writes as fast as it can, and what it has said so far; it is killed in the end."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["bench.faults.kills"])
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=work, args=(f"sqlite:///{database}", 0, theirs))
    process.start()
    theirs.close()
    said = [ours.recv_bytes().decode()]
    listening = threading.Thread(target=_listen, args=(ours, said))
    listening.start()
    try:
        yield said
    finally:
        process.kill()
        process.join()
        listening.join()


def _listen(said: Connection, lines: list[str]) -> None:
    with suppress(EOFError, ConnectionError):
        while True:
            lines.append(said.recv_bytes().decode())
    said.close()


def work(url: str, run: int, said: Connection) -> None:
    """Asks, answers and deletes for ever; in a process of its own."""
    store = open_store(url)
    for number in range(1_000_000):
        session_id = f"s{run}-{number}"
        session = Session(session_id, "Kill", MODEL, _NOW, _NOW)
        for turn_number in range(3):
            turn = Turn(f"{session_id}-{turn_number}", session_id, "How many colours?", _NOW)
            reply = Reply(f"r-{turn.id}", session_id, turn.id, MODEL, "chat", Status.STREAMING, _NOW)
            store.begin(turn, [reply], model_id=MODEL, session=None if turn_number else session)
            said.send_bytes(f"begin {session_id} {turn.id} 0".encode())
            for words in (5, 200, 400):
                ended = Status.COMPLETE if words == 400 else Status.STREAMING
                store.save(
                    Reply(reply.id, session_id, turn.id, MODEL, "chat", ended, _NOW, text=_text(words))
                )
                said.send_bytes(f"save {session_id} {turn.id} {words}".encode())
        if number % 3 == 0:
            store.delete_session(session_id)
            said.send_bytes(f"delete {session_id} - 0".encode())
