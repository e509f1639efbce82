"""A few strikes of each fault; ``make faults`` does many."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from bench.faults import __main__ as command
from bench.faults.catalogue import FAULTS
from bench.faults.outcome import Outcome, share

pytestmark = pytest.mark.timeout(300)

SEED = 20261123


@pytest.mark.parametrize("name", [name for name, fault in FAULTS.items() if fault.quick])
def test_nothing_is_lost_torn_or_corrupt(tmp_path: Path, name: str) -> None:
    fault = FAULTS[name]
    chance = random.Random(f"{SEED} {name}")  # noqa: S311  # moments, not secrets
    with fault.lab(tmp_path, chance, fault.quick) as lab:
        outcome = fault.strike(lab)
    assert outcome.missed == []
    assert (outcome.lost, outcome.torn, outcome.corrupt) == (0, 0, 0)
    assert outcome.runs


def test_the_figures_are_written_as_they_were_counted(tmp_path: Path) -> None:
    out = tmp_path / "faults.json"
    for name in ("schema-newer-and-older", "upgrade-raced"):
        words = ["--seed", "7", "--runs", "1", "--only", name, "--out", str(out)]
        assert command.main(words) == 0
    written = json.loads(out.read_text())
    assert [row["seed"] for row in written["faults"]] == [7, 7]
    assert [row["fault"] for row in written["faults"]] == ["upgrade-raced", "schema-newer-and-older"]
    for row in written["faults"]:
        assert (row["runs"], row["lost"], row["torn"], row["corrupt"]) == (1, 0, 0, 0)
        assert row["acknowledged"] > 0
        assert row["recovery_seconds"]["p50"] <= row["recovery_seconds"]["p95"]


def test_each_figure_says_on_which_database(tmp_path: Path) -> None:
    out = tmp_path / "faults.json"
    names = ["schema-newer-and-older", "kill-commits-postgres"]
    words = ["--runs", "1", "--database", "postgres", "--only", *names, "--out", str(out)]
    assert command.main(words) == 0
    [row] = json.loads(out.read_text())["faults"]
    assert (row["fault"], row["database"]) == ("kill-commits-postgres", "postgres")


def test_a_fault_that_nobody_knows_is_said_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--only", "earthquake"]) == 2
    assert "kill-server" in capsys.readouterr().out


@pytest.mark.parametrize("outcome", [Outcome(lost=1), Outcome(torn=1), Outcome(corrupt=1)])
def test_one_that_is_lost_torn_or_corrupt_fails_the_fault(outcome: Outcome) -> None:
    assert Outcome().held
    assert not outcome.held


def test_a_promise_that_did_not_hold_fails_the_fault() -> None:
    outcome = Outcome()
    outcome.expect(False, "it took too long")
    assert not outcome.held
    assert outcome.row("x")["missed"] == ["it took too long"]


def test_shares_of_nothing_are_not_known() -> None:
    assert share([], 0.5) is None
    assert (share([3, 1, 2], 0.5), share([3, 1, 2], 0.95)) == (2, 3)
