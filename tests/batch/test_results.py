"""A run's results: which of them stand out, and what became of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from madlen.batch import results
from madlen.prompt_sets import Cell, Check, Prompt
from madlen.types import Lane, Reply
from tests.batch.answers import LANES, answer, answered, compared, scored


def test_every_cell_has_its_reply_its_verdicts_and_what_judges_said() -> None:
    run, cells = answered(["Yes.", "No."], ["Yes.", None])
    run = replace(run, checks=(Check("contains", "yes"),))
    judged = [scored("t1A", 4), compared("t1A", "t1B", "first")]
    found = results.of(run, cells, judged)
    assert [one.passed for one in found] == [True, False, True, None]
    assert [one.score for one in found] == [4, None, None, None]
    assert [one.wins for one in found] == [(1.0,), (0.0,), (), ()]
    assert [one.failed for one in found] == [False, False, False, True]


def test_prompts_whose_answers_differ_in_words_are_different() -> None:
    run, cells = answered(["Yes.", " yes. "], ["Yes.", "No."], ["Yes.", None])
    assert results.different(results.of(run, cells)) == {"p2"}


def test_prompts_without_an_answer_or_with_one_that_failed_a_check_are_failed() -> None:
    run, cells = answered(["Yes.", "Yes."], ["Yes.", None], ["Yes.", "No."])
    run = replace(run, checks=(Check("contains", "yes"),))
    assert results.failed(results.of(run, cells)) == {"p2", "p3"}


def test_an_answer_is_slow_that_takes_twice_as_long_as_the_middle_one() -> None:
    run, cells = answered(["a", "b"], ["c", "d"])
    times = dict(zip(["t1A", "t1B", "t2A", "t2B"], [1.0, 1.0, 1.2, 3.0], strict=True))
    timed: list[tuple[Cell, Reply | None]] = [
        (cell, answer(cell.reply_id, "t", cell.lane, "x", times[cell.reply_id])) for cell, _ in cells
    ]
    assert results.slow(results.of(run, timed)) == {"p2"}
    unknown: list[tuple[Cell, Reply | None]] = [
        (cell, answer(cell.reply_id, "t", cell.lane, "x", None)) for cell, _ in cells
    ]
    assert results.slow(results.of(run, unknown)) == set()


@pytest.mark.parametrize(
    ("then", "now", "change"),
    [
        ("yes", "yes", "same"),
        ("no", "yes", "better"),
        ("yes", "no", "worse"),
        (None, "no", "better"),
        ("yes", None, "worse"),
        (None, None, "same"),
    ],
)
def test_an_answer_is_better_than_none_and_than_one_that_passed_less(
    then: str | None, now: str | None, change: str
) -> None:
    before, after = (answered([text], lanes=LANES[:1]) for text in (then, now))
    checked = [
        results.of(replace(run, checks=(Check("exact", "yes"),)), cells) for run, cells in (before, after)
    ]
    assert [one.change for one in results.differences(*checked)] == [change]


def test_a_higher_score_is_better_among_equals() -> None:
    run, cells = answered(["a"], lanes=LANES[:1])
    then, now = (results.of(run, cells, [scored("t1A", points)]) for points in (3, 4))
    assert [one.change for one in results.differences(then, now)] == ["better"]
    assert [one.change for one in results.differences(results.of(run, cells), now)] == ["same"]


def test_prompts_and_lanes_of_one_run_only_are_new_or_gone() -> None:
    then = results.of(*answered(["a", "b"], prompts=[Prompt("p1", "One?")]))
    lanes = (LANES[0], Lane("parrot/dear", "B"))
    now = results.of(
        *answered(["a", "b"], ["c", "d"], prompts=[Prompt("p1", "One?"), Prompt("p2", "2?")], lanes=lanes)
    )
    found = [(one.prompt.id, one.lane.model_id, one.change) for one in results.differences(then, now)]
    assert found == [
        ("p1", "parrot/polly", "same"),
        ("p1", "parrot/dear", "new"),
        ("p2", "parrot/polly", "new"),
        ("p2", "parrot/dear", "new"),
        ("p1", "parrot/seer", "gone"),
    ]


def test_a_prompt_of_another_set_is_the_same_by_its_words() -> None:
    then = results.of(*answered(["a", "b"], prompts=[Prompt("old", "One?")]))
    now = results.of(*answered(["a", "b"], prompts=[Prompt("new", "One?")]))
    assert {one.change for one in results.differences(then, now)} == {"same"}


def test_twin_lanes_are_told_apart_by_their_order() -> None:
    twins = (Lane("parrot/polly", "A"), Lane("parrot/polly", "B"))
    then = results.of(*answered(["a", None], lanes=twins))
    now = results.of(*answered([None, "a"], lanes=twins))
    assert [one.change for one in results.differences(then, now)] == ["worse", "better"]
