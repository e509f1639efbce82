from __future__ import annotations

from dataclasses import replace

import pytest

from madlen.types import Timing, Usage
from tests.store.keeping import a_reply


@pytest.mark.parametrize(
    ("tokens", "first", "duration", "speed"),
    [
        (100, 1.0, 3.0, 50.0),
        (100, 1.0, 1.01, None),
        (0, 1.0, 3.0, None),
        (None, 1.0, 3.0, None),
        (100, None, 3.0, None),
        (100, 1.0, None, None),
    ],
)
def test_speed_is_the_tokens_after_the_first_chunk_where_it_can_be_measured(
    tokens: int | None, first: float | None, duration: float | None, speed: float | None
) -> None:
    timing = Timing(time_to_first_chunk=first, duration=duration)
    reply = replace(a_reply(), usage=Usage(completion_tokens=tokens), timing=timing)
    assert reply.tokens_per_second == speed
