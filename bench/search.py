"""How long a search among a million messages takes, beside what finds the same without thought.

``plain`` is a scan with ``LIKE``, ``naive`` the query that one writes first: all that an index of words
finds, joined with its chats, sorted, and cut. Each is given the same words in the same database. Run it
from the checkout with ``python -m bench.search``; ``--url`` takes a PostgreSQL database that is empty.
"""

# ruff: noqa: S311  # the same words in every run

from __future__ import annotations

import json
import os
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from itertools import accumulate
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import psycopg

from bench.figures import RESULTS, arguments, percentile
from madlen.beginnings import fresh_id
from madlen.history import Wanted
from madlen.store import Store, open_store
from madlen.store.library import sqlite3
from madlen.store.sqlite_history import match
from madlen.types import Reply, Status, Turn

MESSAGES, SESSIONS = 1_000_000, 10_000
RUNS, PAGE = 7, 20
EVERY_DAY = 300
_WORDS = 30
_AT = "2026-01-{day:02}T00:{minute:02}:{second:02}.000000+00:00"
_SESSION = "INSERT INTO chat_sessions (id, title, model_id, created_at, updated_at) VALUES (?, ?, ?, ?, ?)"
_MESSAGE = (
    "INSERT INTO messages (id, session_id, role, content, timestamp, turn_id, model_id, status)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_NAIVE = {
    "sqlite": "s.id IN (SELECT m.session_id FROM messages_search f JOIN messages m ON m.seq = f.rowid"
    " WHERE messages_search MATCH ?)",
    "postgres": "s.id IN (SELECT m.session_id FROM messages m WHERE m.status <> 'streaming' AND"
    " search_words(m.content, m.seq) @@ plainto_tsquery('simple', %s))",
}
_PLAIN = {
    "sqlite": "s.id IN (SELECT session_id FROM messages WHERE content LIKE ?)",
    "postgres": "s.id IN (SELECT session_id FROM messages WHERE content ILIKE %s)",
}
_PAGE = "SELECT s.id FROM chat_sessions s WHERE {which} ORDER BY s.updated_at DESC LIMIT {page}"

Row = tuple[Any, ...]
Ask = Callable[[str, str], object]


def vocabulary() -> tuple[list[str], list[float]]:
    """Made words, and how often each is said: the second half as often as the first."""
    dice = random.Random(7)
    words = ["".join(dice.choices("abcdefghijklmnopqrstuvwxyz", k=dice.randint(2, 9))) for _ in range(30_000)]
    for place, word in ((0, "the"), (5, "with"), (40, "water"), (3000, "lighthouse")):
        words[place] = word
    return words, list(accumulate(1 / (rank + 1) for rank in range(len(words))))


