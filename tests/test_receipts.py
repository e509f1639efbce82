"""What a stopped answer cost, which only its provider knows, and only later."""

from __future__ import annotations

from decimal import Decimal

from madlen import hub as hub_module
from madlen.generation import Generation
from madlen.services import Services
from madlen.types import Lane, Started, Usage
from tests.conftest import StartMadlen
from tests.parrot import DONE, Gate, Parrot

COST = Usage(prompt_tokens=9, completion_tokens=2, total_tokens=11, cost=Decimal("0.00002"))


def stopped(madlen: Services, parrot: Parrot, started: Started) -> Generation:
    """An answer that was stopped after its first word."""
    gate = Gate()
    parrot.scripts = [[started, "Hello ", gate, DONE]]
    generation = madlen.chat.ask("Hi", [Lane("parrot/polly")]).generations[0]
    assert gate.reached.wait(5)
    generation.stop()
    list(generation.follow(every=0))
    madlen.portal.call(lambda: None)
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


def test_the_card_says_whether_the_provider_stops_billing(start_madlen: StartMadlen) -> None:
    parrot = Parrot()
    madlen = start_madlen(parrot)
    generation = stopped(madlen, parrot, Started("m", "Cage", "gen-1"))
    assert madlen.store.reply(generation.id).notes == ("Cage stops billing.",)
