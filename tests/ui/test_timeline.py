"""The race of a turn as bars."""

from __future__ import annotations

from madlen.race import Row
from madlen.types import Status
from madlen.ui import palette, timeline

NAMES = {"parrot/polly": "Polly"}
POLLY = palette.MODELS[0]


def bars(first_chunk: float | None, first_text: float | None, done: float) -> list[tuple[object, ...]]:
    row = Row("A", "r1", "parrot/polly", Status.COMPLETE, 0.0, first_chunk, first_text, done)
    return [
        (bar["phase"], bar["colour"], bar["from"], bar["to"]) for bar in timeline._bars(row, NAMES, POLLY)
    ]


def test_a_lane_is_grey_until_its_model_begins_and_then_of_the_models_colour() -> None:
    assert bars(1.0, 2.0, 4.0) == [
        ("waiting", palette.QUIET, 0.0, 1.0),
        ("thinking", POLLY, 1.0, 2.0),
        ("writing", POLLY, 2.0, 4.0),
    ]


def test_a_lane_that_failed_without_a_word_only_waited() -> None:
    assert bars(None, None, 4.0) == [("waiting", palette.QUIET, 0.0, 4.0)]
