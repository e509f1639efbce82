"""What every store knows of comparisons: what they ask, and what was thought of the answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from madlen.errors import NotFound
from madlen.store import Store
from madlen.types import Lane, Parameters, Picture, Status
from madlen.votes import Vote, best, duels, ranking, tie
from tests.store.keeping import NOW, PICTURE, a_reply, a_session, a_turn, asked

LANES = (
    Lane("parrot/polly", "A", Parameters(temperature=0.5, stop=("END",)), "Be brief."),
    Lane("parrot/seer", "B"),
)
VOTE = Vote(
    "t1",
    "s1",
    best(["r1", "r2"], "r2"),
    NOW,
    bad=True,
    blind=True,
    note="Naïve, yes.",
    tags=("code", "türkçe"),
)


def compared(store: Store, number: int = 1) -> None:
    """A turn of a session with two replies to it."""
    session_id, turn_id = f"s{number}", f"t{number}"
    first = a_reply(f"r{2 * number - 1}", turn_id, session_id)
    second = a_reply(f"r{2 * number}", turn_id, session_id)
    store.begin(
        a_turn(turn_id, session_id),
        [replace(first, lane="A"), replace(second, lane="B", model_id="parrot/seer")],
        model_id="parrot/polly",
        session=a_session(session_id),
    )


def test_a_session_may_begin_with_its_lanes(store: Store) -> None:
    begun = replace(a_session(), lanes=LANES)
    store.create_session(begun)
    assert store.session("s1") == begun
    assert [one.lanes for one in store.sessions()] == [LANES]


def test_a_comparison_is_arranged_anew_without_being_dated(store: Store) -> None:
    store.create_session(a_session())
    store.arrange("s1", LANES)
    assert store.session("s1") == replace(a_session(), lanes=LANES)


def test_arranging_an_unknown_session_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound, match="no such chat"):
        store.arrange("nobody", LANES)


def test_a_turn_knows_whether_it_was_asked_blind(store: Store) -> None:
    blind = replace(a_turn(), blind=True)
    store.begin(blind, [], model_id="parrot/polly", session=a_session())
    store.begin(a_turn("t2"), [], model_id="parrot/polly")
    assert [turn.blind for turn in store.turns("s1")] == [True, False]


def test_a_reply_keeps_what_its_lane_was_told_and_where_it_was_traced(store: Store) -> None:
    told = replace(a_reply(), system="Be brief.", trace_id="a" * 32, span_id="b" * 16)
    asked(store, told)
    assert store.reply("r1") == told


def test_a_whole_session_is_kept_as_it_is(store: Store) -> None:
    drawn = Picture(sha256="cd" * 32, media_type="image/png", content=b"\x89drawn")
    reply = replace(a_reply(), status=Status.COMPLETE, text="Seven.", pictures=(drawn,))
    turn = replace(a_turn(), pictures=(PICTURE,), replies=(reply,))
    alone = replace(a_turn("t2"), text="Why?")
    store.keep(a_session(), [turn, alone])
    assert store.turns("s1") == [turn, alone]
    assert store.session("s1") == replace(a_session(), message_count=3)
    assert [session.id for session in store.sessions(words="seven")] == ["s1"]


def test_a_vote_is_kept_with_everything_that_was_said(store: Store) -> None:
    compared(store)
    store.vote(VOTE)
    assert store.votes_of("s1") == [VOTE]


def test_a_changed_vote_takes_the_place_of_the_first(store: Store) -> None:
    compared(store)
    store.vote(VOTE)
    changed = Vote("t1", "s1", tie(["r1", "r2"]), NOW + timedelta(minutes=1))
    store.vote(changed)
    assert store.votes_of("s1") == [changed]


@pytest.mark.parametrize("turn_id", ["nothing", "r1"])
def test_a_vote_on_what_is_no_prompt_is_not_found(store: Store, turn_id: str) -> None:
    compared(store)
    with pytest.raises(NotFound):
        store.vote(replace(VOTE, turn_id=turn_id))
    assert store.votes_of("s1") == []


def test_a_vote_goes_with_its_session(store: Store) -> None:
    compared(store)
    store.vote(VOTE)
    store.delete_session("s1")
    assert (store.votes_of("s1"), store.ballots()) == ([], [])


def test_votes_are_told_apart_by_their_sessions(store: Store) -> None:
    compared(store, 1)
    compared(store, 2)
    store.vote(VOTE)
    assert store.votes_of("s2") == []


def test_every_vote_comes_with_the_turn_it_is_on_oldest_first(store: Store) -> None:
    for number in (1, 2, 3):
        compared(store, number)
    later = Vote("t1", "s1", ranking(["r1", "r2"]), NOW + timedelta(minutes=2))
    earlier = Vote("t3", "s3", ranking(["r6", "r5"]), NOW)
    store.vote(later)
    store.vote(earlier)
    ballots = store.ballots()
    assert [vote for vote, _ in ballots] == [earlier, later]
    assert [turn for _, turn in ballots] == [*store.turns("s3"), *store.turns("s1")]
    fought = [duel for vote, turn in ballots for duel in duels(vote, turn)]
    assert [(duel.first, duel.outcome) for duel in fought] == [
        ("parrot/seer", "first"),
        ("parrot/polly", "first"),
    ]


def test_ballots_say_that_there_were_pictures_without_their_bytes(store: Store) -> None:
    seen = replace(a_turn(), pictures=(PICTURE, Picture(url="https://example.com/cat.png")))
    store.begin(seen, [a_reply("r1"), a_reply("r2")], model_id="parrot/seer", session=a_session())
    store.vote(VOTE)
    [(_, turn)] = store.ballots()
    assert turn.pictures == (replace(PICTURE, content=b""), seen.pictures[1])