def moment(number: int, of: int) -> str:
    second = number * 86_400 // of
    return _AT.format(day=1 + second // 3600, minute=second // 60 % 60, second=second % 60)


def sessions(number: int) -> Iterator[Row]:
    words, weights = vocabulary()
    dice = random.Random(1)
    for one in range(number):
        at = moment(one, number)
        yield f"s{one}", " ".join(dice.choices(words, cum_weights=weights, k=5)), "acme/one", at, at


def messages(number: int, chats: int) -> Iterator[Row]:
    """Prompts and answers in turn; one in a hundred answers failed."""
    words, weights = vocabulary()
    dice = random.Random(2)
    for one in range(number):
        session, asked = f"s{one * chats // number}", one % 2 == 0
        said = " ".join(dice.choices(words, cum_weights=weights, k=_WORDS))
        said += " zebrafish" if one % (number // 10) == 5 else ""
        status = "failed" if one % 200 == 1 else "complete"
        turn, model = (None, None) if asked else (f"m{one - 1}", f"acme/{one // 2 % 7}")
        role = "user" if asked else "assistant"
        yield f"m{one}", session, role, said, moment(one, number), turn, model, status


def fill_sqlite(path: str, number: int, chats: int) -> None:
    """All at once, and into the index at last, so that it takes a minute and not an hour."""
    open_store(f"sqlite:///{path}").close()
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA synchronous = OFF")
        [(trigger,)] = raw.execute("SELECT sql FROM sqlite_master WHERE name = 'messages_search_insert'")
        raw.execute("DROP TRIGGER messages_search_insert")
        raw.executemany(_SESSION, sessions(chats))
        raw.executemany(_MESSAGE, messages(number, chats))
        raw.execute(trigger)
        raw.execute("INSERT INTO messages_search (messages_search) VALUES ('rebuild')")
        raw.commit()


def fill_postgres(url: str, number: int, chats: int) -> None:
    open_store(url).close()
    with psycopg.connect(url) as raw:
        [index] = raw.execute(
            "SELECT indexdef FROM pg_indexes WHERE indexname = 'messages_search'"
        ).fetchone() or [""]
        raw.execute("DROP INDEX messages_search")
        for statement, rows in ((_SESSION, sessions(chats)), (_MESSAGE, messages(number, chats))):
            table = statement.partition(" VALUES")[0].removeprefix("INSERT INTO ")
            with raw.cursor().copy(f"COPY {table} FROM STDIN".encode()) as copy:
                for row in rows:
                    copy.write_row(row)
        raw.execute(index.encode())
    with psycopg.connect(url, autocommit=True) as raw:
        raw.execute("VACUUM ANALYZE")


def timed(asked: Sequence[Callable[[], object]]) -> list[float]:
    """Milliseconds that each takes."""
    times = []
    for one in asked:
        start = perf_counter()
        one()
        times.append((perf_counter() - start) * 1000)
    return times


def milliseconds(asked: Callable[[], object], runs: int) -> float:
    """The median of all runs, after one that warms."""
    asked()
    return round(median(timed([asked] * runs)), 3)


SEARCHES: dict[str, tuple[str, Wanted]] = {
    "in a third of all messages": ("the", Wanted()),
    "common": ("water", Wanted()),
    "two common ones": ("the water", Wanted()),
    "rare": ("zebrafish", Wanted()),
    "none": ("nowhereatall", Wanted()),
    "first letter": ("w", Wanted()),
    "first letters": ("wi", Wanted()),
    "beginning": ("lightho", Wanted()),
    "beginning of a common one": ("wit", Wanted()),
    "common, of one model, failed": ("water", Wanted(model_id="acme/3", has_error=True)),
    "common, with an image, which none has": ("lighthouse", Wanted(has_image=True)),
}


def measured(store: Store, naive: Ask, plain: Ask, runs: int, chats: int) -> dict[str, dict[str, float]]:
    found = {}
    for name, (words, wanted) in SEARCHES.items():
        asked = partial(store.sessions, words=words, wanted=wanted, limit=PAGE)
        row = {
            "madlen_ms": milliseconds(asked, runs),
            "naive_ms": milliseconds(partial(naive, words, match(words)), 1),
            "plain_ms": milliseconds(partial(plain, words, f"%{words}%"), 1),
        }
        row["madlen_over_naive"] = round(row["madlen_ms"] / row["naive_ms"], 4)
        row["madlen_over_plain"] = round(row["madlen_ms"] / row["plain_ms"], 4)
        print(f"{name:40}{row}", flush=True)
        found[name] = row
    found["list of the sidebar"] = {
        "madlen_ms": milliseconds(lambda: store.sessions(pinned_first=True, limit=14), runs)
    }
    found |= every_day(store, chats)
    return found


def every_day(store: Store, chats: int) -> dict[str, dict[str, float]]:
    """What happens with each click and each prompt: a chat is opened, a turn is stored and found."""
    dice = random.Random(3)
    opened = [partial(store.turns, f"s{dice.randrange(chats)}") for _ in range(EVERY_DAY)]
    asked = [partial(_ask, store, f"s{dice.randrange(chats)}") for _ in range(EVERY_DAY)]
    return {"a chat opened": shares(opened), "a turn stored": shares(asked)}


def _ask(store: Store, session_id: str) -> None:
    now = datetime.now(UTC)
    turn = Turn(fresh_id(), session_id, "Which water has a lighthouse?", now)
    reply = Reply(fresh_id(), session_id, turn.id, "acme/one", "chat", Status.COMPLETE, now, text="The sea.")
    store.begin(turn, [reply], model_id="acme/one")


def shares(asked: Sequence[Callable[[], object]]) -> dict[str, float]:
    """The median of all, and below what 95 and 99 of 100 stay."""
    times = timed(asked)
    return {
        "madlen_ms": round(median(times), 3),
        "madlen_p95_ms": round(percentile(times, 95), 3),
        "madlen_p99_ms": round(percentile(times, 99), 3),
    }


def on_sqlite(number: int, chats: int, runs: int) -> dict[str, dict[str, float]]:
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/chat.db"
        fill_sqlite(path, number, chats)
        with closing(open_store(f"sqlite:///{path}")) as store, closing(sqlite3.connect(path)) as raw:
            naive, plain = (_PAGE.format(which=which["sqlite"], page=PAGE) for which in (_NAIVE, _PLAIN))
            return measured(
                store,
                lambda _, query: raw.execute(naive, [query]).fetchall(),
                lambda _, like: raw.execute(plain, [like]).fetchall(),
                runs,
                chats,
            )


def on_postgres(url: str, number: int, chats: int, runs: int) -> dict[str, dict[str, float]]:
    fill_postgres(url, number, chats)
    with closing(open_store(url)) as store, psycopg.connect(url, autocommit=True) as raw:
        naive, plain = (
            _PAGE.format(which=which["postgres"], page=PAGE).encode() for which in (_NAIVE, _PLAIN)
        )
        return measured(
            store,
            lambda words, _: raw.execute(naive, [words]).fetchall(),
            lambda _, like: raw.execute(plain, [like]).fetchall(),
            runs,
            chats,
        )


def main() -> None:
    parser = arguments(str(__doc__))
    parser.add_argument("--url", help="an empty PostgreSQL database to measure as well")
    given = parser.parse_args()
    number, chats = (20_000, 1000) if given.quick else (MESSAGES, SESSIONS)
    report: dict[str, Any] = {
        "messages": number,
        "sessions": chats,
        "load_before": os.getloadavg(),
        "parts": {"SQLite": on_sqlite(number, chats, RUNS)},
    }
    if given.url:
        report["parts"]["PostgreSQL"] = on_postgres(given.url, number, chats, RUNS)
    report["load_after"] = os.getloadavg()
    path = given.to or Path(RESULTS) / "search.json"
    path.write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    print(f"Written to {path}.")


if __name__ == "__main__":
    main()
