"""Whether a page can be used by everybody, as far as axe-core can tell (https://github.com/dequelabs/axe-core)."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib import resources
from typing import Any

from playwright.sync_api import Page

from tests.e2e.conftest import in_the_dark

_GRAVE = {"serious", "critical"}

OF_STREAMLIT: dict[tuple[str, str], str] = {
    (
        "aria-dialog-name",
        '<div data-testid="stToast"',
    ): "its toasts are dialogs whose name is of an element that is not there",
    (
        "color-contrast",
        '<span class="token ',
    ): "its theme has no say in the colours of code",
    (
        "scrollable-region-focusable",
        '<pre class="',
    ): "its code blocks take no focus, and Markdown cannot have them wrap",
}
"""Why a violation cannot be mended here, by its rule and a part of the HTML that breaks it.

For what Streamlit draws by itself, outside of what a page says; one entry for each.
"""


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule of axe-core that an element breaks."""

    rule: str
    impact: str
    html: str
    why: str

    @property
    def known(self) -> bool:
        return any(self.rule == rule and part in self.html for rule, part in OF_STREAMLIT)


@functools.cache
def _script() -> str:
    return resources.files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")


def violations(page: Page, *rules: str) -> list[Violation]:
    """All that axe-core finds on the page as it stands, or what breaks one of the rules."""
    page.evaluate(_script())
    options = {"resultTypes": ["violations"], **({"runOnly": list(rules)} if rules else {})}
    found: dict[str, Any] = page.evaluate("options => axe.run(document, options)", options)
    return [
        Violation(rule["id"], rule["impact"] or "", node["html"], node["failureSummary"])
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


def check(page: Page) -> None:
    """Asserts that in light and in dark nothing serious or critical is found but what is Streamlit's own."""
    found = violations(page)
    with in_the_dark(page):
        # All else is the same there.
        found += violations(page, "color-contrast")
    grave = [one for one in found if one.impact in _GRAVE and not one.known]
    assert not grave, "\n".join(f"{one.rule} ({one.impact}): {one.html}\n  {one.why}" for one in grave)
