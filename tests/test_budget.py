"""The day's budget on its way from a prompt to the books."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from madlen.errors import NotFound, OverBudget, UpstreamError
from madlen.services.wiring import Services
from madlen.spendings import Account, Reservation
from madlen.types import Done, Lane, Message, Parameters, Started, Status, Usage
from tests.asking import POLLY, ended
from tests.conftest import StartMadlen
from tests.parrot import DEAR, DONE, Gate, Parrot

DEARLY = Lane(DEAR.id, parameters=Parameters(max_tokens=1000))
CEILING = Decimal("0.002") + 2 * 5 * Decimal("0.000001")
"""What a word may cost there: a thousand tokens out, twice five in."""
COST = Decimal("0.0001")
"""As ``DONE`` says."""
BEGUN = Started(generation_id="gen-1")


def account(madlen: Services) -> Account:
    assert madlen.budget is not None
    return madlen.budget.account()


def ask(madlen: Services, lane: Lane = DEARLY, text: str = "Hi") -> Callable[[], Status]:
    [generation] = madlen.chat.ask(text, [lane]).generations
    return lambda: ended(generation).status


def eventually(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not true() and time.monotonic() < until:
        time.sleep(0.02)
    assert true()


def test_the_most_is_set_aside_while_an_answer_comes_and_its_cost_counts_after(
    start_madlen: StartMadlen,
) -> None:
    gate = Gate()
    madlen = start_madlen(Parrot([gate, "Hello", DONE]), daily_budget_usd=Decimal(1))
    end = ask(madlen)
    assert gate.reached.wait(10)
    assert (account(madlen).spent, account(madlen).reserved) == (Decimal(0), CEILING)
    gate.open()
    end()
    assert (account(madlen).spent, account(madlen).reserved) == (COST, Decimal(0))


def test_an_ask_that_may_exceed_the_budget_is_refused_before_anything_is_stored(
    start_madlen: StartMadlen,
) -> None:
    parrot = Parrot()
    madlen = start_madlen(parrot, daily_budget_usd=Decimal("0.002"))
    with pytest.raises(OverBudget) as refused:
        ask(madlen)
    assert str(refused.value).startswith(
        "Of the day's budget of $0.002, $0 are spent; parrot/dear may cost $0.002. "
        "Choose a free model or ask for at most 995 tokens; a new day begins at 00:00 UTC"
    )
    assert refused.value.extra()["affordable_tokens"] == 995
    assert madlen.store.sessions() == []
    assert parrot.requests == []


def test_as_many_tokens_as_were_offered_do_fit(start_madlen: StartMadlen) -> None:
    madlen = start_madlen(Parrot(["Hello", DONE]), daily_budget_usd=Decimal("0.002"))
    assert ask(madlen, replace(DEARLY, parameters=Parameters(max_tokens=995)))() is Status.COMPLETE


def test_free_models_are_never_refused_and_write_nothing(start_madlen: StartMadlen) -> None:
    madlen = start_madlen(daily_budget_usd=Decimal(0))
    assert ask(madlen, POLLY)() is Status.COMPLETE
    with pytest.raises(OverBudget):
        ask(madlen)
    assert account(madlen).reserved == 0


def test_without_a_budget_nothing_is_set_aside(start_madlen: StartMadlen) -> None:
    madlen = start_madlen(Parrot(["Hello", DONE]))
    ask(madlen)()
    assert madlen.budget is None
    assert madlen.store.account(datetime.now(UTC).date()) == Account(datetime.now(UTC).date())


def test_what_was_spent_without_a_budget_counts_once_there_is_one(start_madlen: StartMadlen) -> None:
    first = start_madlen(Parrot(["Hello", DONE]))
    ask(first)()
    first.close()
    assert account(start_madlen(daily_budget_usd=Decimal(1))).spent == COST


def test_a_budget_that_was_lowered_or_raised_holds_from_the_next_start_on(start_madlen: StartMadlen) -> None:
    for budget, fits in (("1", True), ("0.001", False), ("0.01", True)):
        madlen = start_madlen(Parrot(["Hello", DONE]), daily_budget_usd=Decimal(budget))
        if fits:
            assert ask(madlen)() is Status.COMPLETE
        else:
            with pytest.raises(OverBudget):
                ask(madlen)
        madlen.close()


def test_lanes_that_fit_are_asked_and_the_others_say_why_not(start_madlen: StartMadlen) -> None:
    madlen = start_madlen(Parrot(["Hello", DONE]), daily_budget_usd=CEILING)
    lanes = [replace(DEARLY, name=name) for name in "ab"] + [Lane(POLLY.model_id, "c")]
    asked = madlen.chat.ask("Hi", lanes)
    first, second, third = (ended(generation) for generation in asked.generations)
    assert (first.status, third.status) == (Status.COMPLETE, Status.COMPLETE)
    assert second.failure is not None
    assert (second.failure.kind, second.failure.status) == ("over-budget", 402)
    # What the free one says it cost counts too.
    assert account(madlen).spent == 2 * COST


def test_asking_again_and_judges_are_under_the_same_budget(start_madlen: StartMadlen) -> None:
    madlen = start_madlen(Parrot(["Hello", DONE]), daily_budget_usd=CEILING)
    asked = madlen.chat.ask("Hi", [DEARLY])
    ended(asked.generations[0])
    with pytest.raises(OverBudget):
        madlen.chat.regenerate(asked.session_id, asked.turn.id, DEARLY)
    with pytest.raises(OverBudget):
        madlen.chat.answer(DEAR.id, [Message("user", "Hi")], DEARLY.parameters)
    assert len(madlen.store.turns(asked.session_id)[0].replies) == 1


def test_an_answer_that_is_not_kept_counts_and_has_its_figures(start_madlen: StartMadlen) -> None:
    madlen = start_madlen(Parrot(["Hello", DONE]), daily_budget_usd=Decimal(1))
    ended(madlen.chat.answer(DEAR.id, [Message("user", "Hi")], DEARLY.parameters))
    assert account(madlen).spent == COST
    [taken] = madlen.store.usage("session")
    assert (taken.key, taken.answers, taken.cost) == ("", 1, COST)


def test_an_answer_that_never_began_costs_nothing(start_madlen: StartMadlen) -> None:
    madlen = start_madlen(Parrot([UpstreamError("No.")]), daily_budget_usd=Decimal(1))
    assert ask(madlen)() is Status.FAILED
    assert (account(madlen).spent, account(madlen).reserved) == (Decimal(0), Decimal(0))


@pytest.mark.parametrize("kept", [True, False])
def test_an_answer_that_broke_off_is_asked_for_its_cost(start_madlen: StartMadlen, kept: bool) -> None:
    parrot = Parrot([BEGUN, "Hel", UpstreamError("It broke.")])
    parrot.receipts = [None, Usage(cost=Decimal("0.0003"))]
    madlen = start_madlen(parrot, daily_budget_usd=Decimal(1))
    if kept:
        ask(madlen)()
    else:
        ended(madlen.chat.answer(DEAR.id, [Message("user", "Hi")], DEARLY.parameters))
    eventually(lambda: account(madlen).spent == Decimal("0.0003"))
    assert account(madlen).reserved == 0
    assert madlen.store.usage("model")[0].cost == Decimal("0.0003")


def test_a_cost_that_nobody_tells_counts_as_the_most(start_madlen: StartMadlen) -> None:
    madlen = start_madlen(Parrot(["Hello", Done("stop")]), daily_budget_usd=Decimal(1))
    ask(madlen)()
    assert account(madlen) == Account(datetime.now(UTC).date(), CEILING, Decimal(0))


def test_what_is_set_aside_is_given_back_where_the_prompt_cannot_be_stored(start_madlen: StartMadlen) -> None:
    madlen = start_madlen(daily_budget_usd=Decimal(1))
    with pytest.raises(NotFound):
        madlen.chat.ask("Hi", [DEARLY], session_id="deleted")
    assert account(madlen).reserved == 0


def test_a_process_that_ends_leaves_its_answers_to_the_next(start_madlen: StartMadlen) -> None:
    gate = Gate()
    first = start_madlen(Parrot([BEGUN, "Hel", gate]), daily_budget_usd=Decimal(1))
    [generation] = first.chat.ask("Hi", [DEARLY]).generations
    assert gate.reached.wait(10)
    first.close()
    parrot = Parrot()
    parrot.receipts = [Usage(10, 10, cost=Decimal("0.0004"))]
    second = start_madlen(parrot, daily_budget_usd=Decimal(1))
    eventually(lambda: account(second).reserved == 0)
    assert account(second).spent == Decimal("0.0004")
    assert second.store.reply(generation.id).usage.cost == Decimal("0.0004")
    assert parrot.receipts_asked[-1] == "gen-1"


@pytest.mark.parametrize(("generation_id", "spent"), [("", "0"), ("gen-9", "0.5")])
def test_what_a_killed_process_left_is_given_back_unless_it_had_begun(
    start_madlen: StartMadlen, generation_id: str, spent: str
) -> None:
    first = start_madlen()
    long_ago = datetime.now(UTC) - timedelta(minutes=1)
    left = Reservation("r1", DEAR.id, Decimal("0.5"))
    first.store.reserve([left], long_ago.date(), Decimal(1), owner="gone", now=long_ago)
    if generation_id:
        first.store.began("r1", generation_id)
    first.close()
    second = start_madlen(daily_budget_usd=Decimal(1))
    eventually(lambda: second.store.account(long_ago.date()).reserved == 0)
    assert second.store.account(long_ago.date()).spent == Decimal(spent)


def test_a_refusal_says_in_the_trace_of_nothing_that_was_asked(
    start_madlen: StartMadlen, spans: InMemorySpanExporter
) -> None:
    madlen = start_madlen(daily_budget_usd=Decimal(0))
    with pytest.raises(OverBudget):
        ask(madlen)
    assert not [span for span in spans.get_finished_spans() if span.name.startswith("chat ")]
