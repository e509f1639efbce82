"""Spans on their way to the ring."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from madlen.store.library import sqlite3
from madlen.traces import Traces, Wanted, recorder
from madlen.tracing import Tracing
from tests.traces import making

ALL = Wanted(everything=True)


@pytest.fixture
def traces(tmp_path: Path) -> Iterator[Traces]:
    found = Traces(str(tmp_path / "traces.db"), kept=100)
    yield found
    found.close()


def tracing(traces: Traces) -> Tracing:
    assert traces.recorder is not None
    return Tracing(processors=[traces.recorder])


def test_a_span_that_ended_is_listed_at_once(traces: Traces) -> None:
    with tracing(traces).span("work"):
        pass
    [heading] = traces.listed(ALL)
    assert (heading.name, heading.spans) == ("work", 1)
    assert traces.trace(heading.trace_id)[0].name == "work"


def test_nothing_is_opened_or_started_before_the_first_span(traces: Traces, tmp_path: Path) -> None:
    before = set(threading.enumerate())
    assert traces.listed(ALL) == []
    traces.close()
    assert set(threading.enumerate()) <= before
    assert list(tmp_path.iterdir()) == []


def test_what_is_queued_at_the_end_is_kept(
    traces: Traces, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "CLOSE_SECONDS", 30)
    spoken = tracing(traces)
    for _ in range(60):
        with spoken.span("work"):
            pass
    traces.close()
    again = Traces(str(tmp_path / "traces.db"), kept=100)
    assert len(again.listed(ALL)) == 60


def test_a_span_after_the_end_is_let_go(traces: Traces) -> None:
    spoken = tracing(traces)
    with spoken.span("work"):
        pass
    traces.close()
    with spoken.span("late"):
        pass
    assert [heading.name for heading in traces.listed(ALL)] == ["work"]


def whole(traces: Traces) -> None:
    """Waits until everything that has ended is kept."""
    assert traces.recorder is not None
    assert traces.recorder.flush(30)


def test_under_load_the_newest_are_kept_and_none_is_dropped_unseen(traces: Traces) -> None:
    spoken = tracing(traces)
    for number in range(3000):
        with spoken.span(f"work {number}"):
            pass
    whole(traces)
    assert traces.dropped == 0
    assert [heading.name for heading in traces.listed(ALL, limit=2)] == ["work 2999", "work 2998"]
    assert len(traces.listed(ALL, limit=1000)) == 100


def test_many_threads_lose_nothing(tmp_path: Path) -> None:
    traces = Traces(str(tmp_path / "many.db"), kept=10_000)
    spoken = tracing(traces)

    def work() -> None:
        for _ in range(200):
            with spoken.span("work"):
                pass

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    whole(traces)
    assert len(traces.listed(ALL, limit=10_000)) == 1600
    traces.close()


def test_while_the_file_is_locked_spans_wait_and_the_oldest_go_counted(
    traces: Traces, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "WAITING_SPANS", 20)
    spoken = tracing(traces)
    with spoken.span("before"):
        pass
    assert len(traces.listed(ALL)) == 1
    with closing(sqlite3.connect(tmp_path / "traces.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with spoken.span("first"):
            pass
        assert traces.recorder is not None
        assert not traces.recorder.flush(10)
        assert "in use by another program" in traces.trouble
        for _ in range(50):
            with spoken.span("work"):
                pass
        assert traces.dropped == 30
        other.execute("ROLLBACK")
    assert eventually_kept(traces, 22)
    assert traces.trouble == ""


def eventually_kept(traces: Traces, number: int) -> bool:
    """Whether so many traces are listed, once what was in the way has gone."""
    assert traces.recorder is not None
    for _ in range(20):
        traces.recorder.flush(1)
        if not traces.trouble and len(traces.listed(ALL)) == number:
            return True
        threading.Event().wait(0.1)
    return False


def test_a_span_that_cannot_be_kept_does_not_end_the_keeping_of_others(
    traces: Traces, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert traces.recorder is not None
    failed: list[Any] = []
    write = traces.recorder._ring.write

    def failing(batch: Any) -> None:
        if not failed:
            failed.append(batch)
            raise ZeroDivisionError
        write(batch)

    monkeypatch.setattr(traces.recorder._ring, "write", failing)
    spoken = tracing(traces)
    with spoken.span("bad"):
        pass
    traces.recorder.flush(5)
    with spoken.span("good"):
        pass
    assert [heading.name for heading in traces.listed(ALL)] == ["good"]
    assert traces.dropped == 1


def test_the_end_does_not_wait_for_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    traces = Traces(str(tmp_path / "file" / "traces.db"), kept=10)
    with tracing(traces).span("work"):
        pass
    assert traces.recorder is not None
    assert not traces.recorder.flush(5)
    traces.close()
    assert "cannot be opened" in traces.trouble


def test_with_nothing_kept_there_is_no_recorder() -> None:
    off = Traces("never.db", kept=0)
    assert (off.recorder, off.listed(), off.answers(), off.models()) == (None, [], [], [])
    assert (off.dropped, off.trouble, off.known([making.TRACE])) == (0, "", frozenset())
    off.close()
