"""What the lists of models say, which every visitor's page holds."""

from __future__ import annotations

from dataclasses import replace

from madlen.providers.directory import Listing
from madlen.types import Choices
from madlen.ui import picker
from tests.parrot import DEAR, POLLY

LISTING = Listing((POLLY, DEAR))


def test_all_visitors_share_one_set_of_lines() -> None:
    one, other = (picker.lines(Listing(LISTING.models, (note,)), Choices()) for note in ("", "An old list."))
    assert one is other
    assert one(POLLY.id) is other(POLLY.id)


def test_lines_are_made_anew_when_the_list_or_what_is_pinned_changes() -> None:
    plain = picker.lines(LISTING, Choices())
    pinned = picker.lines(LISTING, Choices(pinned=(POLLY.id,)))
    assert pinned(POLLY.id) == f"★ {plain(POLLY.id)}"
    assert pinned(DEAR.id) == plain(DEAR.id)
    renamed = picker.lines(Listing((replace(POLLY, name="Jack"), DEAR)), Choices())
    assert renamed(POLLY.id).startswith("Jack · ")


def test_a_model_that_no_list_has_is_named_by_its_id() -> None:
    assert picker.lines(LISTING, Choices())("gone/away") == "gone/away (not listed now)"
