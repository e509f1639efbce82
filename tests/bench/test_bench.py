"""The benchmarks in their short versions: that they work and that what came to the screen is right.

Nothing here looks at how long anything took.
"""

import asyncio
import json
import math
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from bench import browser, lanes, standing
from bench.figures import RESULTS
from bench.pages import PAGES
from bench.search import SEARCHES
from bench.upstream import ROOT

FIGURES = {
    "streaming": {
        "enter_to_upstream_ms",
        "first_token_overhead_ms",
        "completion_lag_ms",
        "longest_freeze_ms",
        "bytes_per_text_byte",
        "cpu_seconds_per_1000_tokens",
    },
    "opening": {"last_message_visible_ms"},
    "start": {"first_page_ms", "chat_box_usable_ms"},
    "sessions": {
        "cold_load_p95_ms",
        "stretch_median",
        "gap_p99_ms",
        "memory_kb_per_idle_session",
        "errors",
    },
    "generations": {"in_flight", "threads_more", "memory_kb_each", "not_whole"},
}
"""What is asked of each benchmark."""

Measured = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="package")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    """What a benchmark wrote; each runs once, when it is first asked for."""
    folder = tmp_path_factory.mktemp("bench")

    @cache
    def run(name: str) -> dict[str, Any]:
        written = folder / f"{name}.json"
        command = [sys.executable, "-m", f"bench.{name}", "--quick", "--to", str(written)]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        found: dict[str, Any] = json.loads(written.read_text())
        return found

    return run


def rows(report: dict[str, Any], app: str) -> list[dict[str, float]]:
    """Every repetition of an app, whatever the part."""
    return [row for part in report["parts"].values() for row in part["repetitions"][app]]


# A benchmark runs within the first test that asks for it.
pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize("name", FIGURES)
def test_a_benchmark_gives_every_figure_for_madlen_and_the_naive_app(measured: Measured, name: str) -> None:
    for app in ("madlen", "naive"):
        assert rows(measured(name), app)
        for row in rows(measured(name), app):
            assert FIGURES[name] <= row.keys()


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_a_finite_number(measured: Measured, name: str) -> None:
    for app in ("madlen", "naive"):
        assert all(math.isfinite(value) for row in rows(measured(name), app) for value in row.values())


@pytest.mark.parametrize("name", FIGURES)
def test_a_benchmark_says_the_ratio_to_the_naive_app(measured: Measured, name: str) -> None:
    for part in measured(name)["parts"].values():
        medians, ratios = part["medians"], part["madlen_over_naive"]
        assert ratios
        for figure, ratio in ratios.items():
            assert ratio == pytest.approx(
                medians["madlen"][figure] / medians["naive"][figure], rel=0.01, abs=0.01
            )


@pytest.mark.parametrize("name", FIGURES)
def test_a_benchmark_says_how_busy_the_machine_was(measured: Measured, name: str) -> None:
    assert len(measured(name)["load_before"]) == 3
    assert len(measured(name)["load_after"]) == 3


def test_the_text_on_the_screen_is_the_text_that_was_sent(measured: Measured) -> None:
    assert all(row["text_is_whole"] == 1 for row in rows(measured("streaming"), "madlen"))


def test_the_naive_page_shows_all_of_a_text_in_which_no_code_waits_for_its_colours(
    measured: Measured,
) -> None:
    for row in measured("streaming")["parts"]["60 tokens, prose"]["repetitions"]["naive"]:
        assert row["text_is_whole"] == 1


def test_no_word_is_on_the_screen_before_it_was_sent(measured: Measured) -> None:
    for row in rows(measured("streaming"), "madlen"):
        assert row["first_token_overhead_ms"] > 0
        assert row["completion_lag_ms"] > 0


@pytest.mark.parametrize("app", ["madlen", "naive"])
def test_every_visitor_without_a_browser_gets_a_whole_answer(measured: Measured, app: str) -> None:
    assert all(row["errors"] == 0 for row in rows(measured("sessions"), app))


