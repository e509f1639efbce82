"""Asking several lanes, voting on what they said, and going on with one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from madlen import comparison
from madlen.errors import ModelGone, NotFound, Unacceptable, UpstreamError
from madlen.services.wiring import Services
from madlen.types import Lane, Parameters, Reasoning, Session, Status, Turn
from madlen.votes import Order, Vote, best, best_and_worst, ranking, tie
from tests.conftest import StartMadlen
from tests.parrot import DONE, Gate, Parrot
from tests.store.keeping import PICTURE
from tests.waiting import step_done

LANES = (
    Lane("parrot/polly", "A", Parameters(temperature=0.1), "Be brief."),
    Lane("parrot/seer", "B", Parameters(temperature=0.9)),
    Lane("parrot/polly", "C"),
)
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def compared(madlen: Services, text: str = "Hi", lanes: Sequence[Lane] = LANES, session_id: str = "") -> Turn:
    """Asks the lanes, waits for all answers and gives the turn as it is kept."""
    made = madlen.chat.ask(text, lanes, session_id=session_id)
    for generation in made.generations:
        list(generation.follow(every=0))
    return madlen.store.turns(made.session_id)[-1]


def voted(turn: Turn, order: Order) -> Vote:
    return Vote(turn.id, turn.session_id, order, NOW)


def test_a_comparison_that_begins_keeps_its_lanes(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    assert madlen.store.session(compared(madlen).session_id).lanes == LANES


def test_a_single_lane_with_a_name_of_its_own_is_a_comparison_too(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    assert madlen.store.session(compared(madlen, lanes=LANES[:1]).session_id).lanes == LANES[:1]


def test_a_chat_keeps_no_lanes(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    turn = compared(madlen, lanes=[Lane("parrot/polly", system="Be kind.")])
    session = madlen.store.session(turn.session_id)
    assert (session.lanes, session.system) == ((), "Be kind.")


def test_a_comparison_can_be_arranged_anew(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    turn = compared(madlen)
    madlen.chat.arrange(turn.session_id, LANES[:2])
    assert madlen.store.session(turn.session_id).lanes == LANES[:2]
    with pytest.raises(Unacceptable, match="Two lanes have the name 'A'"):
        madlen.chat.arrange(turn.session_id, [LANES[0], LANES[0]])


def test_a_blind_prompt_is_kept_as_one(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    made = madlen.chat.ask("Hi", LANES, blind=True)
    assert madlen.store.turns(made.session_id)[0].blind


@pytest.mark.parametrize(
    ("lanes", "sentence"),
    [
        ([], "1 to 12 lanes, not to 0"),
        ([Lane("parrot/polly", str(n)) for n in range(13)], "1 to 12 lanes, not to 13"),
        ([Lane("parrot/polly", "A"), Lane("parrot/seer", "A")], "Two lanes have the name 'A'"),
        ([Lane("parrot/polly", " "), Lane("parrot/seer", "A")], "needs a name"),
    ],
)
def test_lanes_that_cannot_be_told_apart_are_a_sentence(
    start_madlen: StartMadlen, lanes: list[Lane], sentence: str
) -> None:
    madlen = start_madlen()
    with pytest.raises(Unacceptable, match=sentence):
        madlen.chat.ask("Hi", lanes)
    assert madlen.store.sessions() == []


def test_a_lane_that_cannot_be_asked_fails_and_the_others_answer(start_madlen: StartMadlen) -> None:
    parrot = Parrot()
    lanes = [Lane("parrot/dodo", "A"), Lane("parrot/polly", "B"), Lane("parrot/seer", "C")]
    madlen = start_madlen(parrot)
    made = madlen.chat.ask("Look", lanes, pictures=[PICTURE])
    for generation in made.generations:
        list(generation.follow(every=0))
    gone, blind, seen = madlen.store.turns(made.session_id)[0].replies
    assert [reply.status for reply in (gone, blind, seen)] == ["failed", "failed", "complete"]
    assert [reply.failure and reply.failure.kind for reply in (gone, blind)] == ["model-gone", "unsupported"]
    assert [request.model_id for request in parrot.requests] == ["parrot/seer"]


def test_where_no_lane_can_be_asked_nothing_is_kept(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    with pytest.raises(ModelGone):
        madlen.chat.ask("Hi", [Lane("parrot/dodo", "A"), Lane("parrot/moa", "B")])
    assert madlen.store.sessions() == []


def test_each_reply_knows_what_its_lane_was_told(start_madlen: StartMadlen) -> None:
    turn = compared(start_madlen())
    assert [reply.system for reply in turn.replies] == ["Be brief.", "", ""]


def test_a_lane_that_is_asked_again_is_told_the_same(start_madlen: StartMadlen) -> None:
    parrot = Parrot()
    madlen = start_madlen(parrot)
    turn = compared(madlen)
    again = madlen.chat.regenerate(turn.session_id, turn.id, replace(LANES[0], system=""))
    list(again.generations[0].follow(every=0))
    assert parrot.requests[-1].messages[0].text == "Be brief."
    assert again.generations[0].reply().system == "Be brief."


def test_a_lane_that_had_no_reply_yet_is_told_what_is_set_in_it(start_madlen: StartMadlen) -> None:
    parrot = Parrot()
    madlen = start_madlen(parrot)
    turn = compared(madlen)
    again = madlen.chat.regenerate(turn.session_id, turn.id, Lane("parrot/seer", "late", system="Be gentle."))
    list(again.generations[0].follow(every=0))
    assert parrot.requests[-1].messages[0].text == "Be gentle."


@pytest.mark.parametrize("name", ["chat", "A"])
def test_a_lane_whose_system_prompt_was_taken_out_is_asked_again_without(
    start_madlen: StartMadlen, name: str
) -> None:
    parrot = Parrot()
    madlen = start_madlen(parrot)
    turn = compared(madlen, lanes=[Lane("parrot/polly", name, system="Be kind.")])
    again = madlen.chat.regenerate(turn.session_id, turn.id, Lane("parrot/polly", name), system="")
    list(again.generations[0].follow(every=0))
    assert [message.role for message in parrot.requests[-1].messages] == ["user"]


@pytest.mark.parametrize(("given", "told"), [(None, "Be brief."), ("", ""), ("Be long.", "Be long.")])
def test_an_answer_goes_on_with_what_it_was_told_unless_told_otherwise(
    start_madlen: StartMadlen, given: str | None, told: str
) -> None:
    madlen = start_madlen(Parrot(["Once "], ["upon.", DONE]))
    [cut] = compared(madlen, lanes=LANES[:1]).replies
    [generation] = madlen.chat.resume(cut.id, system=given).generations
    list(generation.follow(every=0))
    assert (generation.reply().system, generation.reply().text) == (told, "Once upon.")


def continued(madlen: Services, turn: Turn, lane: str) -> tuple[Session, list[Turn]]:
    chat = madlen.chat.continue_with(turn.session_id, lane)
    return chat, madlen.store.turns(chat.id)


def test_one_goes_on_with_the_answers_of_one_lane_as_a_chat(start_madlen: StartMadlen) -> None:
    parrot = Parrot()
    madlen = start_madlen(parrot)
    first = compared(madlen, "First?")
    second = compared(madlen, "Second?", session_id=first.session_id)
    chat, turns = continued(madlen, first, "A")
    assert (chat.title, chat.model_id, chat.lanes) == ("First?", "parrot/polly", ())
    assert (chat.system, chat.parameters) == ("Be brief.", Parameters(temperature=0.1))
    assert [(turn.text, [reply.text for reply in turn.replies]) for turn in turns] == [
        ("First?", ["First?"]),
        ("Second?", ["Second?"]),
    ]
    assert [reply.lane for turn in turns for reply in turn.replies] == ["chat", "chat"]
    ids = {turn.id for turn in turns} | {reply.id for turn in turns for reply in turn.replies}
    assert not ids & {first.id, second.id, *(reply.id for reply in (*first.replies, *second.replies))}
    compared(madlen, "Third?", [Lane("parrot/polly")], chat.id)
    assert [message.text for message in parrot.requests[-1].messages] == [
        "First?",
        "First?",
        "Second?",
        "Second?",
        "Third?",
    ]


def test_going_on_takes_the_last_reply_of_the_lane_and_the_pictures(start_madlen: StartMadlen) -> None:
    madlen = start_madlen(Parrot(["One.", DONE], ["Two.", DONE]))
    lane = Lane("parrot/seer", "A", Parameters(seed=1))
    made = madlen.chat.ask("Look", [lane], pictures=[PICTURE])
    list(made.generations[0].follow(every=0))
    other = replace(lane, parameters=Parameters(seed=2))
    again = madlen.chat.regenerate(made.session_id, made.turn.id, other)
    list(again.generations[0].follow(every=0))
    _, [turn] = continued(madlen, made.turn, "A")
    assert turn.pictures == (PICTURE,)
    assert [(reply.text, reply.parameters) for reply in turn.replies] == [("Two.", Parameters(seed=2))]


def test_one_cannot_go_on_with_what_is_not_there_or_not_whole(start_madlen: StartMadlen) -> None:
    gate = Gate()
    madlen = start_madlen(Parrot([Reasoning("Hm."), gate, DONE]))
    made = madlen.chat.ask("Hi", LANES[:1])
    assert gate.reached.wait(5)
    with pytest.raises(Unacceptable, match="still being written"):
        madlen.chat.continue_with(made.session_id, "A")
    with pytest.raises(Unacceptable, match="No answer stands in lane 'Z'"):
        madlen.chat.continue_with(made.session_id, "Z")
    with pytest.raises(NotFound):
        madlen.chat.continue_with("nothing", "A")
    gate.open()
    assert len(madlen.store.sessions()) == 1


def test_a_vote_is_kept_and_may_be_changed(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    turn = compared(madlen)
    ids = [reply.id for reply in turn.replies]
    madlen.chat.vote(voted(turn, best(ids, ids[1])))
    changed = voted(turn, ranking(ids))
    madlen.chat.vote(changed)
    assert madlen.store.votes_of(turn.session_id) == [changed]


@pytest.mark.parametrize(
    ("order", "sentence"),
    [
        ((), "at least one answer"),
        ((("a",), ()), "in each of its groups"),
        ((("a",), ("a",)), "each answer once"),
        ((("a",), ("elsewhere",)), "does not have all of them"),
    ],
)
def test_a_vote_that_orders_nothing_of_the_prompt_is_a_sentence(
    start_madlen: StartMadlen, order: Order, sentence: str
) -> None:
    madlen = start_madlen()
    turn = compared(madlen, lanes=LANES[:2])
    own = {"a": turn.replies[0].id}
    named = tuple(tuple(own.get(one, one) for one in group) for group in order)
    with pytest.raises(Unacceptable, match=sentence):
        madlen.chat.vote(voted(turn, named))
    assert madlen.store.votes_of(turn.session_id) == []


def test_a_vote_on_a_prompt_that_has_gone_is_not_found(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    turn = compared(madlen)
    madlen.chat.delete_session(turn.session_id)
    with pytest.raises(NotFound, match="no such prompt"):
        madlen.chat.vote(voted(turn, tie([turn.replies[0].id])))


def test_a_vote_is_a_span_linked_to_the_answers_with_a_result_for_each(
    start_madlen: StartMadlen, spans: InMemorySpanExporter
) -> None:
    madlen = start_madlen(Parrot(["canary-answer", DONE], ["B", DONE], [UpstreamError("Down.")]))
    turn = compared(madlen, "canary-prompt")
    first, second, third = (reply.id for reply in turn.replies)
    order = best_and_worst([first, second, third], second, third)
    madlen.chat.vote(replace(voted(turn, order), note="canary-note", tags=("canary-tag",)))
    [span] = [span for span in spans.get_finished_spans() if span.name == "vote"]
    step_done(madlen)
    chats = {
        one.context.span_id: one.attributes["gen_ai.request.model"]
        for one in spans.get_finished_spans()
        if one.name.startswith("chat ") and one.context and one.attributes
    }
    assert [chats[link.context.span_id] for link in span.links] == [
        "parrot/seer",
        "parrot/polly",
        "parrot/polly",
    ]
    results = [event.attributes or {} for event in span.events if event.name == "gen_ai.evaluation.result"]
    assert [result["gen_ai.evaluation.score.value"] for result in results] == [1.0, 0.5, 0.0]
    assert [result["gen_ai.evaluation.score.label"] for result in results] == ["best", "between", "worst"]
    assert {result["gen_ai.evaluation.name"] for result in results} == {"vote"}
    assert "canary" not in span.to_json()


@pytest.mark.parametrize(("bad", "label", "score"), [(False, "tie", 0.5), (True, "bad", 0.0)])
def test_a_tie_and_both_bad_are_results_of_their_own(
    start_madlen: StartMadlen, spans: InMemorySpanExporter, bad: bool, label: str, score: float
) -> None:
    madlen = start_madlen()
    turn = compared(madlen, lanes=LANES[:2])
    madlen.chat.vote(replace(voted(turn, tie(reply.id for reply in turn.replies)), bad=bad))
    [span] = [span for span in spans.get_finished_spans() if span.name == "vote"]
    results = [event.attributes or {} for event in span.events]
    assert {result["gen_ai.evaluation.score.label"] for result in results} == {label}
    assert {result["gen_ai.evaluation.score.value"] for result in results} == {score}


def test_where_nothing_is_traced_a_vote_is_kept_all_the_same(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    turn = compared(madlen)
    reply = turn.replies[0]
    madlen.store.save(replace(reply, trace_id="", span_id=""))
    madlen.chat.vote(voted(turn, tie([reply.id])))
    assert len(madlen.store.votes_of(turn.session_id)) == 1
    assert reply.status is Status.COMPLETE


def test_the_lanes_of_a_turn_are_as_they_were_asked_last(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    turn = compared(madlen)
    assert comparison.lanes_of(turn) == tuple(LANES)
    other = Lane("parrot/dear", LANES[1].name, Parameters(seed=7))
    again = madlen.chat.regenerate(turn.session_id, turn.id, other)
    list(again.generations[0].follow(every=0))
    [now] = madlen.store.turns(turn.session_id)
    assert comparison.lanes_of(now) == (LANES[0], other, *LANES[2:])
