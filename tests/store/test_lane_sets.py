"""What every store knows of sets of lanes, and of how long answers were."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from madlen.errors import NotFound
from madlen.lane_sets import LaneSet
from madlen.store import Store
from madlen.store.lane_sets import RECENT_ANSWERS
from madlen.types import Lane, Parameters, Reply, Status, Usage
from tests.store.keeping import NOW, a_reply, a_session, a_turn
from tests.store.test_votes import LANES

SET = LaneSet("Türkçe, two ways", LANES, NOW)


def answered(number: int, tokens: int | None, status: Status = Status.COMPLETE) -> Reply:
    return replace(a_reply(f"r{number}"), status=status, usage=Usage(completion_tokens=tokens))


def kept(store: Store, *replies: Reply) -> None:
    store.create_session(a_session())
    store.begin(a_turn(), replies, model_id="parrot/polly")
    for reply in replies:
        store.save(reply)


def test_there_are_no_sets_of_lanes_to_begin_with(store: Store) -> None:
    assert store.lane_sets() == []


def test_a_set_of_lanes_is_kept_as_it_is(store: Store) -> None:
    store.keep_lane_set(SET)
    assert store.lane_sets() == [SET]
    assert store.lane_set(SET.name) == SET


def test_sets_of_lanes_come_by_their_names(store: Store) -> None:
    for name in ("b", "a", "C"):
        store.keep_lane_set(replace(SET, name=name))
    assert [one.name for one in store.lane_sets()] == ["C", "a", "b"]


def test_a_set_takes_the_place_of_one_of_the_same_name(store: Store) -> None:
    other = LaneSet(
        SET.name, (Lane("parrot/dear", "A", Parameters(seed=7)), *LANES), NOW + timedelta(hours=1)
    )
    store.keep_lane_set(SET)
    store.keep_lane_set(other)
    assert store.lane_sets() == [other]


def test_a_deleted_set_has_gone_alone(store: Store) -> None:
    store.keep_lane_set(SET)
    store.keep_lane_set(replace(SET, name="another"))
    store.delete_lane_set(SET.name)
    assert [one.name for one in store.lane_sets()] == ["another"]


def test_a_set_that_is_not_there_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound, match="no such set of lanes"):
        store.lane_set("nothing")
    with pytest.raises(NotFound, match="no such set of lanes"):
        store.delete_lane_set("nothing")


def test_the_median_length_of_a_models_answers_is_known(store: Store) -> None:
    seer = replace(answered(4, 70), model_id="parrot/seer")
    kept(store, answered(1, 10), answered(2, 500), answered(3, 30), seer)
    found = store.median_answers(["parrot/polly", "parrot/seer", "parrot/dear", "parrot/polly"])
    assert found == {"parrot/polly": 30, "parrot/seer": 70}


def test_answers_that_are_not_whole_or_not_counted_say_nothing_of_the_length(store: Store) -> None:
    kept(
        store,
        answered(1, 900, Status.STOPPED),
        answered(2, 900, Status.FAILED),
        answered(3, None),
        answered(4, 0),
    )
    assert store.median_answers(["parrot/polly"]) == {}


def test_only_the_newest_answers_say_how_long_they_are(store: Store) -> None:
    old = [answered(number, 1000) for number in range(RECENT_ANSWERS)]
    new = [answered(number, 10) for number in range(RECENT_ANSWERS, 2 * RECENT_ANSWERS)]
    kept(store, *old, *new)
    assert store.median_answers(["parrot/polly"]) == {"parrot/polly": 10}
