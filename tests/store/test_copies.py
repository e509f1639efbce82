"""The copy that is kept of a database before a new Madlen changes its schema."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from madlen.errors import StoreUnavailable
from madlen.store import copies, open_store, upkeep
from madlen.store.library import sqlite3
from madlen.store.schema import migrations

ROOT = Path(__file__).parents[2]
STEP = "m006_comparisons"
OPEN = "import sys; from madlen.store import open_store; open_store(sys.argv[1]).close()"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chat.db"


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Where the copy is to be found."""
    return tmp_path / f"chat-before-{STEP}.db"


def made_by_an_older_madlen(path: Path, *, chats: int = 1, step: str = STEP, content: str = "Seven") -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL").fetchall()
        db = Database(connection)
        migrations.apply(db, stop_before=step)
        with connection:
            for number in range(chats):
                connection.execute(
                    "INSERT INTO chat_sessions (id, title, model_id, created_at, updated_at)"
                    " VALUES (?, 'Rainbows', 'parrot/polly', '2026-11-23', '2026-11-23')",
                    [f"s{number}"],
                )
                connection.execute(
                    "INSERT INTO messages (id, session_id, role, content, timestamp)"
                    " VALUES (?, ?, 'user', ?, '2026-11-23')",
                    [f"t{number}", f"s{number}", content],
                )


def steps(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute("SELECT name FROM _sqlite_migrations ORDER BY rowid")]


def contents(path: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT id, content FROM messages ORDER BY id").fetchall()


def opened(path: Path) -> None:
    open_store(f"sqlite:///{path}").close()


def started(path: Path, *, before: str = "") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", before + OPEN, f"sqlite:///{path}"],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_database_with_chats_is_copied_as_it_was_before_its_schema_changes(path: Path, kept: Path) -> None:
    made_by_an_older_madlen(path, chats=3)
    before, words = steps(path), contents(path)
    opened(path)
    assert STEP in steps(path)
    assert (steps(kept), contents(kept)) == (before, words)
    assert upkeep.check(f"sqlite:///{kept}") == []


def test_the_copy_is_one_file_of_its_owners_alone(path: Path, kept: Path) -> None:
    made_by_an_older_madlen(path)
    opened(path)
    assert {one.name for one in path.parent.iterdir()} == {path.name, kept.name}
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_a_copy_put_back_in_the_place_of_the_database_is_upgraded_in_turn(path: Path, kept: Path) -> None:
    made_by_an_older_madlen(path)
    opened(path)
    path.unlink()
    kept.rename(path)
    store = open_store(f"sqlite:///{path}")
    assert [turn.text for turn in store.turns("s0")] == ["Seven"]
    store.close()
    assert kept.exists()


def test_what_is_only_in_the_log_is_in_the_copy(path: Path, kept: Path) -> None:
    made_by_an_older_madlen(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("UPDATE messages SET content = 'Eight'")
        assert path.with_name("chat.db-wal").stat().st_size
        opened(path)
    assert contents(kept) == [("t0", "Eight")]


def test_nothing_is_copied_where_nothing_can_be_lost(tmp_path: Path, path: Path) -> None:
    opened(path)
    opened(path)
    empty = tmp_path / "empty.db"
    made_by_an_older_madlen(empty, chats=0)
    opened(empty)
    assert {one.name for one in tmp_path.iterdir()} == {"chat.db", "empty.db"}


def test_only_the_newest_two_copies_stay(tmp_path: Path, path: Path, kept: Path) -> None:
    stranger = tmp_path / "other-before-m001_x.db"
    stranger.touch()
    for age, name in enumerate(("m003_search", "m004_choices", "m002_images")):
        older = tmp_path / f"chat-before-{name}.db"
        older.touch()
        os.utime(older, (1_000_000 - age, 1_000_000 - age))
    made_by_an_older_madlen(path)
    opened(path)
    assert {one.name for one in tmp_path.glob("*-before-*")} == {
        kept.name,
        "chat-before-m003_search.db",
        stranger.name,
    }
    assert copies.KEPT == 2


def test_a_copy_that_was_cut_off_by_a_kill_is_made_anew(path: Path, kept: Path) -> None:
    made_by_an_older_madlen(path)
    part = kept.with_name(f"{kept.name}.part")
    part.write_bytes(b"half a copy" * 1000)
    part.with_name(f"{part.name}-journal").write_bytes(b"half a journal" * 1000)
    opened(path)
    assert contents(kept) == contents(path)
    assert list(path.parent.glob("*.part*")) == []


def test_without_room_for_a_copy_the_database_stays_as_it_was_with_a_sentence(path: Path, kept: Path) -> None:
    made_by_an_older_madlen(path, content="Seven " * 200_000)
    before = steps(path)
    # A limit on the size of files stands in for the end of the disk.
    limit = path.stat().st_size // 2
    narrow = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit})); "
    full = started(path, before=narrow)
    said = full.communicate(timeout=60)[1].splitlines()[-1]
    assert full.returncode != 0
    assert f"{path} must be brought up to date, and no copy of it could be made" in said
    assert "Make room for a second file of its size" in said
    assert steps(path) == before
    assert list(path.parent.glob("*before*")) == []
    opened(path)
    assert contents(kept) == contents(path)


def test_a_folder_that_cannot_take_the_copy_keeps_the_database_as_it_was(path: Path, kept: Path) -> None:
    made_by_an_older_madlen(path)
    before = steps(path)
    # A folder of that name is in the way for whoever we are, root too.
    (kept.parent / kept.name / "in the way").mkdir(parents=True)
    with pytest.raises(StoreUnavailable, match="it was left as it is"):
        opened(path)
    assert steps(path) == before


def test_two_that_start_at_once_keep_one_whole_copy(path: Path, kept: Path) -> None:
    made_by_an_older_madlen(path, chats=50)
    before = steps(path)
    racing = [started(path) for _ in range(3)]
    assert [process.communicate(timeout=60)[1] for process in racing] == [""] * 3
    assert (steps(kept), contents(kept)) == (before, contents(path))


def test_who_starts_beside_a_long_upgrade_waits_for_it(path: Path) -> None:
    made_by_an_older_madlen(path)
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        done = threading.Timer(5.5, other.execute, ["COMMIT"])
        done.start()
        opened(path)
        done.join()
    assert STEP in steps(path)


def test_a_kill_while_the_copy_is_made_loses_nothing(path: Path, kept: Path) -> None:
    made_by_an_older_madlen(path, content="Seven " * 2_000_000)
    process = started(path)
    part = kept.with_name(f"{kept.name}.part")
    while not part.exists() and process.poll() is None:
        pass
    process.send_signal(signal.SIGKILL)
    process.communicate()
    opened(path)
    assert contents(kept) == contents(path)
