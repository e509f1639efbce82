"""What every store says of all that it holds, and how all of it is let go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from madlen.errors import Unacceptable
from madlen.store import Store
from madlen.track_records import NEWEST, TrackRecord
from madlen.types import Choices, Failure, Reply, Status, Timing, Usage
from madlen.votes import Vote, best, duels, ranking, tie
from tests.store.keeping import NOW, PICTURE, a_reply, a_session, a_turn
from tests.store.test_runs import begun

SEER = "parrot/seer"
numbers = count(1)


def answer(model_id: str = "parrot/polly", **changes: object) -> Reply:
    """A whole answer of a model, with an id of its own."""
    whole = replace(a_reply(f"answer-{next(numbers)}"), model_id=model_id, status=Status.COMPLETE)
    return replace(whole, **changes)  # type: ignore[arg-type]


def kept(store: Store, *replies: Reply, session_id: str = "s1", turn_id: str = "t1") -> list[Reply]:
    """A session with one prompt and these answers."""
    own = [replace(reply, session_id=session_id, turn_id=turn_id) for reply in replies]
    turn = replace(a_turn(turn_id, session_id), replies=tuple(own), pictures=(PICTURE,))
    store.keep(a_session(session_id), [turn])
    return own


def timed(first: float | None, chunk: float, duration: float, tokens: int) -> Reply:
    return answer(usage=Usage(completion_tokens=tokens), timing=Timing(chunk, first, duration))


def test_without_answers_there_are_no_track_records(store: Store) -> None:
    assert store.track_records() == {}


def test_a_track_record_has_medians_of_what_is_known(store: Store) -> None:
    replies = [
        timed(0.5, 0.5, 2.5, 100),
        timed(None, 0.1, 1.1, 30),
        timed(0.3, 0.2, 1.2, 70),
        answer(status=Status.FAILED, failure=Failure("gone", "Gone.")),
    ]
    kept(store, *replies)
    record = store.track_records()["parrot/polly"]
    assert (record.answers, record.failures) == (4, 1)
    assert record.first_token == pytest.approx(0.3)
    assert record.tokens_per_second == pytest.approx(50)
    speeds = [reply.tokens_per_second for reply in replies]
    assert sorted(speed for speed in speeds if speed) == pytest.approx([30, 50, 70])


def test_an_answer_that_came_at_once_has_no_speed(store: Store) -> None:
    kept(store, timed(0.5, 0.5, 0.51, 100))
    assert store.track_records()["parrot/polly"].tokens_per_second is None


def test_a_model_that_only_failed_has_no_times(store: Store) -> None:
    kept(store, answer(SEER, status=Status.FAILED))
    assert store.track_records() == {SEER: TrackRecord(SEER, answers=1, failures=1)}


def test_only_the_newest_answers_say_how_a_model_does(store: Store) -> None:
    old = [answer(status=Status.FAILED, timing=Timing(9, 9, 10)) for _ in range(3)]
    new = [answer(timing=Timing(1, 1, 2)) for _ in range(NEWEST)]
    kept(store, *old, *new)
    record = store.track_records()["parrot/polly"]
    assert (record.answers, record.failures, record.first_token) == (NEWEST + 3, 0, 1)


Make = Callable[[list[str]], tuple[tuple[str, ...], ...]]
ORDERS: dict[str, Make] = {
    "best": lambda ids: best(ids, ids[1]),
    "ranking": ranking,
    "tie": tie,
    "not judged": lambda ids: ((ids[0],),),
    "gone": lambda ids: ((ids[2],), ("gone",)),
}


@pytest.mark.parametrize("order", ORDERS)
def test_votes_are_won_and_lost_as_the_leaderboard_counts_them(store: Store, order: str) -> None:
    replies = kept(store, answer(), answer(SEER), answer(SEER), answer("parrot/dear"))
    vote = Vote("t1", "s1", ORDERS[order]([reply.id for reply in replies]), NOW)
    store.vote(vote)
    [turn] = store.turns("s1")
    fought = list(duels(vote, turn))
    for model_id, record in store.track_records().items():
        won = [(one.first, one.outcome) == (model_id, "first") for one in fought]
        won += [(one.second, one.outcome) == (model_id, "second") for one in fought]
        lost = [(one.first, one.outcome) == (model_id, "second") for one in fought]
        lost += [(one.second, one.outcome) == (model_id, "first") for one in fought]
        assert (record.won, record.lost) == (sum(won), sum(lost))


def test_holdings_count_what_there_is_and_its_bytes(store: Store) -> None:
    kept(store, answer(), answer(SEER))
    held = store.holdings()
    assert (held.chats, held.messages, held.images, held.votes) == (1, 3, 1, 0)
    assert held.bytes + (held.log_bytes or 0) > 10_000


def test_all_chats_are_deleted_with_all_that_hangs_on_them(store: Store) -> None:
    replies = kept(store, answer(), answer(SEER))
    kept(store, session_id="s2", turn_id="t2")
    store.vote(Vote("t1", "s1", tie([reply.id for reply in replies]), NOW))
    assert sorted(store.delete_chats(2)) == ["s1", "s2"]
    held = store.holdings()
    assert (held.chats, held.messages, held.images, held.votes) == (0, 0, 0, 0)
    assert store.sessions(words="rainbows") == []


def test_a_reply_in_flight_is_unwanted_when_all_chats_are_deleted(store: Store) -> None:
    store.begin(a_turn(), [a_reply()], model_id=SEER, session=a_session())
    store.delete_chats(1)
    assert store.unwanted(["r1"]) == {"r1"}


def test_nothing_is_deleted_when_there_are_not_as_many_chats_as_were_counted(store: Store) -> None:
    kept(store, answer())
    with pytest.raises(Unacceptable, match="The number of chats is 1 by now"):
        store.delete_chats(2)
    assert store.session("s1").message_count == 2


def test_runs_of_prompt_sets_stay_when_all_chats_are_deleted(store: Store) -> None:
    begun(store)
    store.delete_chats(0)
    assert len(store.turns(store.run("r").session_id)) == 2


def test_what_was_chosen_is_forgotten(store: Store) -> None:
    store.pin_model(SEER, NOW + timedelta(seconds=1))
    store.begin(a_turn(), [a_reply()], model_id=SEER, session=a_session())
    store.forget_choices()
    assert store.choices() == Choices()
