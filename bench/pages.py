"""How long the server takes for a page where 10,000 chats are kept, beside a page with one word.

The scripts of the pages run in this process, without a browser, on a database with 100,000 messages; each
run is a change to that page by somebody who was there before. Run it from the checkout with
``python -m bench.pages``.
"""

from __future__ import annotations

import tempfile
from functools import partial
from time import perf_counter
from typing import Any

from streamlit.testing.v1 import AppTest

from bench import search
from bench.figures import Report, Row, arguments
from bench.upstream import ROOT
from madlen import services
from madlen.services.wiring import Services
from madlen.settings import Settings

MESSAGES, SESSIONS, RUNS = 100_000, 10_000, 7
PAGES: dict[str, tuple[str, dict[str, str]]] = {
    "new_chat_ms": ("pages/chat.py", {}),
    "chat_ms": ("pages/chat.py", {"session": "s199"}),
    "comparison_ms": ("pages/compare.py", {}),
    "history_ms": ("pages/history.py", {}),
    "prompt_sets_ms": ("pages/sets.py", {}),
    "leaderboard_ms": ("pages/leaderboard.py", {}),
    "models_ms": ("pages/models.py", {}),
    "settings_ms": ("pages/settings.py", {}),
}


def word() -> None:
    """The page that does the least."""
    import streamlit as st  # noqa: PLC0415  # a page is a script of its own

    st.write("word")


def opened(page: str, query: dict[str, str]) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).switch_page(page)
    for name, value in query.items():
        app.query_params[name] = value
    return ran(app)


def ran(app: AppTest) -> AppTest:
    app.run()
    assert not app.exception, app.exception
    return app


def milliseconds(app: AppTest) -> float:
    began = perf_counter()
    ran(app)
    return (perf_counter() - began) * 1000


def rows(runs: int) -> dict[str, list[Row]]:
    plain = ran(AppTest.from_function(word, default_timeout=60))
    pages = {name: partial(opened, *page)() for name, page in PAGES.items()}
    found: dict[str, list[Row]] = {"madlen": [], "word": []}
    for _ in range(runs):
        found["madlen"].append({name: milliseconds(page) for name, page in pages.items()})
        found["word"].append({name: milliseconds(plain) for name in pages})
    return found


def main() -> None:
    given = arguments(str(__doc__)).parse_args()
    number, chats = (2_000, 200) if given.quick else (MESSAGES, SESSIONS)
    report = Report("pages", quick=given.quick)
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/chat.db"
        search.fill_sqlite(path, number, chats)
        changed: dict[str, Any] = {"database_url": f"sqlite:///{path}", "openrouter_api_key": None}
        running = Services(Settings(**changed))
        try:
            with services.using(running):
                about = {"messages": number, "sessions": chats}
                report.add("pages", rows(RUNS), compared=("madlen", "word"), **about)
        finally:
            running.close()
    report.write(given.to)


if __name__ == "__main__":
    main()