def test_answers_at_once_are_whole_and_take_no_thread_each(measured: Measured) -> None:
    for row in rows(measured("generations"), "madlen"):
        assert row["not_whole"] == 0
        assert row["threads_more"] < 10


def test_a_chat_that_opens_shows_its_newest_message(measured: Measured) -> None:
    for row in rows(measured("opening"), "madlen"):
        assert row["last_message_visible_ms"] > 0
        assert row["messages_on_page"] > 0


@pytest.mark.parametrize("part", ["API", "page"])
def test_every_chunk_of_every_lane_arrives_after_it_was_sent(measured: Measured, part: str) -> None:
    found = measured("lanes")["parts"][part]
    assert found["twelve_over_one"]["delay_p95_ms"] > 0
    assert math.isfinite(found["added_p95_ms"])
    for way in ("one", "twelve"):
        for row in found["repetitions"][way]:
            assert row["chunks_missing"] == 0
            # The page's clock and the machine's turn their milliseconds at different moments.
            assert -2 < row["delay_p50_ms"] <= row["delay_p95_ms"] <= row["delay_worst_ms"]


def test_a_chunk_is_told_from_a_number_that_stands_beside_it() -> None:
    async def seen() -> list[str]:
        async with browser.chromium() as chromium, browser.visitor(chromium) as page:
            await page.evaluate(lanes.LOOK)
            await page.evaluate(
                """() => document.body.insertAdjacentHTML(
                    "beforeend", "<div><p>T1795392000123x4 T1795392000124x5</p><p>10 tokens</p></div>")"""
            )
            found: list[str] = await page.evaluate("async () => [...window.delays.keys()]")
            return found

    assert asyncio.run(seen()) == ["4", "5"]


def test_a_span_takes_time_with_us_and_without(measured: Measured) -> None:
    parts = measured("spans")["parts"]["spans"]
    assert all(parts["medians"][app]["span_us"] > 0 for app in ("madlen", "bare"))
    assert parts["madlen_over_bare"]["span_us"] > 0


def test_a_run_that_is_killed_loses_and_doubles_no_cell(measured: Measured) -> None:
    undisturbed, killed = rows(measured("batch"), "madlen")
    assert (undisturbed["kills"], killed["kills"]) == (0, 1)
    for row in (undisturbed, killed):
        assert (row["lost"], row["twice"]) == (0, 0)
        assert row["cells_per_second"] > 0


def test_every_page_is_measured_beside_one_with_a_word(measured: Measured) -> None:
    found = measured("pages")["parts"]["pages"]
    assert found["madlen_over_word"].keys() == PAGES.keys()
    assert all(ratio > 0 for ratio in found["madlen_over_word"].values())


def test_a_search_is_measured_beside_the_naive_one_and_a_scan(measured: Measured) -> None:
    found = measured("search")["parts"]["SQLite"]
    assert SEARCHES.keys() <= found.keys()
    assert all(found[name]["madlen_over_naive"] > 0 for name in SEARCHES)
    for name in ("a chat opened", "a turn stored"):
        assert 0 < found[name]["madlen_ms"] <= found[name]["madlen_p95_ms"] <= found[name]["madlen_p99_ms"]


def test_what_the_documentation_says_was_measured_is_what_the_figures_say() -> None:
    written = standing.README.read_text("utf-8")
    assert f"{standing.BEGIN}{standing.table()}{standing.END}" in written


def test_a_figure_is_held_within_its_limit_or_within_what_a_page_with_one_word_takes() -> None:
    def asked(most: float, *, bound: bool) -> str:
        return (
            standing.Asked("start", "cold start", "first_page_ms", most, bound).line().split("|")[-2].strip()
        )

    medians = json.loads((RESULTS / "start.json").read_text("utf-8"))["parts"]["cold start"]["medians"]
    ours, word = medians["madlen"]["first_page_ms"], medians["word"]["first_page_ms"]
    assert asked(ours, bound=False) == "yes"
    assert asked(ours - 1, bound=False) == "**no**"
    assert asked(1, bound=True) == ("yes" if ours <= 1.2 * word else "**no**")
