from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from madlen import race
from madlen.types import Reply, Status, Timing, Usage

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def reply(
    lane: str,
    first_chunk: float | None = 0.5,
    first_text: float | None = 1.0,
    duration: float | None = 2.0,
    *,
    after: float = 0.0,
    reply_id: str = "",
    status: Status = Status.COMPLETE,
    **usage: Any,
) -> Reply:
    return Reply(
        reply_id or lane,
        "s",
        "t",
        f"model of {lane}",
        lane,
        status,
        NOW + timedelta(seconds=after),
        usage=Usage(**usage),
        timing=Timing(first_chunk, first_text, duration),
    )


def test_a_row_says_when_its_lane_was_asked_wrote_and_ended() -> None:
    (row,) = race.rows([reply("A")])
    assert (row.queued, row.first_chunk, row.first_text, row.done) == (0.0, 0.5, 1.0, 2.0)


def test_all_lanes_are_on_the_axis_of_the_one_asked_first() -> None:
    late, early = race.rows([reply("A", after=0.25), reply("B")])
    assert (late.queued, late.first_chunk, late.done) == (0.25, 0.75, 2.25)
    assert early.queued == 0.0


def test_a_turn_without_replies_has_no_race() -> None:
    assert race.rows([]) == ()


def test_what_has_not_happened_yet_is_not_known() -> None:
    (row,) = race.rows([reply("A", first_text=None, duration=None, status=Status.STREAMING)])
    assert (row.first_chunk, row.first_text, row.done) == (0.5, None, None)


def test_a_stream_that_goes_on_is_not_done() -> None:
    (row,) = race.rows([reply("A", status=Status.STREAMING)])
    assert row.done is None


@pytest.mark.parametrize("status", [Status.STOPPED, Status.INTERRUPTED, Status.FAILED])
def test_a_lane_that_did_not_get_through_ends_too(status: Status) -> None:
    (row,) = race.rows([reply("A", status=status)])
    assert (row.status, row.done) == (status, 2.0)


def test_a_lane_asked_again_later_starts_at_zero() -> None:
    again, other = race.rows([reply("A"), reply("B"), reply("A", after=3600, reply_id="A2")])
    assert (again.reply_id, again.again, again.queued, again.done) == ("A2", True, 0.0, 2.0)
    assert not other.again


def test_the_best_of_each_figure_is_marked() -> None:
    quick = reply("quick", 0.1, 2.0, 4.0, completion_tokens=100, cost=Decimal("0.02"))
    cheap = reply("cheap", 0.3, 1.0, 3.0, completion_tokens=900, cost=Decimal("0.01"))
    assert race.best([quick, cheap]) == {
        "first chunk": {"quick"},
        "first text": {"cheap"},
        "total": {"cheap"},
        "speed": {"cheap"},
        "cost": {"cheap"},
    }


def test_all_that_are_equally_good_are_marked() -> None:
    free = [reply(lane, cost=Decimal(0)) for lane in "AB"]
    assert race.best([*free, reply("C", cost=Decimal("0.01"))])["cost"] == {"A", "B"}


def test_times_that_read_the_same_are_equal() -> None:
    assert race.best([reply("A", 0.501), reply("B", 0.499)])["first chunk"] == {"A", "B"}


@pytest.mark.parametrize("status", [Status.STREAMING, Status.STOPPED, Status.INTERRUPTED, Status.FAILED])
def test_an_answer_that_is_not_whole_does_not_win(status: Status) -> None:
    halted = reply("A", duration=0.1, status=status)
    assert race.best([halted, reply("B"), reply("C", duration=3.0)])["total"] == {"B"}


def test_nobody_wins_alone() -> None:
    assert race.best([reply("A"), reply("B", None, None, None)]) == {}


def test_a_lane_waits_thinks_and_writes() -> None:
    (row,) = race.rows([reply("A")])
    assert row.phases == (("waiting", 0.0, 0.5), ("thinking", 0.5, 1.0), ("writing", 1.0, 2.0))


def test_a_lane_that_failed_without_a_word_only_waited() -> None:
    (row,) = race.rows([reply("A", None, None, 2.0, status=Status.FAILED)])
    assert row.phases == (("waiting", 0.0, 2.0),)


def test_a_lane_that_ended_before_it_spoke_only_thought() -> None:
    (row,) = race.rows([reply("A", 0.5, None, 2.0, status=Status.STOPPED)])
    assert row.phases == (("waiting", 0.0, 0.5), ("thinking", 0.5, 2.0))


def test_a_lane_whose_first_chunk_has_words_does_not_think() -> None:
    (row,) = race.rows([reply("A", 0.5, 0.5, 2.0)])
    assert row.phases == (("waiting", 0.0, 0.5), ("writing", 0.5, 2.0))


def test_a_lane_in_flight_has_the_phases_that_are_over() -> None:
    (row,) = race.rows([reply("A", 0.5, None, None, status=Status.STREAMING)])
    assert row.phases == (("waiting", 0.0, 0.5),)
