"""The app as a visitor opens it, and what one reads and clicks there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from streamlit.testing.v1 import AppTest

from madlen.services.wiring import Services
from madlen.types import Lane

APP = Path(__file__).parents[2] / "app.py"
Current = Callable[..., Services]


def opened(page_name: str = "", /, *, seconds: float = 20, **query: str) -> AppTest:
    """The chat page or the one named, such as ``traces``; each of its runs may take ``seconds``."""
    page = AppTest.from_file(str(APP), default_timeout=seconds)
    if page_name:
        page.switch_page(f"pages/{page_name}.py")
    for name, value in query.items():
        page.query_params[name] = value
    return page.run()


def looked_at(page: AppTest, popover: str) -> AppTest:
    """The page with a popover open; what is in it is drawn only then."""
    page.session_state[popover] = True
    return page.run()


def left(page: AppTest, popover: str) -> AppTest:
    """The page with a popover closed again."""
    page.session_state[popover] = False
    return page.run()


def texts(page: AppTest) -> str:
    """All that the main column says."""
    drawn = [*page.main.markdown, *page.main.caption, *page.main.title]
    return "\n".join(str(element.value) for element in drawn)


def chatted(madlen: Services, text: str = "Hello there") -> str:
    made = madlen.chat.ask(text, [Lane("parrot/polly")])
    list(made.generations[0].follow(every=0))
    return made.session_id
