"""How far apart answers are painted while many pages draw."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

from madlen.transcript import Update
from madlen.types import Reply, Status
from madlen.ui.streaming import _Crowd, paced
from tests.store.keeping import a_reply


def test_a_few_pages_do_not_slow_each_other() -> None:
    crowd = _Crowd()
    with ExitStack() as stack:
        for _ in range(10):
            stack.enter_context(crowd.one_more())
        assert crowd.pause() == 0


def test_a_hundred_pages_paint_about_four_times_a_second_and_more_no_less() -> None:
    crowd = _Crowd()
    with ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(crowd.one_more())
        hundred = crowd.pause()
        for _ in range(900):
            stack.enter_context(crowd.one_more())
        assert 0.15 < hundred <= crowd.pause() < 0.25
    assert crowd.pause() == 0


def test_pacing_loses_and_reorders_nothing() -> None:
    ended: Reply = a_reply()
    told = [Update("a"), Update(reasoning="b"), Update(ended=ended)]
    assert list(paced(iter(told))) == told
    assert ended.status is Status.STREAMING


def test_a_page_that_leaves_counts_no_more() -> None:
    def endless() -> Iterator[Update]:
        while True:
            yield Update("x")

    crowd = _Crowd()
    watched = paced(endless())
    next(watched)
    watched.close()  # type: ignore[attr-defined]
    assert crowd.pause() == 0
