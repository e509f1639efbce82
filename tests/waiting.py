"""Waiting for what another thread or process does."""

from __future__ import annotations

import time
from collections.abc import Callable

from madlen.services.wiring import Services


def eventually(true: Callable[[], bool], seconds: float = 20) -> bool:
    """Whether something holds, by now or before so many seconds have passed."""
    until = time.monotonic() + seconds
    while not (found := true()) and time.monotonic() < until:
        time.sleep(0.005)
    return found


def step_done(madlen: Services) -> None:
    """Returns when the services' loop has done the step that it is in.

    In the one in which an answer lets its followers go, its span then ends and the hub forgets it.
    """
    madlen.portal.call(lambda: None)
