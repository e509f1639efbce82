"""Conversations that are forked, and turns that are deleted, chosen among and rated."""

from __future__ import annotations

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from madlen.errors import ModelGone, NotFound, Unacceptable
from madlen.origins import Fork, Origin
from madlen.tracing import names
from madlen.types import Lane, Parameters, Picture, Status
from tests.asking import POLLY, ended, talked
from tests.conftest import StartMadlen
from tests.parrot import DONE, SEER, Gate, Parrot


def seen(parrot: Parrot) -> list[str]:
    return [message.text for message in parrot.requests[-1].messages]


def test_a_fork_asks_the_new_words_after_the_turns_before(start_madlen: StartMadlen) -> None:
    parrot = Parrot()
    madlen = start_madlen(parrot)
    before = talked(madlen, "One", "Two", "Three")
    made = madlen.editing.fork(before[0].session_id, before[1].id, "Zwei")
    ended(made.generations[0])
    assert seen(parrot) == ["One", "One", "Zwei"]
    assert [turn.text for turn in madlen.store.turns(made.session_id)] == ["One", "Zwei"]


def test_the_original_of_a_fork_stays_and_both_know_of_one_another(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    before = talked(madlen, "One", "Two")
    original = before[0].session_id
    made = madlen.editing.fork(original, before[1].id, "Zwei")
    ended(made.generations[0])
    assert madlen.store.turns(original) == before
    assert madlen.store.origin(made.session_id) == Origin("fork", original, before[1].id)
    assert madlen.store.forks(original) == [Fork(made.session_id, "One (edited)", before[1].id)]


def test_a_fork_of_a_fork_is_called_edited_once(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    first = talked(madlen, "One", "Two")
    second = madlen.editing.fork(first[0].session_id, first[1].id, "Zwei")
    ended(second.generations[0])
    third = madlen.editing.fork(second.session_id, second.turn.id, "Deux")
    ended(third.generations[0])
    assert madlen.store.session(third.session_id).title == "One (edited)"


def test_a_fork_at_the_first_prompt_is_titled_after_its_own(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    before = talked(madlen, "One")
    made = madlen.editing.fork(before[0].session_id, before[0].id, "Uno")
    ended(made.generations[0])
    assert madlen.store.session(made.session_id).title == "Uno"


def test_a_fork_takes_images_settings_replies_and_choices_along(start_madlen: StartMadlen) -> None:
    parrot = Parrot(["First.", DONE], ["Second.", DONE], ["Third.", DONE], ["Fourth.", DONE])
    madlen = start_madlen(parrot)
    lane = Lane(SEER.id, parameters=Parameters(temperature=0.5), system="Be brief.")
    [turn] = talked(madlen, "One", lane=lane)
    ended(madlen.chat.regenerate(turn.session_id, turn.id, lane).generations[0])
    madlen.editing.choose(turn.id, turn.replies[0].id)
    picture = Picture(url="https://example.com/cat.png")
    two = madlen.chat.ask("Two", [lane], session_id=turn.session_id, pictures=[picture])
    ended(two.generations[0])
    made = madlen.editing.fork(turn.session_id, two.turn.id, "Zwei")
    ended(made.generations[0])
    assert seen(parrot) == ["Be brief.", "One", "First.", "Zwei"]
    assert parrot.requests[-1].messages[-1].pictures == (picture,)
    assert parrot.requests[-1].parameters.temperature == 0.5
    copied = madlen.store.turns(made.session_id)[0]
    assert [reply.text for reply in copied.replies] == ["First.", "Second."]
    assert madlen.store.remarks(made.session_id).chosen == {copied.id: copied.replies[0].id}


def test_a_comparison_is_forked_with_its_lanes(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    lanes = [Lane("parrot/polly", "A"), Lane(SEER.id, "B")]
    made = madlen.chat.ask("One", lanes)
    for generation in made.generations:
        ended(generation)
    forked = madlen.editing.fork(made.session_id, made.turn.id)
    for generation in forked.generations:
        ended(generation)
    [turn] = madlen.store.turns(forked.session_id)
    assert (turn.text, [reply.lane for reply in turn.replies]) == ("One", ["A", "B"])
    assert madlen.store.session(forked.session_id).lanes == tuple(lanes)


@pytest.mark.parametrize(
    ("text", "lanes", "error"),
    [(" ", [], Unacceptable), ("Zwei", [Lane("parrot/gone")], ModelGone)],
    ids=["empty", "unknown model"],
)
def test_a_fork_that_cannot_be_asked_leaves_nothing_behind(
    start_madlen: StartMadlen, text: str, lanes: list[Lane], error: type[Exception]
) -> None:
    madlen = start_madlen()
    [turn] = talked(madlen, "One")
    with pytest.raises(error):
        madlen.editing.fork(turn.session_id, turn.id, text, lanes=lanes)
    assert len(madlen.store.sessions()) == 1


def test_an_unknown_turn_cannot_be_forked_or_deleted(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    [turn] = talked(madlen, "One")
    with pytest.raises(NotFound, match="no such prompt"):
        madlen.editing.fork(turn.session_id, "nothing", "Zwei")
    with pytest.raises(NotFound, match="no such prompt"):
        madlen.editing.delete_turn(turn.session_id, "nothing")


def test_an_answer_that_is_being_written_is_not_taken_along(start_madlen: StartMadlen) -> None:
    gate = Gate()
    madlen = start_madlen(Parrot(["Half", gate, DONE], ["Two", DONE]))
    first = madlen.chat.ask("One", [POLLY])
    assert gate.reached.wait(5)
    second = madlen.chat.ask("Two", [POLLY], session_id=first.session_id)
    with pytest.raises(Unacceptable, match="still being written"):
        madlen.editing.fork(first.session_id, second.turn.id, "Zwei")
    forked = madlen.editing.fork(first.session_id, first.turn.id, "Uno")
    gate.open()
    assert madlen.store.session(forked.session_id).title == "Uno"


def test_a_deleted_turn_is_seen_by_no_model_any_more(start_madlen: StartMadlen) -> None:
    parrot = Parrot()
    madlen = start_madlen(parrot)
    turns = talked(madlen, "One", "Two")
    madlen.editing.delete_turn(turns[0].session_id, turns[0].id)
    ended(madlen.chat.ask("Three", [POLLY], session_id=turns[0].session_id).generations[0])
    assert seen(parrot) == ["Two", "Two", "Three"]


def test_deleting_a_turn_stops_its_answer(start_madlen: StartMadlen) -> None:
    gate = Gate()
    madlen = start_madlen(Parrot(["Half", gate, DONE]))
    made = madlen.chat.ask("One", [POLLY])
    assert gate.reached.wait(5)
    madlen.editing.delete_turn(made.session_id, made.turn.id)
    assert ended(made.generations[0]).status is Status.STOPPED
    assert madlen.store.turns(made.session_id) == []


def test_the_conversation_goes_on_with_the_chosen_reply(start_madlen: StartMadlen) -> None:
    parrot = Parrot(["First.", DONE], ["Second.", DONE], ["Third.", DONE])
    madlen = start_madlen(parrot)
    [turn] = talked(madlen, "One")
    ended(madlen.chat.regenerate(turn.session_id, turn.id, POLLY).generations[0])
    madlen.editing.choose(turn.id, turn.replies[0].id)
    ended(madlen.chat.ask("Two", [POLLY], session_id=turn.session_id).generations[0])
    assert seen(parrot) == ["One", "First.", "Two"]


@pytest.mark.parametrize(("rating", "score"), [("up", 1.0), ("down", 0.0)])
def test_a_thumb_is_an_evaluation_in_the_trace_of_its_answer(
    start_madlen: StartMadlen, spans: InMemorySpanExporter, rating: str, score: float
) -> None:
    madlen = start_madlen()
    reply = talked(madlen, "One")[0].replies[0]
    madlen.editing.rate(reply.id, rating)  # type: ignore[arg-type]
    [span] = [span for span in spans.get_finished_spans() if span.name == names.RATING]
    assert [f"{link.context.span_id:016x}" for link in span.links] == [reply.span_id]
    [event] = span.events
    assert event.name == names.EVALUATION
    assert dict(event.attributes or {}) == {
        "gen_ai.evaluation.name": "rating",
        "gen_ai.evaluation.score.value": score,
        "gen_ai.evaluation.score.label": rating,
        "gen_ai.response.id": "gen-1",
        "gen_ai.request.model": "parrot/polly",
    }


def test_a_thumb_that_is_taken_back_evaluates_nothing(
    start_madlen: StartMadlen, spans: InMemorySpanExporter
) -> None:
    madlen = start_madlen()
    reply = talked(madlen, "One")[0].replies[0]
    madlen.editing.rate(reply.id, "up")
    madlen.editing.rate(reply.id, None)
    assert madlen.store.remarks(reply.session_id).ratings == {}
    last = [span for span in spans.get_finished_spans() if span.name == names.RATING][-1]
    assert not last.events


def test_what_is_no_reply_cannot_be_rated(start_madlen: StartMadlen) -> None:
    madlen = start_madlen()
    [turn] = talked(madlen, "One")
    with pytest.raises(NotFound, match="no such message"):
        madlen.editing.rate(turn.id, "up")
