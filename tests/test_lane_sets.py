"""Sets of lanes as they are kept by name."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from madlen import lane_sets
from madlen.errors import Unacceptable
from madlen.types import Lane
from tests.conftest import StartMadlen

NOW = datetime(2026, 11, 23, tzinfo=UTC)
LANES = [Lane("parrot/polly", "A"), Lane("parrot/seer", "B")]


def test_the_white_space_in_a_name_is_made_single() -> None:
    assert lane_sets.made("  my \n lanes ", LANES, NOW) == lane_sets.LaneSet("my lanes", tuple(LANES), NOW)


@pytest.mark.parametrize(
    ("name", "sentence"), [(" ", "needs a name"), ("a/b", "no slash"), ("n" * 101, "at most 100 characters")]
)
def test_a_name_that_cannot_stand_in_an_address_is_a_sentence(name: str, sentence: str) -> None:
    with pytest.raises(Unacceptable, match=sentence):
        lane_sets.made(name, LANES, NOW)


def test_lanes_that_cannot_be_asked_at_once_are_not_kept(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    with pytest.raises(Unacceptable, match="Two lanes have the name"):
        madlen.chat.keep_lane_set("mine", [LANES[0], LANES[0]])
    assert madlen.store.lane_sets() == []
