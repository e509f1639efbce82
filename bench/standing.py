"""What is asked of Madlen beside what was measured last, as the table in bench/README.md.

Run it from the checkout with ``python -m bench.standing`` after a benchmark has written its figures anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.figures import RESULTS, shown

README = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- standing -->\n", "<!-- end of standing -->"
_OVER_WORD = 1.2
"""How much slower than a page with one word is still within Streamlit's own bound."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The most that a figure may be; more where another page of the same run sets a bound.

    With ``bound`` that is the page with one word, with ``prototype`` the prototype.
    """

    benchmark: str
    part: str
    figure: str
    most: float
    bound: bool = True
    prototype: bool = False
    app: str = "madlen"

    def line(self) -> str:
        medians = _medians(self.benchmark, self.part)
        apps = ("naive", "word", "prototype", self.app)
        naive, word, prototype, ours = (medians.get(app, {}).get(self.figure) for app in apps)
        bounds = [
            self.most,
            _OVER_WORD * word if self.bound and word else 0,
            prototype if self.prototype and prototype else 0,
        ]
        held = ours is not None and ours <= max(bounds)
        figures = [shown(one) for one in (naive, word, prototype, ours, self.most)]
        return f"| {' | '.join([self.part, f'`{self.figure}`', *figures, 'yes' if held else '**no**'])} |"


def _streamed(part: str, lag: float, cpu: float) -> Iterator[Asked]:
    yield Asked("streaming", part, "enter_to_upstream_ms", 12, prototype=True)
    yield Asked("streaming", part, "first_token_overhead_ms", 10, prototype=True)
    yield Asked("streaming", part, "completion_lag_ms", lag, prototype=True)
    yield Asked("streaming", part, "cpu_seconds_per_1000_tokens", cpu, bound=False, prototype=True)
    yield Asked("streaming", part, "longest_freeze_ms", 100)
    yield Asked("streaming", part, "bytes_per_text_byte", 3, bound=False)


ASKED = [
    *_streamed("500 tokens, markdown", 9, 0.5),
    *_streamed("500 tokens, prose", 9, 0.5),
    *_streamed("4,000 tokens, markdown", 33, 0.18),
    *_streamed("4,000 tokens, prose", 33, 0.18),
    Asked("streaming", "ten sessions", "completion_lag_ms", 530, prototype=True),
    Asked("streaming", "ten sessions", "cpu_seconds_per_1000_tokens", 0.14, bound=False, prototype=True),
    Asked("opening", "a chat of 200 messages", "last_message_visible_ms", 700),
    Asked("start", "cold start", "first_page_ms", 1200),
    Asked("start", "cold start", "chat_box_usable_ms", 2500),
    Asked("sessions", "100 visitors", "cold_load_p95_ms", 1500),
    Asked("sessions", "100 visitors", "stretch_worst", 1.05),
    Asked("sessions", "100 visitors", "gap_p99_ms", 300),
    Asked("sessions", "100 visitors", "memory_kb_per_idle_session", 200),
    Asked("generations", "1000 answers at once", "threads_more", 0),
    Asked("generations", "1000 answers at once", "memory_kb_each", 50),
    Asked("generations", "1000 answers at once", "memory_kb_each", 50, app="scripted"),
]


def table() -> str:
    """All of it in Markdown, with whether each figure is what is asked."""
    heads = ["What", "Figure", "naive", "word", "prototype", "Madlen", "Asked", "Held"]
    lines = [f"| {' | '.join(heads)} |", f"| {' | '.join('---' for _ in heads)} |"]
    return "".join(f"{line}\n" for line in [*lines, *(asked.line() for asked in ASKED)])


def _medians(benchmark: str, part: str) -> dict[str, dict[str, float]]:
    found: dict[str, Any] = json.loads((RESULTS / f"{benchmark}.json").read_text("utf-8"))
    medians: dict[str, dict[str, float]] = found["parts"][part]["medians"]
    return medians


def main() -> None:
    before, _, rest = README.read_text("utf-8").partition(BEGIN)
    README.write_text(f"{before}{BEGIN}{table()}{END}{rest.partition(END)[2]}", "utf-8")


if __name__ == "__main__":
    main()
