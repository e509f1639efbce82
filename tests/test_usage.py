from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

from madlen import spendings, usage
from madlen.spendings import Account
from madlen.usage import Slot, Spread, Taken

NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)


def test_a_period_is_of_whole_days_of_utc_with_today() -> None:
    assert usage.since("today", NOW) == datetime(2026, 11, 23, tzinfo=UTC)
    assert usage.since("7d", NOW) == datetime(2026, 11, 17, tzinfo=UTC)
    assert usage.since("30d", NOW) == datetime(2026, 10, 25, tzinfo=UTC)
    assert usage.since("all", NOW) is None
    late = datetime(2026, 11, 24, 1, 0, tzinfo=timezone(timedelta(hours=3)))
    assert usage.since("today", late) == datetime(2026, 11, 23, tzinfo=UTC)


def test_percentiles_are_values_that_were_measured() -> None:
    assert usage.spread([]) == Spread()
    assert usage.spread([None, 3.0]) == Spread(3.0, 3.0)
    assert usage.spread([2.0, 1.0, None, 3.0, 4.0]) == Spread(2.0, 4.0)
    assert usage.spread(map(float, range(1, 101))) == Spread(50.0, 95.0)
    assert usage.spread(map(float, range(1, 101)), slow_is_low=True) == Spread(51.0, 6.0)


def test_a_total_has_all_sums_and_no_times() -> None:
    one = Taken("a", 2, 1, 1, 10, 20, 5, Decimal("0.1"), Spread(1, 2))
    whole = usage.total([one, one])
    assert whole == Taken("", 4, 2, 2, 20, 40, 10, Decimal("0.2"))
    assert whole.tokens == 60


def test_only_free_requests_at_openrouter_count_against_the_quota() -> None:
    slots = [
        Slot(f"2026-11-23T{hour}", model, 2, 1, 0, Decimal(0))
        for hour in ("09", "14")
        for model in ("a/b:free", "openrouter/free", "local/small", "a/paid")
    ]
    assert usage.free_by_hour(slots) == {9: 4, 14: 4}


def test_the_embedded_models_are_told_apart() -> None:
    assert usage.embedded([Taken("local/a"), Taken("a/local")]) == [Taken("local/a")]


def test_amounts_are_exact_and_never_counted_as_less() -> None:
    assert spendings.units(Decimal("0.000000000001")) == 1
    assert spendings.units(Decimal("0.0000000000001")) == 1
    assert spendings.dollars(spendings.units(Decimal("0.0000712"))) == Decimal("0.0000712")
    assert spendings.units(Decimal("1e999")) == 10**18


def test_a_day_ends_at_midnight_utc_and_nothing_is_left_of_too_much() -> None:
    account = Account(NOW.date(), Decimal(3), Decimal(1))
    assert account.resets_at == datetime(2026, 11, 24, tzinfo=UTC)
    assert account.left(Decimal(5)) == 1
    assert account.left(Decimal(2)) == 0
