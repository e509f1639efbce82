"""What a benchmark keeps of its runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench.figures import Report


def written(path: Path, *parts: str, lag: float, some: bool = False) -> dict[str, Any]:
    report = Report("streaming", quick=True)
    for part in parts:
        report.add(part, {"madlen": [{"lag_ms": lag}], "naive": [{"lag_ms": 2 * lag}]})
    report.write(path, some=some)
    found: dict[str, Any] = json.loads(path.read_text())["parts"]
    return found


def test_some_parts_measured_anew_leave_the_others_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "streaming.json"
    before = written(path, "one page", "ten pages", lag=3)
    after = written(path, "ten pages", lag=5, some=True)
    assert list(after) == ["one page", "ten pages"]
    assert after["one page"] == before["one page"]
    assert after["ten pages"]["medians"]["madlen"] == {"lag_ms": 5}


@pytest.mark.parametrize("some", [False, True])
def test_each_part_says_when_its_run_began_and_how_busy_the_machine_was(tmp_path: Path, some: bool) -> None:
    for part in written(tmp_path / "new.json", "one page", lag=3, some=some).values():
        assert part["began_at"]
        assert len(part["load_before"]) == 3


def test_a_whole_run_takes_the_place_of_all_that_was_kept(tmp_path: Path) -> None:
    path = tmp_path / "streaming.json"
    written(path, "one page", "ten pages", lag=3)
    assert list(written(path, "one page", lag=4)) == ["one page"]
