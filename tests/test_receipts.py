"""What a stopped answer cost, which only its provider knows, and only later."""

from __future__ import annotations

from decimal import Decimal

import pytest

from madlen import hub as hub_module
from madlen.errors import Interrupted, UpstreamError, UpstreamTimeout
from madlen.generation import Generation
from madlen.providers.openrouter import OpenRouter
from madlen.services.wiring import Services
from madlen.tracing import Tracing
from madlen.types import Lane, Spent, Started, Usage
from tests.conftest import StartMadlen
from tests.parrot import DONE, Gate, Parrot
from tests.waiting import step_done

COST = Usage(prompt_tokens=9, completion_tokens=2, total_tokens=11, cost=Decimal("0.00002"))


def stopped(madlen: Services, parrot: Parrot, started: Started) -> Generation:
    """An answer that was stopped after its first word."""
    gate = Gate()
    parrot.scripts = [[started, "Hello ", gate, DONE]]
    generation = madlen.chat.ask("Hi", [Lane("parrot/polly")]).generations[0]
    assert gate.reached.wait(5)
    generation.stop()
    list(generation.follow(every=0))
    step_done(madlen)
    return generation


def settled(madlen: Services, generation: Generation, times: int = 1) -> Usage:
    for _ in range(times):
        madlen.portal.call(madlen.hub.settle)
    return madlen.store.reply(generation.id).usage


def test_the_cost_of_a_stopped_answer_is_stored_when_it_is_known(start_madlen: StartMadlen) -> None:
    parrot = Parrot()
    madlen = start_madlen(parrot)
    generation = stopped(madlen, parrot, Started("m", "Cage", "gen-1"))
    parrot.receipts = [None, COST]
    assert settled(madlen, generation, 2) == COST
    assert parrot.receipts_asked[:2] == ["gen-1", "gen-1"]


def test_a_cost_that_stays_unknown_is_not_asked_for_for_ever(start_madlen: StartMadlen) -> None:
    parrot = Parrot()
    madlen = start_madlen(parrot)
    generation = stopped(madlen, parrot, Started("m", "Cage", "gen-1"))
    assert settled(madlen, generation, 2 * hub_module.RECEIPT_TRIES).cost is None
    assert len(parrot.receipts_asked) == hub_module.RECEIPT_TRIES


def test_an_answer_that_nobody_gave_an_id_has_no_receipt(start_madlen: StartMadlen) -> None:
    parrot = Parrot()
    madlen = start_madlen(parrot)
    settled(madlen, stopped(madlen, parrot, Started("m", "Cage")))
    assert parrot.receipts_asked == []


def test_a_whole_answer_is_not_asked_about(start_madlen: StartMadlen) -> None:
    parrot = Parrot()
    madlen = start_madlen(parrot)
    generation = madlen.chat.ask("Hi", [Lane("parrot/polly")]).generations[0]
    list(generation.follow(every=0))
    settled(madlen, generation)
    assert parrot.receipts_asked == []


@pytest.mark.parametrize("error", [UpstreamTimeout("Silent."), Interrupted("Cut."), UpstreamError("Down.")])
def test_the_cost_of_an_answer_that_was_given_up_is_asked_for_too(
    start_madlen: StartMadlen, error: UpstreamError
) -> None:
    parrot = Parrot([Started("m", "Cage", "gen-1"), "Hello ", error])
    parrot.receipts = [COST]
    madlen = start_madlen(parrot)
    generation = madlen.chat.ask("Hi", [Lane("parrot/polly")]).generations[0]
    list(generation.follow(every=0))
    step_done(madlen)
    assert settled(madlen, generation) == COST
    assert madlen.store.reply(generation.id).failure is not None


def test_a_failure_whose_bill_came_with_it_is_not_asked_about(start_madlen: StartMadlen) -> None:
    parrot = Parrot([Started("m", "Cage", "gen-1"), "Hello ", Spent(COST), UpstreamError("Down.")])
    madlen = start_madlen(parrot)
    generation = madlen.chat.ask("Hi", [Lane("parrot/polly")]).generations[0]
    list(generation.follow(every=0))
    step_done(madlen)
    assert settled(madlen, generation) == COST
    assert parrot.receipts_asked == []


def test_the_card_says_whether_the_provider_stops_billing(start_madlen: StartMadlen) -> None:
    parrot = Parrot()
    madlen = start_madlen(parrot)
    generation = stopped(madlen, parrot, Started("m", "Cage", "gen-1"))
    assert madlen.store.reply(generation.id).notes == ("Cage stops billing.",)


@pytest.mark.parametrize(
    ("provider", "said"),
    [
        ("OpenAI", "OpenAI stops billing when an answer is stopped."),
        ("DeepInfra", "DeepInfra stops billing when an answer is stopped."),
        ("Google AI Studio", "Google AI Studio bills the whole answer even when it is stopped."),
        ("MiniMax", "MiniMax bills the whole answer even when it is stopped."),
        ("Newcomer", "It is not known whether Newcomer stops billing when an answer is stopped."),
        ("", "It is not known whether its provider stops billing when an answer is stopped."),
    ],
)
def test_of_every_provider_it_is_said_what_is_known_of_its_bill(provider: str, said: str) -> None:
    openrouter = OpenRouter(
        key="sk-or-v1-a", base_url="http://127.0.0.1:9", app_name="x", tracing=Tracing(enabled=False)
    )
    assert openrouter.after_stop(provider) == said
