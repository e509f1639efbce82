"""Providers that fall silent, drip, break off or send what is no answer."""

from __future__ import annotations

import asyncio
import gzip
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bench.faults.outcome import Lab, Outcome
from bench.faults.servers import Server, Viewer, launched, sentence, status
from bench.faults.upstream import Manner, Upstream, Wire, chunk, steady, word

SILENCE_SECONDS = 1.5
ANSWER_SECONDS = 4.0
GRACE_SECONDS = 1.0
MEGABYTES = 50
_WORDS = 20


async def _some(wire: Wire) -> None:
    await wire.begin()
    for number in range(_WORDS):
        await wire.word(word(number))


async def _never_answers(_wire: Wire) -> None:
    await asyncio.Event().wait()


async def _stalls(wire: Wire) -> None:
    await _some(wire)
    await asyncio.Event().wait()


async def _keeps_alive(wire: Wire) -> None:
    await _some(wire)
    while True:
        await wire.part(b": OPENROUTER PROCESSING\n\n")
        await asyncio.sleep(0.2)


async def _keeps_alive_from_the_start(wire: Wire) -> None:
    await wire.begin()
    while True:
        await wire.part(b": OPENROUTER PROCESSING\n\n")
        await asyncio.sleep(0.2)


async def _drips(wire: Wire) -> None:
    await _some(wire)
    while True:
        await wire.part(b"d")
        await asyncio.sleep(0.2)


async def _never_ends(wire: Wire) -> None:
    await wire.begin()
    number = 0
    while True:
        await wire.word(word(number))
        await asyncio.sleep(0.1)
        number += 1


async def _resets(wire: Wire) -> None:
    await _some(wire)
    await asyncio.sleep(0.1)
    wire.reset()


async def _breaks_off(wire: Wire) -> None:
    await _some(wire)


async def _ends_early(wire: Wire) -> None:
    await _some(wire)
    await wire.close()


async def _error_in_stream(wire: Wire) -> None:
    await _some(wire)
    await wire.event({"error": {"code": 502, "message": "Provider disconnected"}, **chunk({}, "error")})
    await wire.close()


async def _bad_json(wire: Wire) -> None:
    await _some(wire)
    await wire.part(b'data: {"choices": [{"delta": {"content": \n\n')
    await wire.close()


async def _bad_letters(wire: Wire) -> None:
    await _some(wire)
    await wire.part(b"data: \xff\xfe\xc3\x28\n\n")
    await wire.close()


async def _page(wire: Wire) -> None:
    page = b"<!DOCTYPE html><title>Log in to the network</title>"
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n"
    await wire.raw(head + b"Content-Length: %d\r\n\r\n" % len(page) + page)


async def _huge_header(wire: Wire) -> None:
    await wire.raw(b"HTTP/1.1 200 OK\r\nX-Filler: ")
    for _ in range(50):
        await wire.raw(b"x" * 1_000_000)


async def _huge_line(wire: Wire) -> None:
    await _some(wire)
    await wire.part(b"data: ")
    for _ in range(400):
        await wire.part(b"x" * 1_000_000)


@cache
def _bombed() -> bytes:
    """300 MB in a few; to be made beforehand, for while it is, the upstream would be silent."""
    return gzip.compress(bytes(300_000_000), compresslevel=1)


async def _bomb(wire: Wire) -> None:
    body = _bombed()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\n"
    await wire.raw(head + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body))
    await wire.raw(body)


@dataclass(frozen=True)
class Road:
    """How it goes, and how it must end: as what, with how many words kept, after how many seconds at most."""

    manner: Manner
    kinds: str
    words: int = _WORDS
    seconds: float = 0.0


