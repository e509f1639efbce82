"""What a set and a run say of themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from madlen.prompt_sets import Cell, CellState, Prompt, Run, RunStatus, progress

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
RUN = Run("r", "s", "Run", (), (), NOW, went_on_at=NOW)


def cells(*states: str) -> list[Cell]:
    return [Cell("r", f"p{number}", "A", CellState(state)) for number, state in enumerate(states)]


def test_variables_fill_the_words_and_unknown_ones_stay() -> None:
    prompt = Prompt("p", "{{ greeting }}, {{who}} and {{other}}", variables={"greeting": "Hi", "who": "Ayşe"})
    assert prompt.asked == "Hi, Ayşe and {{other}}"


def test_progress_counts_the_cells_by_their_state() -> None:
    found = progress(RUN, cells("waiting", "asking", "done", "done", "failed"), NOW)
    assert (found.waiting, found.asking, found.done, found.failed) == (1, 1, 2, 1)
    assert (found.total, found.ended) == (5, 3)


def test_the_time_left_follows_from_the_pace_since_the_run_went_on() -> None:
    later = NOW + timedelta(seconds=10)
    half = cells("done", "done", "waiting", "waiting")
    assert progress(RUN, half, later).seconds_left == 10
    assert progress(replace(RUN, ended_before=1), half, later).seconds_left == 20


def test_without_a_pace_no_time_is_known() -> None:
    assert progress(RUN, cells("waiting"), NOW).seconds_left is None
    assert progress(replace(RUN, ended_before=1), cells("done", "waiting"), NOW).seconds_left is None


def test_what_is_left_takes_as_long_as_the_limits_make_it() -> None:
    later = NOW + timedelta(seconds=1)
    assert progress(RUN, cells("done", "waiting"), later, least_seconds=60).seconds_left == 60
    assert progress(RUN, cells("waiting"), later, least_seconds=60).seconds_left == 60


def test_a_run_that_rests_has_no_time_left_and_one_that_is_over_none_to_go() -> None:
    paused, done = replace(RUN, status=RunStatus.PAUSED), replace(RUN, status=RunStatus.DONE)
    assert progress(paused, cells("done", "waiting"), NOW).seconds_left is None
    assert progress(done, cells("done"), NOW).seconds_left == 0
