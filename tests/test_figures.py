from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from madlen import figures
from madlen.types import Quota, Reply, Status, Timing, Usage


def reply(**known: Any) -> Reply:
    values = {"status": Status.COMPLETE, **known}
    return Reply("r", "s", "t", "a/b", "chat", created_at=datetime(2026, 11, 23, tzinfo=UTC), **values)


@pytest.mark.parametrize(
    ("dollars", "shown"),
    [
        ("0", "$0"),
        ("0E-10", "$0"),
        ("0.000071", "$0.000071"),
        ("7.1E-5", "$0.000071"),
        ("0.000000034", "$0.000000034"),
        ("0.00012345", "$0.00012"),
        ("0.005", "$0.005"),
        ("0.0099", "$0.0099"),
        ("0.00999", "$0.01"),
        ("0.01", "$0.01"),
        ("0.106", "$0.11"),
        ("1.2", "$1.20"),
        ("1234.5", "$1,234.50"),
    ],
)
def test_money_has_the_digits_that_matter(dollars: str, shown: str) -> None:
    assert figures.money(Decimal(dollars)) == shown


@settings(deadline=None)
@given(st.decimals("1e-15", "0.0099", allow_nan=False))
def test_a_fraction_of_a_cent_is_shown_to_two_digits(dollars: Decimal) -> None:
    shown = Decimal(figures.money(dollars).removeprefix("$"))
    assert abs(shown - dollars) <= dollars / 20


@pytest.mark.parametrize(
    ("price", "shown"),
    [(None, ""), ("0", "$0"), ("0.00000015", "$0.15"), ("0.0006", "$600.00"), ("0.000000003", "$0.003")],
)
def test_a_price_is_shown_for_a_million_tokens(price: str | None, shown: str) -> None:
    assert figures.per_million(None if price is None else Decimal(price)) == shown


@pytest.mark.parametrize(
    ("duration", "shown"),
    [(0.0, "0.00 s"), (0.4, "0.40 s"), (9.99, "9.99 s"), (10.0, "10 s"), (75.6, "76 s"), (3600.0, "3,600 s")],
)
def test_short_times_are_exact_and_long_ones_round(duration: float, shown: str) -> None:
    assert figures.seconds(duration) == shown


def test_all_that_is_known_stands_in_one_line() -> None:
    known = reply(
        usage=Usage(prompt_tokens=1281, completion_tokens=130, cost=Decimal("0.000071")),
        timing=Timing(time_to_first_chunk=0.3, time_to_first_token=0.45, duration=3.0),
    )
    assert figures.under(known) == (
        "0.30 s to first chunk · 0.45 s to first token · 48 tokens/s · 3.00 s in all"
        " · 1,281 tokens in, 130 out · $0.000071"
    )


def test_nothing_known_is_nothing_shown() -> None:
    assert figures.under(reply()) == ""


def test_the_first_chunk_stands_for_a_first_token_that_never_came() -> None:
    assert figures.under(reply(timing=Timing(time_to_first_chunk=0.3))) == "0.30 s to first token"


def test_a_first_token_at_once_is_one() -> None:
    timing = Timing(time_to_first_chunk=0.3, time_to_first_token=0.0)
    assert figures.under(reply(timing=timing)) == "0.00 s to first token"


def test_a_free_answer_shows_that_it_was() -> None:
    assert figures.under(reply(usage=Usage(cost=Decimal(0)))) == "$0"


@pytest.mark.parametrize("usage", [Usage(prompt_tokens=3), Usage(completion_tokens=3), Usage(total_tokens=6)])
def test_tokens_are_shown_when_both_counts_are_known(usage: Usage) -> None:
    assert figures.under(reply(usage=usage)) == ""


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        (Status.STREAMING, ""),
        (Status.COMPLETE, ""),
        (Status.STOPPED, "stopped"),
        (Status.INTERRUPTED, "cut off"),
        (Status.FAILED, "failed"),
    ],
)
def test_an_answer_that_is_not_whole_says_so(status: Status, shown: str) -> None:
    assert figures.under(reply(status=status)) == shown


def test_how_it_ended_stands_first() -> None:
    known = reply(status=Status.STOPPED, timing=Timing(duration=2.0))
    assert figures.under(known) == "stopped · 2.00 s in all"


@pytest.mark.parametrize(
    ("quota", "line"),
    [
        (Quota(12, 50, 38, Decimal("4.25")), "38 of 50 free requests left today · $4.25 credit left"),
        (Quota(free_left=1000), "1,000 free requests left today"),
        (Quota(credit_left=Decimal(0)), "$0 credit left"),
        (Quota(minute_limit=20, minute_left=18), "18 of 20 this minute"),
        (
            Quota(7, 50, 43, Decimal("1.2"), minute_limit=20, minute_left=18),
            "43 of 50 free requests left today · 18 of 20 this minute · $1.20 credit left",
        ),
        (Quota(), ""),
    ],
)
def test_what_is_left_is_one_line(quota: Quota, line: str) -> None:
    assert figures.left(quota) == line


@pytest.mark.parametrize(
    ("left", "limit", "fraction"),
    [
        (50, 50, 1.0),
        (43, 50, 0.86),
        (0, 50, 0.0),
        (0, 0, 0.0),
        (60, 50, 1.0),
        (None, 50, None),
        (3, None, None),
    ],
)
def test_a_meter_shows_how_much_of_a_limit_is_left(
    left: int | None, limit: int | None, fraction: float | None
) -> None:
    assert figures.fraction(left, limit) == fraction


@pytest.mark.parametrize(
    ("status", "line"),
    [
        (Status.COMPLETE, "Polly finished, 1,812 tokens, 4.1 s"),
        (Status.STOPPED, "Polly was stopped, 1,812 tokens, 4.1 s"),
        (Status.INTERRUPTED, "Polly was cut off, 1,812 tokens, 4.1 s"),
        (Status.FAILED, "Polly failed, 1,812 tokens, 4.1 s"),
    ],
)
def test_the_end_of_an_answer_is_short_enough_to_be_read_aloud(status: Status, line: str) -> None:
    usage, timing = Usage(completion_tokens=1812), Timing(duration=4.14)
    ended = reply(status=status, usage=usage, timing=timing)
    assert figures.finished(ended, "Polly") == line


def test_an_end_without_figures_says_only_who_ended() -> None:
    assert figures.finished(reply(), "Polly") == "Polly finished"


@pytest.mark.parametrize(
    ("timing", "shown"),
    [
        (Timing(0.4, 3.6, 5.0), "Thought for 3.2 s"),
        (Timing(0.4, None, 5.0), "Thought for 4.6 s"),
        (Timing(0.4, 0.41, 5.0), "Thinking"),
        (Timing(), "Thinking"),
    ],
    ids=["then spoke", "never spoke", "at once", "not known"],
)
def test_how_long_a_model_thought_is_said(timing: Timing, shown: str) -> None:
    assert figures.thinking(reply(timing=timing)) == shown
