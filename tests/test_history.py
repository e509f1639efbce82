"""Lists of chats as values: snippets, days, and the models that were asked most."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from madlen import history
from madlen.history import Entry, Use

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def marked(content: str, typed: str) -> str:
    return "".join(f"[{one.text}]" if one.hit else one.text for one in history.snippet(content, typed))


@pytest.mark.parametrize(
    ("content", "typed", "expected"),
    [
        ("Seven colours.", "colours", "Seven [colours]."),
        ("Seven colours.", "COL", "Seven [colours]."),
        ("Seven colours, seven days.", "seven d", "[Seven] colours, [seven] [days]."),
        ("Ein schöner Tag", "schoner", "Ein [schöner] Tag"),
        ("colourful colours", "colours x", "colourful [colours]"),
        ("snake_case", "case", "snake_[case]"),
        ("彩虹有几种", "彩虹", "[彩虹有几种]"),
        ("Seven", "eight", "Seven"),
        ("Seven", "*", "Seven"),
        ("", "seven", ""),
    ],
)
def test_the_words_are_marked_where_an_index_finds_them(content: str, typed: str, expected: str) -> None:
    assert marked(content, typed) == expected


def test_a_snippet_shows_what_stands_around_the_first_hit() -> None:
    shown = marked("before " * 100 + "colours" + " after" * 100, "colours")
    assert shown.startswith("…")
    assert "before [colours] after" in shown
    assert shown.endswith("…")
    assert len(shown) < 220


@given(content=st.text(), typed=st.text())
def test_a_snippet_is_always_a_part_of_the_text(content: str, typed: str) -> None:
    pieces = history.snippet(content, typed)
    assert "".join(one.text for one in pieces).strip("…") in content
    assert all(one.text for one in pieces)


def test_only_so_much_of_what_is_typed_counts() -> None:
    assert history.terms("a\0b  c\n") == ["a", "b", "c"]
    assert len(history.terms("x " * 10_000)) == history.MOST_SOUGHT // 2


def entry(name: str, ago: timedelta, *, pinned: bool = False) -> Entry:
    return Entry(name, name, "parrot/polly", NOW - ago, NOW - ago, pinned=pinned)


def named(groups: list[tuple[str, list[Entry]]]) -> list[tuple[str, list[str]]]:
    return [(name, [one.id for one in group]) for name, group in groups]


def test_chats_stand_under_their_days() -> None:
    hours = {"now": 0, "morning": 11, "evening": 13, "week": 7 * 24, "old": 8 * 24}
    entries = [entry(name, timedelta(hours=number)) for name, number in hours.items()]
    groups = history.days([*entries, entry("kept", timedelta(days=99), pinned=True)], NOW, UTC)
    assert named(groups) == [
        ("Pinned", ["kept"]),
        ("Today", ["now", "morning"]),
        ("Yesterday", ["evening"]),
        ("Previous 7 days", ["week"]),
        ("Older", ["old"]),
    ]


def test_days_are_those_of_the_person() -> None:
    late = [entry("late", timedelta(hours=13))]
    assert named(history.days(late, NOW, UTC)) == [("Yesterday", ["late"])]
    assert named(history.days(late, NOW, ZoneInfo("Asia/Tokyo"))) == [("Today", ["late"])]


def test_a_chat_of_a_clock_that_runs_ahead_is_of_today() -> None:
    assert named(history.days([entry("ahead", -timedelta(days=2))], NOW, UTC)) == [("Today", ["ahead"])]


def test_the_models_that_were_asked_most_keep_their_names() -> None:
    day = date(2026, 11, 23)
    uses = [Use(day, name, answers, 1, 1, 0.5) for name, answers in (("a", 1), ("b", 5), ("c", 3))]
    assert [use.model_id for use in history.leading(uses, 2)] == ["", "b", "c"]
    assert history.leading(uses, 3) == uses
