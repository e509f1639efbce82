"""Voting on the compare page: best, best and worst, a ranking, a tie; changed, noted, and on to the next."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from madlen.services.wiring import Services
from madlen.types import Lane
from madlen.votes import Vote
from tests.pages.opening import Current, texts
from tests.pages.test_compare_page import LANES, button, compared, opened
from tests.parrot import DEAR, DONE, POLLY, SEER, Parrot

FOUR = [Lane(POLLY.id, "A"), Lane(SEER.id, "B"), Lane(DEAR.id, "C"), Lane(DEAR.id, "D")]


def started(current: Current, *, blind: bool = False) -> tuple[Services, AppTest]:
    madlen = current(Parrot(["Left.", DONE]))
    return madlen, opened(session=compared(madlen, *FOUR, blind=blind).id)


def the_vote(madlen: Services, page: AppTest) -> Vote:
    [session] = (
        page.query_params["session"]
        if isinstance(page.query_params["session"], list)
        else [page.query_params["session"]]
    )
    [vote] = madlen.store.votes_of(session)
    return vote


def by_lane(madlen: Services, vote: Vote) -> tuple[str, ...]:
    """The groups of a vote as letters, such as ``("B", "ACD")``."""
    [turn] = [turn for turn in madlen.store.turns(vote.session_id) if turn.id == vote.turn_id]
    lanes = {reply.id: reply.lane for reply in turn.replies}
    return tuple("".join(sorted(lanes[one] for one in group)) for group in vote.order)


def way(page: AppTest, name: str) -> None:
    [control] = [
        one for one in page.main.button_group if one.options == ["Best", "Best and worst", "Ranking"]
    ]
    control.set_value(name).run()


@pytest.mark.parametrize(
    ("how", "clicks", "order"),
    [
        ("Best", ["B"], ("B", "ACD")),
        ("Best and worst", ["C", "A"], ("C", "BD", "A")),
        ("Ranking", ["D", "A", "C"], ("D", "A", "C", "B")),
    ],
)
def test_of_several_answers_one_can_tell_as_much_as_one_likes(
    current: Current, how: str, clicks: list[str], order: tuple[str, ...]
) -> None:
    madlen, page = started(current)
    way(page, how)
    for click in clicks:
        button(page, click)
    assert not page.exception
    assert by_lane(madlen, the_vote(madlen, page)) == order


def test_a_ranking_shows_its_places_and_can_be_started_over(current: Current) -> None:
    madlen, page = started(current)
    way(page, "Ranking")
    assert "Which is best?" in texts(page)
    button(page, "C")
    assert "Which is next?" in texts(page)
    labels = [one.label for one in page.main.button]
    assert "C · 1st" in labels
    button(page, "Start over")
    assert "Which is best?" in texts(page)
    assert madlen.store.votes_of(page.query_params["session"][0]) == []


def test_a_kept_ranking_is_said_and_may_be_changed(current: Current) -> None:
    madlen, page = started(current)
    way(page, "Best and worst")
    button(page, "C")
    button(page, "A")
    assert "C before B and D before A" in texts(page)
    button(page, "Tie")
    assert by_lane(madlen, the_vote(madlen, page)) == ("ABCD",)


def test_all_bad_is_a_tie_of_bad_answers(current: Current) -> None:
    madlen, page = started(current)
    button(page, "All bad")
    vote = the_vote(madlen, page)
    assert (vote.bad, len(vote.order)) == (True, 1)


def test_two_answers_can_both_be_bad(current: Current) -> None:
    madlen = current(Parrot(["Left.", DONE]))
    page = opened(session=compared(madlen).id)
    button(page, "Both bad")
    assert the_vote(madlen, page).bad


def test_a_note_written_after_the_vote_is_kept_with_it(current: Current) -> None:
    madlen, page = started(current, blind=True)
    button(page, "Answer A")
    cast = the_vote(madlen, page)
    page.text_input(key=f"vote-note-{cast.turn_id}").set_value("Shorter.").run()
    page.multiselect(key=f"vote-tags-{cast.turn_id}").set_value(["writing"]).run()
    noted = the_vote(madlen, page)
    assert (noted.note, noted.tags, noted.order, noted.blind) == ("Shorter.", ("writing",), cast.order, True)


def test_a_blind_vote_that_is_changed_with_the_names_in_sight_is_no_blind_one(current: Current) -> None:
    madlen, page = started(current, blind=True)
    button(page, "Answer A")
    assert the_vote(madlen, page).blind
    button(page, "B")
    assert not the_vote(madlen, page).blind


def test_next_goes_to_a_prompt_without_a_vote_and_then_to_a_new_one(current: Current) -> None:
    madlen = current(Parrot(["Left.", DONE]))
    session = compared(madlen)
    for generation in madlen.chat.ask("And now?", LANES, session_id=session.id).generations:
        list(generation.follow(every=0))
    first, second = madlen.store.turns(session.id)
    page = opened(session=session.id)
    [following] = [one for one in page.main.button if one.label == "Next"]
    assert following.proto.shortcut == "n"
    button(page, "A is better")
    button(page, "Next")
    assert page.query_params["turn"] in (first.id, [first.id])
    button(page, "Tie")
    assert {vote.turn_id for vote in madlen.store.votes_of(session.id)} == {first.id, second.id}
    button(page, "Next")
    assert not page.exception
    assert dict(page.query_params) == {}
    assert [lane.parameters for lane in page.session_state["lanes-new"]] == [
        lane.parameters for lane in LANES
    ]
