"""What every store promises of the figures of answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from madlen.origins import Origin
from madlen.store import Store, open_store
from madlen.types import Reply, Status, Timing, Usage
from madlen.usage import Slot, Spread
from tests.store.keeping import NOW, a_reply, a_session, a_turn

COST = Decimal("0.0000712")
TOOK = Usage(100, 20, 120, 5, cost=COST)
TIMES = Timing(0.5, 1.0, 2.5)


def answered(store: Store, name: str, *, day: int = 0, hour: int = 0, **changes: Any) -> Reply:
    """A chat with one answer, which has ended."""
    moment = NOW + timedelta(days=day, hours=hour)
    begun = replace(a_reply(f"r-{name}", f"t-{name}", name), created_at=moment, **changes)
    streaming = replace(begun, status=Status.STREAMING)
    turn = replace(a_turn(f"t-{name}", name), created_at=moment)
    store.begin(turn, [streaming], model_id="m", session=a_session(name, f"Title of {name}"))
    ended = begun if "status" in changes else replace(begun, status=Status.COMPLETE)
    store.save(ended)
    return ended


def test_an_answer_that_ended_is_in_the_figures_of_its_model(store: Store) -> None:
    answered(store, "a", usage=TOOK, timing=TIMES)
    [taken] = store.usage("model")
    assert (taken.key, taken.answers, taken.failures, taken.stopped) == ("parrot/polly", 1, 0, 0)
    assert (taken.prompt_tokens, taken.completion_tokens, taken.reasoning_tokens) == (100, 20, 5)
    assert taken.cost == COST
    assert taken.first_token == Spread(1.0, 1.0)
    assert taken.speed == Spread(10.0, 10.0)
    assert taken.duration == Spread(2.5, 2.5)


def test_an_answer_in_flight_is_in_no_figures(store: Store) -> None:
    store.begin(a_turn(), [a_reply()], model_id="m", session=a_session())
    store.checkpoint([replace(a_reply(), text="So far")])
    assert store.usage("model") == []


def test_a_cost_that_comes_later_takes_its_place(store: Store) -> None:
    reply = answered(store, "a", status=Status.STOPPED)
    assert store.usage("model")[0].cost == 0
    store.save(replace(reply, usage=TOOK))
    [taken] = store.usage("model")
    assert (taken.answers, taken.stopped, taken.cost) == (1, 1, COST)


def test_failures_are_counted_apart(store: Store) -> None:
    answered(store, "a", status=Status.FAILED)
    answered(store, "b", status=Status.INTERRUPTED)
    answered(store, "c")
    [taken] = store.usage("model")
    assert (taken.answers, taken.failures) == (3, 2)


def test_an_abandoned_answer_is_a_failure(store: Store) -> None:
    store.begin(a_turn(), [a_reply()], model_id="m", session=a_session())
    store.interrupt_abandoned(NOW + timedelta(hours=1), "Ended.")
    assert store.usage("model")[0].failures == 1


def test_a_copy_of_an_answer_took_nothing(store: Store) -> None:
    reply = replace(a_reply(), status=Status.COMPLETE, usage=TOOK)
    store.keep(a_session(), [replace(a_turn(), replies=(reply,))], origin=Origin("fork", "s0", "t0"))
    assert store.usage("model") == []


def test_an_answer_that_is_not_kept_can_be_noted_and_put_right(store: Store) -> None:
    reply = replace(a_reply(session_id=""), status=Status.COMPLETE, timing=TIMES)
    store.note_usage(reply)
    store.note_usage(replace(reply, usage=TOOK))
    [taken] = store.usage("session")
    assert (taken.key, taken.title, taken.answers, taken.cost) == ("", "", 1, COST)
    assert store.usage("model")[0].speed == Spread(10.0, 10.0)


def test_the_dearest_model_comes_first(store: Store) -> None:
    answered(store, "a", model_id="m/cheap", usage=Usage(1, 1, cost=Decimal("0.1")))
    answered(store, "b", model_id="m/dear", usage=Usage(1, 1, cost=Decimal("0.2")))
    answered(store, "c", model_id="m/free", usage=Usage(5, 5, cost=Decimal(0)))
    answered(store, "d", model_id="m/freest", usage=Usage(1, 1))
    assert [one.key for one in store.usage("model")] == ["m/dear", "m/cheap", "m/free", "m/freest"]
    assert [one.key for one in store.usage("model", limit=1)] == ["m/dear"]


def test_days_are_of_utc_and_the_newest_comes_first(store: Store) -> None:
    answered(store, "a", hour=11)
    answered(store, "b", hour=12)
    answered(store, "c", day=-1)
    found = store.usage("day")
    assert [(one.key, one.answers) for one in found] == [
        ("2026-11-24", 1),
        ("2026-11-23", 1),
        ("2026-11-22", 1),
    ]


def test_a_period_leaves_out_what_was_before(store: Store) -> None:
    answered(store, "a", usage=TOOK, timing=TIMES)
    answered(store, "b", day=-3, timing=Timing(9, 9, 9))
    since = NOW - timedelta(days=1)
    for by in ("model", "day", "session"):
        [taken] = store.usage(by, since)
        assert (taken.answers, taken.duration) == (1, Spread(2.5, 2.5))
    assert [slot.begin for slot in store.usage_over_time("day", since)] == ["2026-11-23"]


def test_sessions_come_with_their_titles(store: Store) -> None:
    answered(store, "a", usage=TOOK, timing=TIMES)
    [taken] = store.usage("session")
    assert (taken.key, taken.title, taken.duration) == ("a", "Title of a", Spread(2.5, 2.5))


def test_what_was_spent_in_chats_that_are_gone_stays_known_without_their_titles(store: Store) -> None:
    for name in ("a", "b"):
        answered(store, name, usage=TOOK)
    store.delete_session("a")
    store.discard(["b"], NOW)
    [taken] = store.usage("session")
    assert (taken.key, taken.title, taken.answers, taken.cost) == ("", "", 2, 2 * COST)
    assert store.usage("model")[0].answers == 2


def test_percentiles_are_of_what_was_measured(store: Store) -> None:
    for second in range(1, 21):
        answered(
            store, f"a{second}", usage=Usage(completion_tokens=100), timing=Timing(0, second, float(second))
        )
    answered(store, "none")
    [taken] = store.usage("model")
    assert taken.duration == Spread(10.0, 19.0)
    assert taken.speed == Spread(10.0, 100 / 19)


def test_hours_and_days_are_told_apart_by_model(store: Store) -> None:
    answered(store, "a", usage=TOOK)
    answered(store, "b", status=Status.FAILED)
    answered(store, "c", hour=1, model_id="m/other")
    first = Slot("2026-11-23T12", "parrot/polly", 2, 1, 120, COST)
    assert store.usage_over_time("hour") == [first, Slot("2026-11-23T13", "m/other", 1, 0, 0, Decimal(0))]
    assert store.usage_over_time("day")[1] == replace(first, begin="2026-11-23")


def test_absurd_figures_of_a_provider_do_not_keep_an_answer_from_its_row(store: Store) -> None:
    absurd = Usage(10**30, 10**30, cost=Decimal("1e999"))
    reply = answered(store, "a", usage=absurd)
    store.note_usage(replace(reply, id="noted", usage=replace(absurd, prompt_tokens=1)))
    assert store.reply("r-a").status is Status.COMPLETE
    assert store.usage("model")[0].answers == 2


@pytest.mark.parametrize("words", ["\0", "\0\0a", "\\u0000", "\\\\\0", "\\\0\\", '"\0'])
def test_figures_come_about_whatever_words_stand_beside_them(store: Store, words: str) -> None:
    reply = answered(store, "a", usage=TOOK, finish_reason=words, system=words)
    assert store.usage("model")[0].cost == COST
    assert store.reply("r-a") == reply
    # Neither do the figures of the other pages stop at them.
    assert store.median_answers([reply.model_id]) == {reply.model_id: TOOK.completion_tokens}
    assert store.track_records()[reply.model_id].answers == 1
    assert store.uses(NOW - timedelta(days=1))[0].answers == 1


def test_figures_stay_when_the_database_is_opened_again(address: str) -> None:
    first = open_store(address)
    answered(first, "a", usage=TOOK)
    first.close()
    second = open_store(address)
    assert second.usage("model")[0].cost == COST
    second.close()
