"""What a browser loads before it is needed: the part of Streamlit's page that colours code.

Loading it takes a browser a quarter of a second, in which nothing moves. In the middle of an answer
that would be seen, and before the page stands it would delay it; so it is loaded when the box stands.
"""

from __future__ import annotations

from pathlib import Path

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

PATH = "/ahead.js"
_SCRIPTS = Path("static", "js")
_COLOURS_CODE = "StreamlitSyntaxHighlighter.*.js"
_WAITING = """const load = () => import(new URL("static/js/%s", import.meta.url));
const wait = () => document.querySelector('[data-testid="stChatInputTextArea"]')
  ? requestIdleCallback(load, { timeout: 1000 }) : setTimeout(wait, 100);
wait();
"""


def script(page: Path) -> str:
    """The script for the page in this HTML file, as JavaScript; empty where it has no such part."""
    found = sorted(path.name for path in (page.parent / _SCRIPTS).glob(_COLOURS_CODE))
    return _WAITING % found[0] if found else ""


class Ahead:
    """Answers with the script."""

    def __init__(self, page: Path) -> None:
        self._response = Response(script(page), media_type="text/javascript")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._response(scope, receive, send)
