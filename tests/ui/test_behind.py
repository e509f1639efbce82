"""How a vote went for one answer, in words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from madlen.types import Reply, Status
from madlen.ui import behind
from madlen.votes import Order, Vote

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("order", "bad", "said"),
    [
        ((("r",), ("other",)), False, "won"),
        ((("other",), ("r",)), False, "lost"),
        ((("a",), ("r",), ("b",)), False, "place 2"),
        ((("r", "other"),), False, "tied"),
        ((("r", "other"),), True, "bad"),
        ((("a",), ("b",)), False, "not judged"),
    ],
)
def test_the_outcome_of_a_vote_is_a_word(order: Order, bad: bool, said: str) -> None:
    reply = Reply("r", "s", "t", "parrot/polly", "A", Status.COMPLETE, NOW)
    assert behind.outcome(Vote("t", "s", order, NOW, bad=bad), reply) == said
