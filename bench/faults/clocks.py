"""A clock that jumps while an answer streams: hours, years, back to 1970 and across a change to summer time.

The wall clock is that of libfaketime, which reads how far it is off from a file; the monotonic clock stays
true, as on a machine whose clock somebody sets.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.faults.outcome import Lab, Outcome
from bench.faults.servers import Server, Viewer, launched, status
from bench.faults.upstream import Upstream, silent_after, steady, word
from madlen.store import upkeep

WORDS = 75
PER_SECOND, AT_ONCE = 30, 300
"""Words a second: an answer that the clock jumps in, which may be seen a second late, and the next."""
STOP_SECONDS = 1.0
END_SECONDS = 5.0
_HOUR, _YEAR = 3600, 365 * 86400
_LIBRARIES = "*/faketime/libfaketime.so.1"


def library() -> Path:
    """The library that stands between a process and its clock, of Debian's package ``libfaketime``.

    Raises ``FileNotFoundError``.
    """
    for found in sorted(Path("/usr/lib").glob(_LIBRARIES)):
        return found
    raise FileNotFoundError(f"There is no {_LIBRARIES} in /usr/lib: install the package libfaketime.")


def jumps() -> dict[str, int]:
    """By how many seconds the clock is off after each jump."""
    now = datetime.now(UTC)
    # Two seconds before Central Europe's clocks go forward, and go back.
    spring, autumn = (
        datetime(2026, 3, 29, 0, 59, 58, tzinfo=UTC),
        datetime(2026, 10, 25, 0, 59, 58, tzinfo=UTC),
    )
    return {
        "an hour on": _HOUR,
        "an hour back": -_HOUR,
        "a year on": _YEAR,
        "a year back": -_YEAR,
        "to 1970": -int(now.timestamp()) + 10,
        "to summer time": int((spring - now).total_seconds()),
        "to winter time": int((autumn - now).total_seconds()),
    }


def jumped(lab: Lab) -> Outcome:
    """Each jump in mid-answer, in any order; then the chat goes on, and is read after a restart."""
    outcome = Outcome(notes={"recovery": "from the jump to the end of the answer that streamed through it"})
    clock = {
        "LD_PRELOAD": str(library()),
        "FAKETIME_TIMESTAMP_FILE": str(_clock(lab)),
        # Seconds. Without a cache the file is read whenever anything asks for the time, some thousand times
        # a second.
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "TZ": "Europe/Berlin",
    }
    for _ in range(lab.runs):
        _clock(lab).write_text("+0")
        chats: dict[str, list[str]] = {}
        with Upstream().running() as upstream:
            server = launched(lab.folder, upstream.base_url, database=lab.url, **clock)
            server.wait_until_healthy()
            order = list(jumps().items())
            lab.random.shuffle(order)
            for name, seconds in order:
                session, prompts = _through(lab, outcome, server, upstream, (name, seconds))
                chats[session] = prompts
            start = time.monotonic()
            outcome.expect(server.end() == 0, "the server did not end with exit code 0")
            outcome.expect(time.monotonic() - start <= END_SECONDS, "the end took longer than 5 s")
            outcome.found(upkeep.check(lab.url))
            again = launched(lab.folder, upstream.base_url, database=lab.url)
            again.wait_until_healthy()
            for session, prompts in chats.items():
                _look(outcome, again.messages(session), prompts, "after a restart at the true time")
            again.end()
    return outcome


def _clock(lab: Lab) -> Path:
    """The file that says by how many seconds the server's clock is off."""
    return lab.folder / "clock"


def _through(
    lab: Lab, outcome: Outcome, server: Server, upstream: Upstream, jump: tuple[str, int]
) -> tuple[str, list[str]]:
    """One jump in the middle of an answer, another answer after it, and one that is stopped in silence."""
    name, seconds = jump
    session, prompts = server.session(name), [f"{name} {number}" for number in range(3)]
    for number, prompt in enumerate(prompts[:2]):
        upstream.manner = steady(WORDS, per_second=AT_ONCE if number else PER_SECOND)
        viewer = Viewer(server, session, prompt)
        upstream.call(prompt)
        if number == 0:
            time.sleep(lab.random.uniform(0.1, 0.9))
            _clock(lab).write_text(f"{seconds:+d}")
            at = time.monotonic()
        viewer.wait()
        if number == 0:
            outcome.recoveries.append(time.monotonic() - at)
        outcome.expect(viewer.status == 200, f"{name}: answered with {viewer.status}")
    upstream.manner = silent_after(1)
    viewer = Viewer(server, session, prompts[2])
    call = upstream.call(prompts[2])
    reply_id, asked_at = server.messages(session)[-1]["id"], time.monotonic()
    server.api("POST", f"/messages/{reply_id}/stop")
    outcome.expect(call.hung_up.wait(5), f"{name}: a stop did not reach the provider")
    took = (call.hung_up_at or time.monotonic()) - asked_at
    outcome.expect(took <= STOP_SECONDS, f"{name}: a stop took {took:.2f} s")
    viewer.wait()
    outcome.runs += 1
    messages = server.messages(session)
    off = datetime.fromisoformat(messages[-2]["timestamp"]) - datetime.now(UTC)
    outcome.expect(abs(off.total_seconds() - seconds) < 60, f"{name}: the clock is off by {off}")
    _look(outcome, messages, prompts, name)
    return session, prompts


def _look(outcome: Outcome, messages: list[dict[str, Any]], prompts: list[str], when: str) -> None:
    """All are there, in their order, and nothing took less than no time."""
    whole = "".join(word(number) for number in range(WORDS))
    said = [whole, whole, word(0)]
    wanted = [text for pair in zip(prompts, said, strict=True) for text in pair]
    found = [message["content"] for message in messages]
    outcome.acknowledged += len(wanted)
    outcome.lost += len({*wanted} - {*found})
    outcome.expect(found == wanted, f"{when}: the messages are not in their order")
    ends = [status(message) for message in messages[1::2]]
    outcome.torn += ends != ["complete", "complete", "stopped"]
    for message in messages[1::2]:
        seconds = message["extra_metadata"]["timing"]["duration"]
        outcome.expect(0 <= seconds < 60, f"{when}: an answer took {seconds} s")
