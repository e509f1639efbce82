"""How long a catalogue of OpenRouter's size takes to parse, beside ``json.loads`` of the same text.

Run it from the checkout with ``python -m bench.catalogue``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from time import perf_counter

from madlen import catalogue

MODELS = 413
RUNS = 20
SAMPLE = Path(__file__).parents[1] / "tests" / "data" / "models_sample.json"


def text(count: int = MODELS) -> str:
    """A model list of this length: the sample again and again, its ids made different."""
    entries = json.loads(SAMPLE.read_text("utf-8"))["data"]
    numbered = enumerate(islice(cycle(entries), count))
    listed = [{**entry, "id": f"{entry['id']}-{number}"} for number, entry in numbered]
    return json.dumps({"data": listed, "total_count": count, "links": {"next": None}})


def milliseconds(measured: Callable[[], object]) -> float:
    """The median of all runs."""
    times = []
    for _ in range(RUNS):
        start = perf_counter()
        measured()
        times.append(perf_counter() - start)
    return median(times) * 1000


def main() -> None:
    body = text()
    decoded = json.loads(body)
    assert len(catalogue.models(decoded)) == MODELS
    loading = milliseconds(lambda: json.loads(body))
    parsing = milliseconds(lambda: catalogue.models(decoded))
    print(f"{MODELS} models, {len(body):,} characters, median of {RUNS} runs")
    print(f"json.loads        {loading:6.2f} ms")
    print(f"catalogue.models  {parsing:6.2f} ms, {parsing / loading:.2f} times json.loads")
    print(f"together          {loading + parsing:6.2f} ms")


if __name__ == "__main__":
    main()
