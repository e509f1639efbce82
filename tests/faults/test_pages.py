"""What the benchmark's visitors do is done, or said not to be."""

from __future__ import annotations

from typing import cast

import pytest
from playwright.sync_api import Error, Page

from bench.faults.pages import _load_again


class Tab:
    """Refuses to load again, for these reasons, one after the other."""

    def __init__(self, *reasons: str) -> None:
        self.reasons = [*reasons]
        self.loaded = 0

    def reload(self, *, wait_until: str) -> None:
        assert wait_until == "commit"
        if self.reasons:
            raise Error(self.reasons.pop(0))
        self.loaded += 1


def test_a_page_that_is_about_to_be_replaced_is_loaded_again_once_it_was() -> None:
    tab = Tab(*["Protocol error (Page.reload): Not attached to an active page"] * 2)
    _load_again(cast("Page", tab))
    assert (tab.loaded, tab.reasons) == (1, [])


def test_a_page_that_cannot_be_loaded_again_for_another_reason_is_told() -> None:
    tab = Tab("Target page, context or browser has been closed")
    with pytest.raises(Error, match="has been closed"):
        _load_again(cast("Page", tab))
    assert tab.loaded == 0
