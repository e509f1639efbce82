"""Files that were damaged: refused with a sentence, and not a byte of them changed."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random

from sqlite_utils.utils import sqlite3  # type: ignore[attr-defined]  # the one it picked

from bench.faults import rows
from bench.faults.outcome import Lab, Outcome
from bench.faults.servers import Viewer, launched
from bench.faults.upstream import Upstream, steady
from madlen.errors import StoreUnavailable
from madlen.store import open_store, upkeep

_PAGE = 4096
_NAMES = ("chat.db", "chat.db-wal")


def _zero_pages(path: Path, chance: Random) -> None:
    """Three pages in a row, the first of them never the header's."""
    pages = path.stat().st_size // _PAGE
    _overwrite(path, chance.randrange(1, max(2, pages - 3)) * _PAGE, bytes(3 * _PAGE))


def _truncate(path: Path, chance: Random) -> None:
    with path.open("r+b") as file:
        file.truncate(chance.randrange(1, path.stat().st_size - _PAGE))


def _garbage_header(path: Path, chance: Random) -> None:
    _overwrite(path, 0, chance.randbytes(100))


def _flip_bytes(path: Path, chance: Random) -> None:
    content = bytearray(path.read_bytes())
    for _ in range(10):
        content[chance.randrange(_PAGE, len(content))] ^= 0xFF
    path.write_bytes(content)


def _empty_beside_its_log(path: Path, _chance: Random) -> None:
    with path.open("r+b") as file:
        file.truncate(0)
    log = path.with_name("chat.db-wal")
    if not log.exists():
        log.write_bytes(b"what was not yet in the file" * 200)


DAMAGES: dict[str, Callable[[Path, Random], None]] = {
    "zero pages": _zero_pages,
    "truncated": _truncate,
    "garbage header": _garbage_header,
    "empty beside its log": _empty_beside_its_log,
    "flipped bytes": _flip_bytes,
}
NOT_ALWAYS_SEEN = {"flipped bytes"}
"""Within the text of a message SQLite sees no wrong byte, for its pages have no checksums."""


def files(lab: Lab) -> Outcome:
    """Damages copies of a database as it was closed and as it was killed, each in every way."""
    outcome = Outcome(notes={"recovery": "from the opening until it is refused"})
    noticed = 0
    with Upstream(steady(200, per_second=2000)).running() as upstream:
        sources = _sources(lab, upstream)
        opened: dict[str, int] = dict.fromkeys(DAMAGES, 0)
        for run in range(lab.runs):
            for name, damage in DAMAGES.items():
                for source, known in sources.items():
                    folder = lab.folder / "damaged"
                    shutil.copytree(source, folder)
                    path = folder / "chat.db"
                    damage(path, lab.random)
                    before = _contents(folder)
                    outcome.runs += 1
                    start = time.monotonic()
                    try:
                        open_store(f"sqlite:///{path}").close()
                        # Where the log still holds every page, nothing of the file itself is needed.
                        changed = rows.messages(path) != known
                        opened[name] += changed
                        noticed += changed and bool(upkeep.check(f"sqlite:///{path}"))
                    except StoreUnavailable as error:
                        outcome.recoveries.append(time.monotonic() - start)
                        said = f"{path} is damaged" in str(error) and "Put a backup in its place" in str(
                            error
                        )
                        outcome.expect(said, f"{name}: {error}")
                        outcome.corrupt += _contents(folder) != before
                    shutil.rmtree(folder)
            if run == 0:
                _told_at_start(lab, outcome, upstream, next(iter(sources)))
    outcome.notes |= {"opened_with_other_rows": opened, "of_these_noticed_by_check": noticed}
    unseen = {name: count for name, count in opened.items() if count and name not in NOT_ALWAYS_SEEN}
    outcome.expect(not unseen, f"not seen: {unseen}")
    return outcome


def _sources(lab: Lab, upstream: Upstream) -> dict[Path, rows.Messages]:
    """Folders with a database that was closed and one whose Madlen was killed, and what is in each."""
    sources = {}
    for name in ("closed", "killed"):
        folder = lab.folder / name
        folder.mkdir()
        server = launched(lab.folder, upstream.base_url, database=folder / "chat.db")
        server.wait_until_healthy()
        for number in range(30):
            Viewer(server, server.session(), f"{name} {number}").wait()
            if number == 15:
                # Some of it is in the file then and some in the log.
                with closing(sqlite3.connect(folder / "chat.db")) as connection:
                    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        if name == "closed":
            server.end()
        else:
            server.kill()
        intact = shutil.copytree(folder, lab.folder / f"intact-{name}")
        sources[folder] = rows.messages(intact / "chat.db")
    return sources


def _told_at_start(lab: Lab, outcome: Outcome, upstream: Upstream, source: Path) -> None:
    """The server itself ends with the sentence and not with a trace of the stack."""
    folder = lab.folder / "started"
    shutil.copytree(source, folder)
    _zero_pages(folder / "chat.db", lab.random)
    before = _contents(folder)
    server = launched(lab.folder, upstream.base_url, database=folder / "chat.db")
    code = server.process.wait(60)
    seconds = time.monotonic() - server.begun_at
    said = server.log.read_text()
    outcome.expect(code != 0 and "is damaged" in said and "Traceback" not in said, f"it said: {said[-300:]}")
    outcome.corrupt += _contents(folder) != before
    outcome.notes["start_refused_after_seconds"] = round(seconds, 2)


def _overwrite(path: Path, at: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(content)


def _contents(folder: Path) -> dict[str, bytes]:
    """The bytes of the file and of its log; an empty log is as good as none."""
    found = {name: (folder / name).read_bytes() for name in _NAMES if (folder / name).exists()}
    return {name: content for name, content in found.items() if content or name == "chat.db"}
