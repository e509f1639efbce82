"""What every store knows of judges."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from madlen.judgements import Judgement
from madlen.store import Store
from tests.store.keeping import NOW
from tests.store.test_votes import VOTE, compared

PAIR = Judgement(
    "judge/one", "t1", "s1", ("r1", "r2"), NOW, "first", reason="Daha iyi.", flipped=True, template="ab"
)
SCORE = Judgement("judge/one", "t1", "s1", ("r1",), NOW + timedelta(minutes=1), score=4.5, template="cd")


def test_judgements_are_kept_with_everything_that_was_said(store: Store) -> None:
    compared(store)
    unread = replace(PAIR, judge="judge/two", outcome=None, judged_at=NOW + timedelta(minutes=2))
    for one in (PAIR, SCORE, unread):
        store.keep_judgement(one)
    assert store.judgements("s1") == store.judgements() == [PAIR, SCORE, unread]


def test_a_judge_that_is_asked_again_in_the_same_way_says_one_thing(store: Store) -> None:
    compared(store)
    store.keep_judgement(PAIR)
    changed = replace(PAIR, outcome="tie", reason="On second thought.", flipped=False)
    store.keep_judgement(changed)
    assert store.judgements() == [changed]


def test_a_judgement_on_a_turn_that_has_gone_is_not_kept(store: Store) -> None:
    store.keep_judgement(PAIR)
    assert store.judgements() == []


def test_judgements_go_with_their_session_and_are_told_apart_by_it(store: Store) -> None:
    compared(store, 1)
    compared(store, 2)
    other = replace(PAIR, turn_id="t2", session_id="s2", replies=("r3", "r4"))
    for one in (PAIR, other):
        store.keep_judgement(one)
    assert store.judgements("s2") == [other]
    store.delete_session("s1")
    assert store.judgements() == [other]


def test_a_judgement_is_no_vote(store: Store) -> None:
    compared(store)
    store.keep_judgement(PAIR)
    assert (store.votes_of("s1"), store.ballots()) == ([], [])
    store.vote(VOTE)
    assert store.judgements() == [PAIR]
