"""Figures of a run: medians, the ratio to the naive app, and the file that keeps them."""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median, quantiles
from typing import Any

RESULTS = Path(__file__).parent / "results"
_BUSY = 0.5

Row = Mapping[str, float]
"""The figures of one repetition by their names, which end in the unit."""


class Report:
    """Everything that one benchmark found; ``write`` keeps it as JSON."""

    def __init__(self, name: str, *, quick: bool) -> None:
        self._name = name
        self._found: dict[str, Any] = {
            "benchmark": name,
            "quick": quick,
            "began_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": {"cores": os.cpu_count(), "system": platform.platform()},
            "versions": {"python": platform.python_version(), "streamlit": version("streamlit")},
            "load_before": os.getloadavg(),
            "parts": {},
        }

    def add(
        self,
        part: str,
        rows: Mapping[str, Sequence[Row]],
        *,
        compared: tuple[str, str] = ("madlen", "naive"),
        **about: Any,
    ) -> None:
        """Keeps the repetitions of each app in one part of the benchmark, and prints their medians.

        The ratio is that of the first of ``compared`` to the second.
        """
        medians = {app: _medians(found) for app, found in rows.items()}
        ratios = _ratios(medians, *compared)
        self._found["parts"][part] = {
            **about,
            "began_at": self._found["began_at"],
            "load_before": self._found["load_before"],
            "medians": medians,
            "_over_".join(compared): ratios,
            "repetitions": {app: list(found) for app, found in rows.items()},
            "load_after": os.getloadavg(),
        }
        print(f"\n{part}: medians of {len(next(iter(rows.values())))}")
        names = list(dict.fromkeys(name for found in medians.values() for name in found))
        print(f"{'':32}" + "".join(f"{app:>12}" for app in medians) + f"{'ratio':>10}")
        for name in names:
            cells = "".join(f"{shown(found.get(name)):>12}" for found in medians.values())
            print(f"{name:32}{cells}{shown(ratios.get(name)):>10}", flush=True)

    def write(self, path: Path | None, *, some: bool = False) -> Path:
        """Keeps all of it in the file. With ``some`` the other parts in there stay, each of its own run."""
        path = path or RESULTS / f"{self._name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        self._found["load_after"] = os.getloadavg()
        if some and path.exists():
            self._found["parts"] = json.loads(path.read_text("utf-8"))["parts"] | self._found["parts"]
        path.write_text(json.dumps(self._found, indent=1) + "\n", "utf-8")
        busy = " The machine was busy before it began." if self._found["load_before"][0] > _BUSY else ""
        print(f"\nWritten to {path}.{busy}")
        return path


def arguments(description: str) -> argparse.ArgumentParser:
    """What every benchmark can be told."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="a short version, to see that it works")
    parser.add_argument("--to", type=Path, help="where the JSON goes; bench/results by default")
    return parser


def percentile(values: Sequence[float], part: int) -> float:
    """The value below which so many of a hundred lie."""
    return quantiles(values, n=100, method="inclusive")[part - 1] if len(values) > 1 else values[0]


def _medians(rows: Sequence[Row]) -> dict[str, float]:
    return {name: round(median(row[name] for row in rows), 3) for name in rows[0]}


def _ratios(medians: Mapping[str, Row], first: str, second: str) -> dict[str, float]:
    """The first one's figures over the second's, where both are above zero."""
    ours, theirs = medians.get(first, {}), medians.get(second, {})
    return {
        name: round(value / theirs[name], 3)
        for name, value in ours.items()
        if theirs.get(name, 0) > 0 and value > 0
    }


def shown(value: float | None) -> str:
    """A figure with three digits that count; nothing for none."""
    return "" if value is None else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
