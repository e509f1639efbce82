"""What only SQLite can do and suffer."""

from __future__ import annotations

import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlite_utils import Database
from sqlite_utils.utils import sqlite3  # type: ignore[attr-defined]  # the one it picked

from madlen.errors import BadSetting, StoreUnavailable
from madlen.store import open_store
from madlen.store.connections import is_safe
from madlen.store.sqlite import SQLiteStore
from madlen.types import Status
from tests.store.keeping import NOW, PICTURE, a_reply, a_session, a_turn, asked
from tests.waiting import eventually


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chat.db"


@pytest.fixture
def store(path: Path) -> Iterator[SQLiteStore]:
    opened = SQLiteStore(str(path))
    yield opened
    opened.close()


@pytest.fixture
def raw(path: Path, store: SQLiteStore) -> Iterator[Database]:
    with closing(sqlite3.connect(path)) as connection:
        yield Database(connection)


def test_the_tables_are_those_of_the_original(raw: Database) -> None:
    assert {"id", "title", "model_id", "created_at", "updated_at"} <= set(
        raw.table("chat_sessions").columns_dict
    )
    assert {"id", "session_id", "role", "content", "image_url", "timestamp", "extra_metadata"} <= set(
        raw.table("messages").columns_dict
    )


def test_no_table_comes_to_be_that_the_schema_does_not_name(raw: Database) -> None:
    ours = {name for name in raw.table_names() if not name.startswith(("messages_search", "sessions_search"))}
    kept = {"chat_sessions", "messages", "images", "message_images", "model_choices", "votes", "lane_sets"}
    kept |= {
        "prompt_sets",
        "prompt_set_images",
        "runs",
        "run_cells",
        "judgements",
        "presets",
        "saved_prompts",
        "usage",
        "spendings",
        "budget_days",
    }
    assert ours == {*kept, "_sqlite_migrations"}


def test_the_log_is_written_ahead_and_synced_in_full(path: Path, store: SQLiteStore) -> None:
    with store._connections.read() as db:
        assert db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert db.execute("PRAGMA synchronous").fetchone()[0] == 2
        assert db.execute("PRAGMA foreign_keys").fetchone()[0] == 1
        assert db.execute("PRAGMA recursive_triggers").fetchone()[0] == 1
        assert db.execute("PRAGMA busy_timeout").fetchone()[0] == 5000
        assert db.execute("PRAGMA journal_size_limit").fetchone()[0] == 64_000_000


def test_a_connection_keeps_few_pages_in_memory_for_the_system_keeps_them_too(store: SQLiteStore) -> None:
    with store._connections.read() as db:
        assert db.execute("PRAGMA cache_size").fetchone()[0] == -128


def test_who_waits_to_write_has_no_connection_yet(
    store: SQLiteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    connections, lent = store._connections, list[str]()
    lend = connections._lent

    def lending() -> object:
        lent.append("one")
        return lend()

    monkeypatch.setattr(connections, "_lent", lending)

    def write() -> None:
        with connections.write():
            pass

    threads = [threading.Thread(target=write) for _ in range(5)]
    with connections.write():
        for thread in threads:
            thread.start()
        assert eventually(lambda: len(connections._turns._waiting) == 5, 10)
        assert len(lent) == 1
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()


@pytest.mark.skipif(sys.platform != "linux", reason="pysqlite3 is installed on Linux only")
def test_the_bundled_sqlite_is_past_the_log_reset_defect(store: SQLiteStore) -> None:
    assert sqlite3.sqlite_version_info >= (3, 51, 3)
    assert store.description.startswith(f"SQLite {sqlite3.sqlite_version} in ")


def test_the_file_is_its_owners_alone(path: Path, store: SQLiteStore) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_removed_file_gives_an_empty_store_at_the_next_start(path: Path, store: SQLiteStore) -> None:
    asked(store)
    store.close()
    path.unlink()
    again = SQLiteStore(str(path))
    assert again.sessions() == []
    again.close()


def test_a_picture_is_kept_once_and_goes_with_its_last_prompt(store: SQLiteStore, raw: Database) -> None:
    for number in range(2):
        session = a_session(f"s{number}")
        store.create_session(session)
        turn = replace(a_turn(f"t{number}", session.id), pictures=(PICTURE,))
        store.begin(turn, [a_reply(f"r{number}", turn.id, session.id)], model_id="parrot/seer")
    assert raw.table("images").count == 1
    store.delete_session("s0")
    assert raw.table("images").count == 1
    store.delete_session("s1")
    assert raw.table("images").count == 0


def test_the_search_index_stays_sound_through_every_change(store: SQLiteStore, raw: Database) -> None:
    asked(store, a_reply("r1"), a_reply("r2"))
    store.save(replace(a_reply("r1"), text="half an ans"))
    store.save(replace(a_reply("r1"), text="half an answer", status=Status.COMPLETE))
    store.save(replace(a_reply("r1"), text="another answer", status=Status.STOPPED))
    store.rename_session("s1", "Clouds", NOW)
    store.create_session(a_session("s2"))
    store.delete_session("s2")
    for index in ("messages_search", "sessions_search"):
        raw.execute(f"INSERT INTO {index} ({index}, rank) VALUES ('integrity-check', 1)")
    assert store.sessions(words="half") == []


def test_the_index_of_words_merges_its_parts_only_when_there_are_sixteen(
    store: SQLiteStore, raw: Database
) -> None:
    parts = []
    asked(store)
    for number in range(50):
        store.save(replace(a_reply(), status=Status.COMPLETE, text=f"word{number}"))
        [(found,)] = raw.execute("SELECT count(DISTINCT segid) FROM messages_search_idx").fetchall()
        parts.append(found)
    assert raw.execute("SELECT v FROM messages_search_config WHERE k = 'automerge'").fetchall() == [(0,)]
    assert max(parts) > 8
    assert min(parts[20:]) < 5
    assert len(store.sessions(words="word49")) == 1


def test_a_growing_answer_is_not_indexed_before_it_ends(store: SQLiteStore) -> None:
    asked(store)
    store.save(replace(a_reply(), text="seven"))
    assert store.sessions(words="seven") == []
    store.save(replace(a_reply(), text="seven", status=Status.COMPLETE))
    assert len(store.sessions(words="seven")) == 1


def test_what_was_deleted_is_not_in_the_file_any_more(path: Path, store: SQLiteStore) -> None:
    store.create_session(a_session(title="canary-in-title"))
    store.begin(a_turn(text="canary-in-prompt " * 50), [a_reply()], model_id="parrot/polly")
    store.delete_session("s1")
    store.close()
    assert b"canary" not in path.read_bytes()


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match=r"nowhere/chat\.db cannot be opened; make its folder"):
        open_store(f"sqlite:///{tmp_path}/nowhere/chat.db")


