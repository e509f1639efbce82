"""What runs on the loop, and who hears that it has ended."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import threading
import weakref
from collections.abc import Iterator

import anyio
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from madlen.tasks import Task

WHERE: contextvars.ContextVar[str] = contextvars.ContextVar("WHERE")


@pytest.fixture
def portal() -> Iterator[BlockingPortal]:
    with start_blocking_portal() as portal:
        yield portal


@pytest.fixture
def loop(portal: BlockingPortal) -> asyncio.AbstractEventLoop:
    return portal.call(asyncio.get_running_loop)


def context(where: str = "elsewhere") -> contextvars.Context:
    made = contextvars.Context()
    made.run(WHERE.set, where)
    return made


def test_it_runs_on_the_loop_in_the_context_that_it_was_given(loop: asyncio.AbstractEventLoop) -> None:
    found: list[object] = []

    async def run() -> None:
        found.extend((asyncio.get_running_loop(), WHERE.get()))

    Task.start(loop, run, context("there")).wait()
    assert found == [loop, "there"]


def test_what_the_caller_knew_is_not_kept_until_the_end(
    portal: BlockingPortal, loop: asyncio.AbstractEventLoop
) -> None:
    class Known:
        pass

    known: contextvars.ContextVar[Known] = contextvars.ContextVar("known")
    gate, began = portal.call(anyio.Event), threading.Event()

    async def run() -> None:
        began.set()
        await gate.wait()

    def start() -> tuple[Task, weakref.ref[Known]]:
        mine = Known()
        known.set(mine)
        return Task.start(loop, run, context()), weakref.ref(mine)

    task, mine = contextvars.copy_context().run(start)
    assert began.wait(10)
    # The loop is past what began it.
    portal.call(anyio.sleep, 0)
    assert mine() is None
    portal.call(gate.set)
    task.wait()


def test_who_asks_is_told_of_the_end_once_also_when_it_has_come(
    portal: BlockingPortal, loop: asyncio.AbstractEventLoop
) -> None:
    gate, told = portal.call(anyio.Event), list[str]()

    async def run() -> None:
        await gate.wait()

    task = Task.start(loop, run, context())
    task.tell(lambda: told.append("before"))
    assert told == []
    portal.call(gate.set)
    task.wait()
    task.tell(lambda: told.append("after"))
    assert told == ["before", "after"]


def test_several_threads_wait_for_the_same_end(
    portal: BlockingPortal, loop: asyncio.AbstractEventLoop
) -> None:
    gate = portal.call(anyio.Event)

    async def run() -> None:
        await gate.wait()

    task = Task.start(loop, run, context())
    threads = [threading.Thread(target=task.wait) for _ in range(3)]
    for thread in threads:
        thread.start()
    portal.call(gate.set)
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()


def test_a_defect_ends_it_and_is_written_down(
    loop: asyncio.AbstractEventLoop, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        raise ValueError("a defect of ours")

    with caplog.at_level(logging.ERROR, "madlen.tasks"):
        Task.start(loop, run, context()).wait()
    [record] = caplog.records
    assert record.exc_info is not None
    assert "a defect of ours" in str(record.exc_info[1])


def test_a_loop_that_ends_ends_what_runs_on_it(caplog: pytest.LogCaptureFixture) -> None:
    reached, told = threading.Event(), threading.Event()

    async def run() -> None:
        reached.set()
        await anyio.sleep_forever()

    with start_blocking_portal() as portal:
        task = Task.start(portal.call(asyncio.get_running_loop), run, context())
        task.tell(told.set)
        assert reached.wait(10)
    assert told.is_set()
    assert not caplog.records


def test_on_a_closed_loop_nothing_is_started() -> None:
    with start_blocking_portal() as portal:
        loop = portal.call(asyncio.get_running_loop)

    async def run() -> None:
        raise AssertionError

    with pytest.raises(RuntimeError):
        Task.start(loop, run, context())
