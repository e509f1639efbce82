"""What a browser loads before it is needed: the parts of Streamlit's page that an answer is drawn with.

The largest one colours code. Loading it takes a browser a quarter of a second, in which nothing moves. In the
middle of an answer that would be seen, and before the page stands it would delay it; so each is loaded when
the box stands and nothing else is to be done, the small ones first.
"""

from __future__ import annotations

import json
from pathlib import Path

PATH = "/ahead.js"
_SCRIPTS = Path("static", "js")
PARTS = ("MenuButton", "Feedback", "Toast", "StreamlitSyntaxHighlighter")
"""What the first answer of a tab brings: its chat's menu, its ratings, the word that it ended, its code."""
_WAITING = """const parts = %s;
const load = () => import(new URL("static/js/" + parts.shift(), import.meta.url)).finally(next);
const next = () => parts.length && requestIdleCallback(load, { timeout: 1000 });
const wait = () => document.querySelector('[data-testid="stChatInputTextArea"]')
  ? next() : setTimeout(wait, 100);
wait();
"""


def script(page: Path) -> str:
    """The script for the page in this HTML file, as JavaScript; empty where it has no such parts."""
    folder = page.parent / _SCRIPTS
    found = [path.name for part in PARTS for path in sorted(folder.glob(f"{part}.*.js"))[:1]]
    return _WAITING % json.dumps(found) if found else ""
