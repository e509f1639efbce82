"""Runs the faults and writes what came of them; the exit code is 1 when a promise did not hold."""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import sys
import tempfile
import time
from pathlib import Path

from bench.faults import catalogue
from madlen.store.connections import VERSION

RESULTS = Path(__file__).parents[1] / "results" / "faults.json"


def main(arguments: list[str] | None = None) -> int:
    wanted = _parser().parse_args(arguments)
    unknown = set(wanted.only) - catalogue.FAULTS.keys()
    if unknown:
        print(f"No such fault: {', '.join(sorted(unknown))}. There are: {', '.join(catalogue.FAULTS)}")
        return 2
    seed = random.SystemRandom().randrange(10**6) if wanted.seed is None else wanted.seed
    print(f"seed {seed}")
    some = bool(wanted.only or wanted.database)
    rows = []
    held = True
    for name, fault in catalogue.FAULTS.items():
        if (wanted.only and name not in wanted.only) or wanted.database not in ("", fault.database):
            continue
        runs = wanted.runs or (fault.quick if wanted.quick else fault.runs)
        # Of its own for each fault, so that one of them alone does the same as among all.
        chance = random.Random(f"{seed} {name}")  # noqa: S311  # moments, not secrets
        if not runs:
            continue
        start = time.monotonic()
        with (
            tempfile.TemporaryDirectory(prefix=f"madlen-{name}-") as folder,
            fault.lab(Path(folder), chance, runs) as lab,
        ):
            outcome = fault.strike(lab)
        row = {"criterion": fault.criterion, "database": fault.database, **outcome.row(name)}
        rows.append({**row, "seconds": round(time.monotonic() - start, 1), "seed": seed})
        held = held and outcome.held
        print(json.dumps(rows[-1], ensure_ascii=False), flush=True)
        # After each, for the next one may take minutes and be given up.
        _write(wanted.out, _merged(wanted.out, rows) if some else rows, quick=wanted.quick)
    return 0 if held else 1


def _write(out: Path, rows: list[dict[str, object]], *, quick: bool) -> None:
    machine = {"cpus": os.cpu_count(), "python": platform.python_version(), "sqlite": VERSION}
    out.parent.mkdir(parents=True, exist_ok=True)
    written = {"quick": quick, "machine": machine, "faults": rows}
    out.write_text(json.dumps(written, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _merged(out: Path, rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """The rows of before with these in their places."""
    before = json.loads(out.read_text("utf-8"))["faults"] if out.exists() else []
    found = {row["fault"]: row for row in [*before, *rows]}
    return [found[name] for name in catalogue.FAULTS if name in found]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.faults", description=__doc__)
    parser.add_argument("--seed", type=int, help="of all chance; printed, and chosen when not given")
    parser.add_argument("--runs", type=int, help="how often each fault strikes, instead of its own number")
    parser.add_argument("--only", nargs="+", default=[], metavar="FAULT", help="these faults alone")
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="", help="on this one alone")
    parser.add_argument("--quick", action="store_true", help="a few runs of each")
    parser.add_argument("--out", type=Path, default=RESULTS, help="the JSON file to write")
    return parser


if __name__ == "__main__":
    sys.exit(main())
