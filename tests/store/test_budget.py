"""What every store promises of a day's budget, also to many at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from madlen.spendings import Account, Reservation
from madlen.store import Store, open_store
from madlen.types import Usage
from tests.store.keeping import NOW, a_reply
from tests.store.test_usage import answered

DAY = NOW.date()
ONE = Decimal(1)


def wanted(*names: str, amount: Decimal = Decimal("0.3")) -> list[Reservation]:
    return [Reservation(name, "m/dear", amount) for name in names]


def reserve(store: Store, *names: str, amount: str = "0.3", limit: str = "1", day: date = DAY) -> set[str]:
    """Those that did not fit."""
    asked = wanted(*names, amount=Decimal(amount))
    return {*store.reserve(asked, day, Decimal(limit), owner="us", now=NOW)}


def test_what_fits_is_set_aside_and_what_does_not_is_told_with_how_the_day_stands(store: Store) -> None:
    refused = store.reserve(wanted("a", "b", "c", "d"), DAY, ONE, owner="us", now=NOW)
    assert refused == {"d": Account(DAY, Decimal(0), Decimal("0.9"))}


def test_a_smaller_one_may_fit_where_a_larger_did_not(store: Store) -> None:
    assert reserve(store, "a", amount="0.9") == set()
    assert reserve(store, "b", amount="0.2") == {"b"}
    assert reserve(store, "c", amount="0.1") == set()


def test_the_real_cost_takes_the_place_of_what_was_set_aside(store: Store) -> None:
    reserve(store, "a")
    store.settle("a", DAY, Decimal("0.05"))
    assert store.account(DAY) == Account(DAY, Decimal("0.05"), Decimal(0))


def test_settling_twice_counts_once_and_the_last_holds(store: Store) -> None:
    reserve(store, "a")
    for cost in ("0.05", "0.05", "0.07"):
        store.settle("a", DAY, Decimal(cost))
    assert store.account(DAY) == Account(DAY, Decimal("0.07"), Decimal(0))


def test_a_cost_that_is_never_told_counts_as_what_was_set_aside(store: Store) -> None:
    reserve(store, "a")
    store.settle("a", DAY, None)
    assert store.account(DAY) == Account(DAY, Decimal("0.3"), Decimal(0))


def test_what_nothing_was_set_aside_for_counts_too(store: Store) -> None:
    store.settle("a", DAY, Decimal("0.5"), model_id="m")
    assert store.account(DAY).spent == Decimal("0.5")


def test_an_answer_counts_for_the_day_on_which_it_was_asked(store: Store) -> None:
    reserve(store, "a")
    store.settle("a", DAY + timedelta(days=1), Decimal("0.1"))
    assert store.account(DAY).spent == Decimal("0.1")
    assert store.account(DAY + timedelta(days=1)).spent == 0


def test_every_day_begins_with_nothing_spent(store: Store) -> None:
    reserve(store, "a", amount="1")
    assert reserve(store, "b", amount="1") == {"b"}
    assert reserve(store, "c", amount="1", day=DAY + timedelta(days=1)) == set()


def test_another_limit_holds_from_the_next_reservation_on(store: Store) -> None:
    assert reserve(store, "a", "b", limit="0.6") == set()
    assert reserve(store, "c", limit="0.6") == {"c"}
    assert reserve(store, "d", limit="0.9") == set()
    assert reserve(store, "e", amount="0.000000000001", limit="0.5") == {"e"}


def test_a_day_knows_what_was_spent_before_there_was_a_budget(store: Store) -> None:
    answered(store, "a", usage=Usage(cost=Decimal("0.4")))
    answered(store, "b", day=-1, usage=Usage(cost=Decimal("0.4")))
    store.note_usage(replace(a_reply("judge", session_id=""), usage=Usage(cost=Decimal("0.1"))))
    assert store.open_day(DAY) == Account(DAY, Decimal("0.5"), Decimal(0))
    assert reserve(store, "c", amount="0.6") == {"c"}


def test_a_first_reservation_opens_the_day(store: Store) -> None:
    answered(store, "a", usage=Usage(cost=Decimal("0.9")))
    assert reserve(store, "b") == {"b"}


def test_a_first_settlement_opens_the_day_and_counts_nothing_twice(store: Store) -> None:
    reply = answered(store, "a", usage=Usage(cost=Decimal("0.9")))
    store.settle(reply.id, DAY, Decimal("0.9"))
    assert store.account(DAY).spent == Decimal("0.9")


def test_adding_up_anew_gives_the_same(store: Store) -> None:
    reserve(store, "r-a", "b", "c")
    answered(store, "a", usage=Usage(cost=Decimal("0.1")))
    store.settle("r-a", DAY, Decimal("0.1"))
    store.settle("b", DAY, None)
    before = store.account(DAY)
    assert before == Account(DAY, Decimal("0.4"), Decimal("0.3"))
    assert store.open_day(DAY) == before


def test_a_budget_outlives_the_process(address: str) -> None:
    first = open_store(address)
    reserve(first, "a")
    first.close()
    second = open_store(address)
    assert second.open_day(DAY).reserved == Decimal("0.3")
    second.close()


def test_many_at_once_never_exceed_the_limit(address: str) -> None:
    stores = [open_store(address) for _ in range(2)]
    with ThreadPoolExecutor(16) as threads:
        refused = list(
            threads.map(lambda number: reserve(stores[number % 2], f"r{number}", amount="0.03"), range(200))
        )
    account = stores[0].account(DAY)
    assert (account.reserved, sum(map(len, refused))) == (Decimal("0.99"), 200 - 33)
    for store in stores:
        store.close()


def test_what_a_process_left_behind_is_taken_over_once(store: Store) -> None:
    reserve(store, "a", "b")
    store.began("a", "gen-1")
    store.settle("b", DAY, Decimal("0.1"))
    late = NOW + timedelta(seconds=10)
    [left] = store.claim(late, owner="them", now=late)
    assert left.reservation == Reservation("a", "m/dear", Decimal("0.3"), "gen-1")
    assert (left.cost, left.asked_at) == (None, NOW)
    assert store.claim(late, owner="others", now=late) == []


def test_what_its_owner_beats_for_is_not_taken_over(store: Store) -> None:
    reserve(store, "a")
    late = NOW + timedelta(seconds=10)
    store.beat_budget("us", late)
    assert store.claim(late, owner="them", now=late) == []
    store.beat_budget("them", late + timedelta(hours=1))
    assert len(store.claim(late + timedelta(seconds=1), owner="them", now=late)) == 1


def test_one_that_ended_before_it_was_settled_knows_its_cost(store: Store) -> None:
    reserve(store, "r-a")
    answered(store, "a", usage=Usage(cost=Decimal("0.2")))
    [left] = store.claim(NOW + timedelta(seconds=1), owner="them", now=NOW)
    assert left.cost == Decimal("0.2")


def test_the_books_of_long_ago_are_closed(store: Store) -> None:
    reserve(store, "a", day=DAY - timedelta(days=50))
    reserve(store, "b")
    assert store.account(DAY - timedelta(days=50)) == Account(DAY - timedelta(days=50))