def test_a_file_of_another_kind_is_a_sentence_and_stays_as_it_is(path: Path) -> None:
    path.write_text("This is a letter, not a database. " * 100)
    before = path.read_bytes()
    with pytest.raises(StoreUnavailable, match="damaged or not a SQLite file"):
        open_store(f"sqlite:///{path}")
    assert path.read_bytes() == before


def test_an_unknown_scheme_is_a_sentence() -> None:
    with pytest.raises(BadSetting, match="DATABASE_URL"):
        open_store("mysql://localhost/chat")


def test_a_full_disk_is_a_sentence_and_takes_nothing_away(store: SQLiteStore) -> None:
    asked(store)
    with store._connections.read() as db:
        pages = db.execute("PRAGMA page_count").fetchone()[0]
    bounded = store._connections._opened
    with bounded() as db:
        # SQLite's own limit stands in for the disk's: the error is the same SQLITE_FULL.
        db.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StoreUnavailable, match="disk is full"), store._connections._sentences():
            db.execute("INSERT INTO images VALUES ('x', 'image/png', zeroblob(10000000))")
    assert store.turns("s1")[0].text == "How many colours?"


def test_a_database_held_by_another_process_can_be_read_and_says_so_when_written(
    path: Path, store: SQLiteStore
) -> None:
    asked(store)
    hold = (
        "import sys, sqlite3; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "c.execute('BEGIN IMMEDIATE'); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        assert len(store.turns("s1")) == 1
        with pytest.raises(StoreUnavailable, match="in use by another program"):
            store.rename_session("s1", "Clouds", NOW)
        other.communicate()
    store.rename_session("s1", "Clouds", NOW)


def test_two_processes_can_make_the_database_at_the_same_time(path: Path) -> None:
    program = "import sys; from madlen.store import open_store; open_store(sys.argv[1]).close()"
    command = [sys.executable, "-c", program, f"sqlite:///{path}"]
    root = Path(__file__).parents[2]
    racing = [subprocess.Popen(command, cwd=root, stderr=subprocess.PIPE) for _ in range(4)]
    assert [process.communicate()[1] for process in racing] == [b""] * 4
    assert [process.returncode for process in racing] == [0] * 4
    store = open_store(f"sqlite:///{path}")
    assert store.sessions() == []
    store.close()


def test_the_path_does_not_decide_what_is_said_to_be_wrong(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="cannot be opened; make its folder"):
        open_store(f"sqlite:///{tmp_path}/full-busybox-locked/chat.db")


def test_what_is_written_after_the_file_was_replaced_is_in_the_new_one(path: Path, tmp_path: Path) -> None:
    with closing(SQLiteStore(str(path))) as store:
        store.create_session(a_session("s1"))
        assert len(store.sessions()) == 1
        other = tmp_path / "other.db"
        SQLiteStore(str(other)).close()
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink()
        other.replace(path)
        store.create_session(a_session("s2"))
        assert [session.id for session in store.sessions()] == ["s2"]


def test_a_connection_that_met_an_error_is_not_lent_again(store: SQLiteStore) -> None:
    with store._connections.read() as lent:
        pass
    with pytest.raises(StoreUnavailable), store._connections.read() as failed:
        failed.execute("SELECT * FROM nowhere")
    assert failed is lent
    with store._connections.read() as next_one:
        assert next_one is not failed


def test_readers_at_once_have_connections_of_their_own(store: SQLiteStore) -> None:
    with store._connections.read() as one, store._connections.read() as other:
        assert one is not other
    with store._connections.read() as again:
        assert again in {one, other}


def test_a_file_that_is_removed_meanwhile_does_not_come_back_empty(path: Path, store: SQLiteStore) -> None:
    path.unlink()
    with pytest.raises(StoreUnavailable, match="cannot be opened"):
        store.sessions()
    assert not path.exists()


def test_the_versions_with_the_log_reset_defect_are_known() -> None:
    assert [is_safe(version) for version in ((3, 40, 1), (3, 51, 2), (3, 44, 5))] == [False] * 3
    assert [is_safe(version) for version in ((3, 51, 3), (3, 53, 0), (3, 44, 6), (3, 50, 7))] == [True] * 4
