"""A SQLite file that must not be written to is refused, and stays as it is."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils.utils import sqlite3  # type: ignore[attr-defined]  # the one it picked

from madlen.errors import StoreUnavailable
from madlen.store.sqlite import SQLiteStore
from tests.store.keeping import a_turn, asked

DAMAGED = "damaged or not a SQLite file; nothing in it was changed. Put a backup in its place"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database with a chat in it, closed."""
    path = tmp_path / "chat.db"
    store = SQLiteStore(str(path))
    asked(store)
    store.close()
    return path


def test_a_page_of_zeros_is_told_at_the_start_and_nothing_is_changed(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(3 * 4096)
        file.write(bytes(4096))
    before = path.read_bytes()
    with pytest.raises(StoreUnavailable, match=DAMAGED):
        SQLiteStore(str(path))
    assert path.read_bytes() == before


def test_a_step_of_the_schema_whose_name_is_no_text_any_more_is_told_at_the_start(path: Path) -> None:
    content = path.read_bytes().replace(b"m001_sessions_and_messages", b"\xff001_sessions_and_messages")
    path.write_bytes(content)
    with pytest.raises(StoreUnavailable, match=DAMAGED):
        SQLiteStore(str(path))
    assert path.read_bytes() == content


def test_a_message_that_is_no_text_any_more_is_a_sentence(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[content.rindex(b"How many colours?")] ^= 0xFF
    path.write_bytes(content)
    store = SQLiteStore(str(path))
    with pytest.raises(StoreUnavailable, match="is damaged"):
        store.turns("s1")
    store.close()


def test_a_file_cut_off_in_the_middle_is_told_at_the_start(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    with pytest.raises(StoreUnavailable, match=DAMAGED):
        SQLiteStore(str(path))


def test_an_empty_file_does_not_cost_the_log_beside_it(path: Path) -> None:
    log = path.with_name("chat.db-wal")
    log.write_bytes(b"what was not in the file yet")
    path.write_bytes(b"")
    with pytest.raises(StoreUnavailable, match=DAMAGED):
        SQLiteStore(str(path))
    assert log.read_bytes() == b"what was not in the file yet"


def test_an_empty_file_alone_becomes_a_database(tmp_path: Path) -> None:
    path = tmp_path / "chat.db"
    path.touch()
    store = SQLiteStore(str(path))
    assert store.sessions() == []
    store.close()


def test_a_database_of_a_newer_madlen_is_refused_and_stays_as_it_is(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
            " VALUES ('madlen', 'm999_future', '2099-01-01')"
        )
    before = path.read_bytes()
    with pytest.raises(StoreUnavailable, match=r"newer Madlen \(it has taken the step m999_future\)"):
        SQLiteStore(str(path))
    assert path.read_bytes() == before


def test_what_another_left_half_done_is_rolled_back_at_the_start(path: Path) -> None:
    program = (
        "import os, sqlite3, sys\n"
        "c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "c.execute('PRAGMA journal_mode = DELETE')\n"
        "c.execute('PRAGMA cache_size = 1')\n"
        "c.execute('BEGIN')\n"
        "c.execute('CREATE TABLE half (content)')\n"
        "c.executemany('INSERT INTO half VALUES (?)', ((bytes(4000),) for _ in range(100)))\n"
        "c.execute('UPDATE chat_sessions SET title = 1')\n"
        "os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(path)], check=False)
    assert path.with_name("chat.db-journal").exists()
    store = SQLiteStore(str(path))
    assert [session.title for session in store.sessions()] == ["Rainbows"]
    store.close()


def test_the_log_stays_open_from_the_first_start_on(tmp_path: Path) -> None:
    store = SQLiteStore(str(tmp_path / "chat.db"))
    asked(store)
    assert (tmp_path / "chat.db-wal").stat().st_size > 0
    assert store.turns("s1")[0].text == a_turn().text
    store.close()
    assert [file.name for file in tmp_path.iterdir()] == ["chat.db"]