ROADS = {
    "never answers": Road(_never_answers, "upstream-timeout", 0, SILENCE_SECONDS),
    "stalls": Road(_stalls, "upstream-timeout", seconds=SILENCE_SECONDS),
    "keeps alive for ever": Road(_keeps_alive, "upstream-timeout", seconds=SILENCE_SECONDS),
    "only keeps alive": Road(_keeps_alive_from_the_start, "upstream-timeout", 0, SILENCE_SECONDS),
    "drips": Road(_drips, "upstream-timeout", seconds=SILENCE_SECONDS),
    "never ends": Road(_never_ends, "upstream-timeout", -1, ANSWER_SECONDS),
    "resets": Road(_resets, "interrupted"),
    "breaks off": Road(_breaks_off, "interrupted"),
    "ends early": Road(_ends_early, "interrupted"),
    "error in the stream": Road(_error_in_stream, "upstream"),
    "bad JSON": Road(_bad_json, "upstream interrupted"),
    "bad letters": Road(_bad_letters, "upstream interrupted"),
    # No word has come, so it is asked for again, at most twice.
    "a page": Road(_page, "upstream interrupted", 0, ANSWER_SECONDS),
    "a header of 50 MB": Road(_huge_header, "upstream interrupted", 0, 2.0),
    "a line of 400 MB": Road(_huge_line, "upstream interrupted", seconds=4.0),
    "a gzip bomb": Road(_bomb, "upstream interrupted", 0, 4.0),
}


def travelled(lab: Lab) -> Outcome:
    """Every road to a real server: text kept, status told, time and memory bounded, the next answer good."""
    outcome = Outcome(notes={"recovery": "the seconds of a reply beyond the limit that ends it"})
    ends: dict[str, dict[str, float | str]] = {}
    _bombed()
    with Upstream().running() as upstream:
        server = launched(
            lab.folder,
            upstream.base_url,
            NO_TOKEN_SECONDS=str(SILENCE_SECONDS),
            ANSWER_SECONDS=str(ANSWER_SECONDS),
        )
        server.wait_until_healthy()
        upstream.manner = steady(5, per_second=1000)
        for number in range(5):
            Viewer(server, server.session(), f"first {number}").wait()
        for run in range(lab.runs):
            for name, road in ROADS.items():
                ends[name] = _travel(outcome, server, upstream, f"{name} {run}", road)
        upstream.manner = steady(5, per_second=1000)
        last = Viewer(server, server.session(), "last").wait()
        outcome.expect(last.status == 200 and not last.problem, f"the next answer: {last.problem}")
        outcome.expect(server.end() == 0, "the server did not end with exit code 0")
    outcome.notes["roads"] = ends
    return outcome


def _travel(
    outcome: Outcome, server: Server, upstream: Upstream, prompt: str, road: Road
) -> dict[str, float | str]:
    outcome.runs += 1
    outcome.acknowledged += 1
    upstream.manner = road.manner
    before = _peak(server, reset=True)
    session = server.session(prompt)
    viewer = Viewer(server, session, prompt).wait()
    grown = _peak(server) - before
    call = upstream.call(prompt)
    reply = server.reply(session)
    kept = reply["content"]
    kind = reply["extra_metadata"].get("error", {}).get("type", status(reply))
    outcome.expect(kind in road.kinds.split(), f"{prompt}: it ended as {kind}: {sentence(reply)}")
    outcome.lost += kept.count(" ") < (len(call.words) - 1 if road.words < 0 else road.words)
    outcome.torn += not call.text.startswith(kept) or status(reply) in {"streaming", "complete"}
    over = viewer.seconds - road.seconds
    outcome.recoveries.append(max(0.0, over))
    outcome.expect(over <= GRACE_SECONDS, f"{prompt}: it took {viewer.seconds:.1f} s")
    outcome.expect(grown <= MEGABYTES, f"{prompt}: {grown:.0f} MB more")
    return {"ended_as": kind, "seconds": round(viewer.seconds, 2), "megabytes": round(grown, 1)}


def _peak(server: Server, *, reset: bool = False) -> float:
    """Megabytes of memory that the server had at most since the last reset."""
    folder = Path(f"/proc/{server.process.pid}")
    if reset:
        (folder / "clear_refs").write_text("5")
        time.sleep(0.05)
    lines = (folder / "status").read_text().splitlines()
    [peak] = [line for line in lines if line.startswith("VmHWM")]
    return int(peak.split()[1]) / 1024
