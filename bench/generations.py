"""A thousand answers at once that nobody watches: what each takes of the server that makes them.

``madlen`` asks the scripted upstream through all of Madlen, with a row in SQLite for each answer;
``naive`` is the way of the tutorial's page, a thread for each answer that reads it with the OpenAI
client. Each in a new process. Run it from the checkout with ``python -m bench.generations``.
"""

from __future__ import annotations

import gc
import multiprocessing
import tempfile
import threading
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from pathlib import Path

import anyio
from openai import OpenAI
from openai.types.chat import ChatCompletionUserMessageParam

from bench import upstream
from bench.figures import Report, Row, arguments
from madlen.errors import MadlenError
from madlen.generation import Generation
from madlen.services.wiring import Services
from madlen.settings import Settings
from madlen.types import Event, Lane, Request, Started, Status, Text
from tests.parrot import DONE, POLLY, Parrot

ANSWERS = 1000
WARMING = 50
TOKENS, EVERY_MS = 20, 3000.0
"""So long that all are in flight at once where a thousand take most of a minute to begin, and so slow that
the naive way's thousand threads come to their end."""
LOOK_SECONDS = 1.0
REPETITIONS = 3


class Steady(Parrot):
    """A provider without a network: as many words as the prompt says, one in ``EVERY_MS``."""

    async def stream(self, request: Request) -> AsyncGenerator[Event]:
        yield Started(request.model_id)
        tokens, *_ = upstream.asked(request.messages[-1].text)
        for _ in range(tokens):
            await anyio.sleep(EVERY_MS / 1000)
            yield Text("word ")
        yield DONE


@dataclass(frozen=True)
class Going:
    """Answers that were set going."""

    in_flight: Callable[[], int]
    wait: Callable[[], int]
    """Returns when the last has ended, with the number of all whole ones of this process."""


def scripted(number: int, tokens: int, _base_url: str) -> dict[str, float]:
    """Madlen with the scripted provider: what a generation takes without its connection."""

    def start(settings: Settings) -> Services:
        return Services(settings, make_providers=lambda *_: [Steady()])

    return _madlen(number, tokens, start, POLLY.id)


def madlen(number: int, tokens: int, base_url: str) -> dict[str, float]:
    """Madlen with OpenRouter at the upstream's address."""
    variables = {"openrouter_api_key": "sk-or-v1-bench", "openrouter_base_url": base_url}
    return _madlen(number, tokens, Services, "openrouter/free", **variables)


def naive(number: int, tokens: int, base_url: str) -> dict[str, float]:
    """A thread for each answer; the client is shared, which is kinder than the tutorial."""
    client = OpenAI(api_key="bench", base_url=base_url, max_retries=0)
    whole = []

    def read(position: int, tokens: int) -> None:
        said = ChatCompletionUserMessageParam(role="user", content=_prompt(position, tokens))
        chunks = client.chat.completions.create(model="bench/naive", messages=[said], stream=True)
        parts = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
        whole.append("".join(parts))

    def make(count: int, tokens: int) -> Going:
        threads = [threading.Thread(target=read, args=(position, tokens)) for position in range(count)]
        for thread in threads:
            thread.start()

        def wait() -> int:
            for thread in threads:
                thread.join()
            return len(whole)

        return Going(lambda: sum(thread.is_alive() for thread in threads), wait)

    return _measured(number, tokens, make)


def _madlen(
    number: int, tokens: int, start: Callable[[Settings], Services], model_id: str, **variables: str
) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        services = start(Settings(_env_file=None, database_url=f"sqlite:///{folder}/chat.db", **variables))  # type: ignore[arg-type]
        whole = 0

        def make(count: int, tokens: int) -> Going:
            generations: list[Generation] = []
            sentences = set()
            for each in range(count):
                try:
                    generations += services.chat.ask(_prompt(each, tokens), [Lane(model_id)]).generations
                except MadlenError as error:
                    sentences.add(str(error))

            def in_flight() -> int:
                return sum(services.hub.find(generation.id) is not None for generation in generations)

            def wait() -> int:
                nonlocal whole
                while in_flight():
                    time.sleep(0.1)
                stored = [services.store.reply(generation.id) for generation in generations]
                whole += sum(reply.status is Status.COMPLETE for reply in stored)
                sentences.update(reply.failure.sentence for reply in stored if reply.failure)
                for sentence in sentences:
                    print(sentence)
                return whole

            return Going(in_flight, wait)

        try:
            return _measured(number, tokens, make)
        finally:
            services.close()


def _measured(number: int, tokens: int, make: Callable[[int, int], Going]) -> dict[str, float]:
    """``make`` sets so many answers of so many tokens going."""
    warmed = make(min(number, WARMING), 1).wait()
    gc.collect()
    threads, memory, used, began = (
        threading.active_count(),
        _memory_kb(),
        time.process_time(),
        time.monotonic(),
    )
    going = make(number, tokens)
    started = time.monotonic() - began
    time.sleep(LOOK_SECONDS)
    in_flight = going.in_flight()
    most_threads, most_memory = threading.active_count(), _memory_kb()
    whole = going.wait() - warmed
    return {
        "in_flight": in_flight,
        "threads_more": most_threads - threads,
        "memory_kb_each": (most_memory - memory) / number,
        "memory_kb_each_at_the_end": (_memory_kb() - memory) / number,
        "started_per_second": number / started,
        "cpu_ms_each": 1000 * (time.process_time() - used) / number,
        "seconds": time.monotonic() - began,
        "not_whole": number - whole,
    }


def _prompt(position: int, tokens: int) -> str:
    return upstream.prompt(tokens=tokens, every=EVERY_MS, run=f"g{position}", style="prose")


def _memory_kb() -> int:
    text = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("VmRSS:"))


def main() -> None:
    given = arguments(str(__doc__)).parse_args()
    number, tokens, repetitions = (20, 2, 1) if given.quick else (ANSWERS, TOKENS, REPETITIONS)
    report = Report("generations", quick=given.quick)
    new_process = multiprocessing.get_context("spawn")
    ways = {"naive": naive, "madlen": madlen, "scripted": scripted}
    rows: dict[str, list[Row]] = {name: [] for name in ways}
    with upstream.running() as answering:
        for _ in range(repetitions):
            for name, way in ways.items():
                with new_process.Pool(1) as pool:
                    rows[name].append(pool.apply(way, (number, tokens, answering.base_url)))
                    print(name, rows[name][-1], flush=True)
    report.add(f"{number} answers at once", rows, tokens=tokens, every_ms=EVERY_MS)
    report.write(given.to)


if __name__ == "__main__":
    main()
