"""Lanes as they are named, described and swept."""

from __future__ import annotations

import pytest

from madlen.types import Lane, Parameters
from madlen.ui import lanes, layout

A, B = Lane("a/one", "A", Parameters(seed=7), "Be brief."), Lane("b/two", "B")


def test_lanes_are_named_by_letters_that_are_not_taken() -> None:
    assert lanes.names(3, ["A", "C"]) == ["B", "D", "E"]


def test_up_to_four_lanes_share_the_width_and_more_are_scrolled() -> None:
    assert (layout.width(4), layout.width(5)) == ("stretch", layout.LANE_WIDTH)


@pytest.mark.parametrize(
    ("parameters", "system", "line"),
    [
        (Parameters(), "", ""),
        (Parameters(temperature=0.0), "", "temperature 0.0"),
        (Parameters(max_tokens=1200, reasoning_effort="low"), "", "at most 1,200 tokens · effort low"),
        (Parameters(stop=("END",)), "Be\n brief.", "stops at 'END' · told “Be brief.”"),
    ],
)
def test_a_lane_says_how_it_asks_where_that_is_not_left_to_the_model(
    parameters: Parameters, system: str, line: str
) -> None:
    assert lanes.described(parameters, system) == line


def test_a_sweep_puts_one_lane_for_each_value_in_the_place_of_one() -> None:
    made = lanes.swept(A, [A, B], "temperature", "0, 0.5,1")
    assert [(lane.name, lane.model_id, lane.parameters.temperature) for lane in made] == [
        ("C", "a/one", 0.0),
        ("D", "a/one", 0.5),
        ("E", "a/one", 1.0),
        ("B", "b/two", None),
    ]
    assert all(lane.parameters.seed == 7 and lane.system == "Be brief." for lane in made[:3])


@pytest.mark.parametrize(
    ("parameter", "written", "first"),
    [
        ("top_p", "0.1,0.9", 0.1),
        ("max_tokens", "10,20", 10),
        ("seed", "1,2", 1),
        ("reasoning_effort", "low,high", "low"),
    ],
)
def test_every_parameter_can_be_swept(parameter: str, written: str, first: object) -> None:
    made = lanes.swept(B, [A, B], parameter, written)
    assert getattr(made[1].parameters, parameter) == first


@pytest.mark.parametrize(
    ("parameter", "written", "sentence"),
    [
        ("temperature", "0.5", "at least two values"),
        ("temperature", "0, hot", "'hot' is no number from 0 to 2"),
        ("temperature", "0, 3", "'3' is no number from 0 to 2"),
        ("temperature", "0, nan", "'nan' is no number"),
        ("max_tokens", "0, 1", "'0' is no whole number from 1 on"),
        ("seed", "1, 99999999999", "no whole number"),
        ("reasoning_effort", "low, much", "'much' is no effort"),
        ("seed", ",".join(map(str, range(12))), "13 lanes; at most 12"),
    ],
)
def test_values_that_cannot_be_swept_are_a_sentence(parameter: str, written: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        lanes.swept(B, [A, B], parameter, written)
