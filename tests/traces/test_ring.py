"""The file with the newest spans."""

from __future__ import annotations

import stat
import threading
from contextlib import closing
from pathlib import Path

import pytest

from madlen.errors import StoreUnavailable
from madlen.store.library import sqlite3
from madlen.traces.ring import Ring
from tests.traces.making import span, trace


def ids(ring: Ring) -> list[str]:
    return [row["span_id"] for row in ring.read("SELECT span_id FROM spans ORDER BY seq")]


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "traces.db")


def test_without_a_file_there_is_nothing_and_reading_makes_none(path: str) -> None:
    assert Ring(path, 9).read("SELECT * FROM spans") == []
    assert not Path(path).exists()


def test_only_the_owner_can_read_the_file(path: str) -> None:
    Ring(path, 9).write([span("1", 0, 1)])
    assert stat.S_IMODE(Path(path).stat().st_mode) == 0o600


def test_only_the_newest_are_kept(path: str) -> None:
    ring = Ring(path, 5)
    for start in range(0, 12, 3):
        ring.write([span(f"{number:016x}", 0, 1) for number in range(start, start + 3)])
    assert ids(ring) == [f"{number:016x}" for number in range(7, 12)]


def test_a_batch_of_more_than_are_kept_leaves_its_newest(path: str) -> None:
    ring = Ring(path, 2)
    ring.write([span(f"{number:016x}", 0, 1) for number in range(10)])
    assert ids(ring) == [f"{number:016x}" for number in (8, 9)]


def test_what_is_written_twice_is_kept_once(path: str) -> None:
    ring = Ring(path, 9)
    batch = [span("1", 0, 1), span("2", 0, 1), span("1", 0, 1, trace_id=trace(5))]
    ring.write(batch)
    ring.write(batch)
    assert len(ids(ring)) == 3


def test_several_rings_share_one_file(path: str) -> None:
    rings = [Ring(path, 1000) for _ in range(4)]

    def write(place: int) -> None:
        for number in range(20):
            rings[place].write([span(f"{place:08x}{number:08x}", 0, 1)])

    threads = [threading.Thread(target=write, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids(Ring(path, 9))) == 80
    for ring in rings:
        ring.close()


def test_a_file_that_is_deleted_meanwhile_is_made_anew(path: str) -> None:
    one, other = Ring(path, 9), Ring(path, 9)
    one.write([span("1", 0, 1)])
    other.write([span("2", 0, 1)])
    Path(path).unlink()
    one.write([span("3", 0, 1)])
    other.write([span("4", 0, 1)])
    assert ids(one) == [span("3", 0, 1).span_id, span("4", 0, 1).span_id]


def test_a_file_that_is_damaged_is_said_to_be_and_left_as_it_is(path: str) -> None:
    Path(path).write_bytes(b"Dear diary, " * 500)
    ring = Ring(path, 9)
    for act in (lambda: ring.write([span("1", 0, 1)]), lambda: ring.read("SELECT 1 FROM spans")):
        with pytest.raises(StoreUnavailable, match=f"{path}, is damaged or no file of traces; delete it"):
            act()
    assert Path(path).read_bytes() == b"Dear diary, " * 500
    Path(path).unlink()
    ring.write([span("1", 0, 1)])
    assert len(ids(ring)) == 1


def test_damage_in_the_middle_of_its_use_is_told_apart_from_nothing(path: str) -> None:
    ring = Ring(path, 999)
    ring.write([span(f"{number:016x}", 0, 1) for number in range(200)])
    with open(path, "r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 8000)
    with pytest.raises(StoreUnavailable, match="damaged"):
        ring.read("SELECT * FROM spans")


def test_a_lock_that_another_program_holds_is_said(path: str) -> None:
    ring = Ring(path, 9)
    ring.write([span("1", 0, 1)])
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreUnavailable, match="in use by another program"):
            ring.write([span("2", 0, 1)])
        other.execute("ROLLBACK")
    ring.write([span("2", 0, 1)])
    assert len(ids(ring)) == 2


def test_a_folder_that_cannot_be_there_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailable, match="cannot be opened; see that its folder is there"):
        Ring(str(tmp_path / "file" / "traces.db"), 9).write([span("1", 0, 1)])


def test_a_table_of_another_version_makes_room(path: str) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE spans (other TEXT)")
        other.execute("PRAGMA user_version = 99")
    ring = Ring(path, 9)
    ring.write([span("1", 0, 1)])
    assert len(ids(ring)) == 1


def test_a_reader_changes_nothing(path: str) -> None:
    ring = Ring(path, 9)
    ring.write([span("1", 0, 1)])
    with pytest.raises(StoreUnavailable):
        ring.read("DELETE FROM spans RETURNING 1")
    assert len(ids(ring)) == 1
