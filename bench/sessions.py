"""A hundred people at once: how they get their page, how evenly their answers come, what they weigh.

The visitors are ``bench.wire``'s, without a browser. Run it from the checkout with
``python -m bench.sessions``.
"""

from __future__ import annotations

import asyncio
import secrets
import tempfile
from collections.abc import Coroutine, Sequence
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

from bench import answers, servers, upstream
from bench.figures import Report, Row, arguments, percentile
from bench.wire import PATIENCE, Stream, Visit

VISITORS = 100
TOKENS = 100
EVERY_MS = 100.0
REPETITIONS = 3
_REST_SECONDS = 3
_WARMING_TOKENS = 20

T = TypeVar("T")


async def repetition(
    server: servers.Server, answering: upstream.Upstream, *, visitors: int, tokens: int, rest: float
) -> Row:
    """All come at once, rest, ask at once for so many tokens, if any, and leave."""
    visits = [Visit(server.url) for _ in range(visitors)]
    found = await _loaded(server, visits, rest)
    if tokens:
        answered = await _answered(server, answering, visits, tokens)
        found = {**found, **answered, "errors": found["errors"] + answered["errors"]}
    for visit in visits:
        await visit.close()
    return found


async def _loaded(server: servers.Server, visits: Sequence[Visit], rest: float) -> Row:
    idle = server.memory_kb()
    loads, unopened = _parted(await _together([visit.open() for visit in visits]), float)
    await asyncio.to_thread(server.wait_until_quiet, PATIENCE)
    await asyncio.sleep(rest)
    _tell(server, unopened)
    return {
        "cold_load_median_ms": 1000 * median(loads),
        "cold_load_p95_ms": 1000 * percentile(loads, 95),
        "memory_kb_per_idle_session": (server.memory_kb() - idle) / len(visits),
        "errors": len(unopened),
    }


async def _answered(
    server: servers.Server, answering: upstream.Upstream, visits: Sequence[Visit], tokens: int
) -> Row:
    runs = [secrets.token_hex(4) for _ in visits]
    prompts = [upstream.prompt(tokens=tokens, every=EVERY_MS, run=run, style="prose") for run in runs]
    before = server.cpu_seconds()
    asking = [visit.ask(prompt, run) for visit, prompt, run in zip(visits, prompts, runs, strict=True)]
    came, broken = _parted(await _together(asking), Stream)
    used = server.cpu_seconds() - before
    threads = server.threads()
    records = {stream.run: answering.record(stream.run) for stream in came}
    torn = [s for s in came if answers.letters(records[s.run].text) not in answers.letters(s.text)]
    _tell(server, broken)
    lags = [stream.moments[-1] - records[stream.run].last_at for stream in came]
    stretches = [stream.seconds / ((tokens - 1) * EVERY_MS / 1000) for stream in came]
    return {
        "stretch_median": median(stretches),
        "stretch_worst": max(stretches),
        # A server that is late with everything may bring each text in one message.
        "gap_p99_ms": 1000 * percentile([gap for stream in came for gap in stream.gaps] or [0.0], 99),
        "completion_lag_p95_ms": 1000 * percentile(lags, 95),
        "cpu_seconds_per_1000_tokens": 1000 * used / (tokens * len(visits)),
        "threads": threads,
        "errors": len(broken) + len(torn),
    }


def _tell(server: servers.Server, errors: Sequence[BaseException]) -> None:
    for error in {repr(error) for error in errors}:
        print(f"{server.name}: {error}")


async def _together(work: Sequence[Coroutine[Any, Any, T]]) -> list[T | BaseException]:
    return await asyncio.gather(*work, return_exceptions=True)


def _parted(ended: Sequence[T | BaseException], kind: type[T]) -> tuple[list[T], list[BaseException]]:
    """What came about, and what went wrong."""
    good = [one for one in ended if isinstance(one, kind)]
    return good, [one for one in ended if isinstance(one, BaseException)]


async def measure(report: Report, *, visitors: int, tokens: int, repetitions: int, quick: bool) -> None:
    """Each server alone and new, so that what the other one does or did is in no figure."""
    rest = 0 if quick else _REST_SECONDS
    starts: dict[str, servers.Start] = {
        "naive": servers.naive,
        "word": servers.word,
        "madlen": servers.madlen,
    }
    rows: dict[str, list[Row]] = {name: [] for name in starts}
    with upstream.running() as answering, tempfile.TemporaryDirectory() as folder:
        for number in range(repetitions):
            for name, start in starts.items():
                own = Path(folder) / f"{number}-{name}"
                own.mkdir()
                # The page with one word is sent no text that could be looked at.
                long, short = (0, 0) if name == "word" else (tokens, _WARMING_TOKENS)
                with servers.running(own, answering, [start]) as [server]:
                    if not quick:
                        # What the first visitors bring into memory stays for all.
                        few = max(2, visitors // 10)
                        await repetition(server, answering, visitors=few, tokens=short, rest=rest)
                    found = await repetition(server, answering, visitors=visitors, tokens=long, rest=rest)
                    rows[name].append(found)
                    print(name, rows[name][-1], flush=True)
    report.add(f"{visitors} visitors", rows, tokens=tokens, every_ms=EVERY_MS)


def main() -> None:
    given = arguments(str(__doc__)).parse_args()
    visitors, tokens, repetitions = (5, 20, 1) if given.quick else (VISITORS, TOKENS, REPETITIONS)
    report = Report("sessions", quick=given.quick)
    asyncio.run(measure(report, visitors=visitors, tokens=tokens, repetitions=repetitions, quick=given.quick))
    report.write(given.to)


if __name__ == "__main__":
    main()
