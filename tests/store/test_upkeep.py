"""Copies of a database in use, and what is found wrong with one."""

from __future__ import annotations

import hashlib
import stat
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from madlen.errors import BadSetting, StoreUnavailable
from madlen.store import Store, open_store, upkeep

# Two SQLites in one process would break each other's locks.
from madlen.store.library import sqlite3
from madlen.types import Status
from tests.store.keeping import PICTURE, a_reply, a_session, a_turn, asked


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chat.db"


@pytest.fixture
def url(path: Path) -> str:
    return f"sqlite:///{path}"


@pytest.fixture
def kept(url: str) -> Iterator[Store]:
    """An open store with a chat in it."""
    store = open_store(url)
    asked(store)
    store.save(replace(a_reply(), text="Seven", status=Status.COMPLETE))
    yield store
    store.close()


def damage(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(3 * 4096)
        file.write(bytes(4096))


def test_a_backup_of_an_open_database_holds_what_was_kept(tmp_path: Path, url: str, kept: Store) -> None:
    upkeep.backup(url, tmp_path / "copy.db")
    copy = open_store(f"sqlite:///{tmp_path}/copy.db")
    assert copy.turns("s1") == kept.turns("s1")
    assert len(copy.sessions(words="seven")) == 1
    copy.close()


def test_a_backup_is_one_file_of_its_owners_alone(tmp_path: Path, url: str, kept: Store) -> None:
    folder = tmp_path / "copies"
    folder.mkdir()
    upkeep.backup(url, folder / "copy.db")
    [copy] = folder.iterdir()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600


def test_a_backup_does_not_replace_a_file(tmp_path: Path, url: str, kept: Store) -> None:
    target = tmp_path / "copy.db"
    target.write_text("a letter")
    with pytest.raises(StoreUnavailable, match=r"copy\.db exists already and is left as it is"):
        upkeep.backup(url, target)
    assert target.read_text() == "a letter"


def test_a_backup_goes_on_beside_somebody_who_writes(tmp_path: Path, url: str, kept: Store) -> None:
    over = threading.Event()

    def write() -> None:
        number = 0
        while not over.is_set():
            kept.create_session(a_session(f"more-{number}"))
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    for number in range(5):
        upkeep.backup(url, tmp_path / f"copy-{number}.db")
        assert upkeep.check(f"sqlite:///{tmp_path}/copy-{number}.db") == []
    over.set()
    writer.join()


def test_no_backup_is_made_of_a_damaged_database(tmp_path: Path, path: Path, url: str, kept: Store) -> None:
    kept.close()
    damage(path)
    with pytest.raises(StoreUnavailable, match="damaged"):
        upkeep.backup(url, tmp_path / "copy.db")
    assert list(tmp_path.glob("copy*")) == []


def test_a_backup_into_no_folder_is_a_sentence(tmp_path: Path, url: str, kept: Store) -> None:
    with pytest.raises(StoreUnavailable, match=r"nowhere/copy\.db cannot be opened; make its folder"):
        upkeep.backup(url, tmp_path / "nowhere" / "copy.db")


def test_a_backup_of_nothing_makes_nothing(tmp_path: Path, path: Path, url: str) -> None:
    with pytest.raises(StoreUnavailable, match="cannot be opened"):
        upkeep.backup(url, tmp_path / "copy.db")
    assert list(tmp_path.iterdir()) == []


def test_a_postgres_database_is_backed_up_by_its_own_tool(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="pg_dump") as caught:
        upkeep.backup("postgresql://me:secret@localhost/chat", tmp_path / "copy.db")
    assert "secret" not in str(caught.value)


def test_nothing_is_found_wrong_with_a_database_that_is_in_use(address: str) -> None:
    store = open_store(address)
    asked(store)
    assert upkeep.check(address) == []
    store.close()


def test_a_damaged_database_is_found(path: Path, url: str, kept: Store) -> None:
    kept.close()
    damage(path)
    assert "is damaged or not a SQLite file" in upkeep.check(url)[0]


def test_a_letter_is_found_not_to_be_a_database(path: Path, url: str) -> None:
    path.write_text("This is a letter. " * 300)
    assert "is damaged or not a SQLite file" in upkeep.check(url)[0]


def test_an_index_out_of_step_is_found_and_made_anew(path: Path, url: str, kept: Store) -> None:
    # Without recursive triggers, which a plain connection lacks, REPLACE deletes unseen by the index.
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE chat_sessions SET title = 'Clouds'")
        connection.execute("REPLACE INTO chat_sessions SELECT * FROM chat_sessions")
        connection.execute("DROP TRIGGER sessions_search_rename")
        connection.execute("UPDATE chat_sessions SET title = 'Fog'")
    [finding] = upkeep.check(url)
    assert finding.startswith("The search index sessions_search does not match its texts")
    assert "run python -m madlen reindex" in finding
    upkeep.reindex(url)
    assert upkeep.check(url) == []
    assert len(kept.sessions(words="Fog")) == 1


def test_a_byte_that_flipped_within_a_word_of_a_message_is_found(path: Path, url: str, kept: Store) -> None:
    kept.close()
    content = bytearray(path.read_bytes())
    flipped = content.rindex(b"How many colours?") + 5
    content[flipped] ^= 0x01
    path.write_bytes(content)
    assert open_store(url).turns("s1")[0].text != "How many colours?"
    assert "messages_search does not match its texts" in upkeep.check(url)[0]


def test_a_byte_that_flipped_within_an_image_is_found(url: str, kept: Store) -> None:
    picture = replace(PICTURE, sha256=hashlib.sha256(PICTURE.content).hexdigest())
    kept.begin(replace(a_turn("t2"), pictures=(picture,)), [], model_id="parrot/polly")
    assert upkeep.check(url) == []
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection, connection:
        connection.execute("UPDATE images SET content = x'00'")
    assert upkeep.check(url) == ["1 image is damaged; a backup may have it whole."]


def test_a_reply_without_its_chat_is_found(path: Path, url: str, kept: Store) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM chat_sessions")
    assert upkeep.check(url)[0] == "Row 1 of messages belongs to a row of chat_sessions that is not there."


def test_a_newer_schema_is_found(path: Path, url: str, kept: Store) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
            " VALUES ('madlen', 'm999_future', '2099-01-01')"
        )
    assert "newer Madlen" in upkeep.check(url)[0]


def test_nothing_can_be_said_of_a_database_that_is_not_there(path: Path, url: str) -> None:
    with pytest.raises(StoreUnavailable, match="cannot be opened"):
        upkeep.check(url)
    assert not path.exists()


def test_a_database_that_another_program_holds_can_be_copied_and_checked_once_it_lets_go(
    tmp_path: Path, path: Path, url: str, kept: Store
) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as stranger:
        stranger.execute("BEGIN EXCLUSIVE")
        upkeep.backup(url, tmp_path / "copy.db")
        # The search index is checked by a statement that needs the right to write.
        with pytest.raises(StoreUnavailable, match="in use by another program"):
            upkeep.check(url)
        stranger.execute("ROLLBACK")
    assert upkeep.check(url) == upkeep.check(f"sqlite:///{tmp_path}/copy.db") == []
