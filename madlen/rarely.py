"""A log handler for whoever says the same again and again: one line a minute, with how many there were."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

SECONDS = 60.0


class Rarely(logging.Handler):
    """Hands on the first record, and then at most one a minute, without its stack trace."""

    def __init__(self, to: logging.Handler, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._to = to
        self._monotonic = monotonic
        self._next = 0.0
        self._kept_back = 0

    def emit(self, record: logging.LogRecord) -> None:
        now = self._monotonic()
        if now < self._next:
            self._kept_back += 1
            return
        said = logging.makeLogRecord(record.__dict__)
        said.msg, said.args, said.exc_info, said.exc_text = record.getMessage(), (), None, None
        if self._kept_back:
            said.msg += f" ({self._kept_back:,} more since the last line)"
        self._next, self._kept_back = now + SECONDS, 0
        self._to.handle(said)
