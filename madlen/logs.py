"""What Madlen says of itself, for whoever runs it."""

from __future__ import annotations

import logging

from madlen.rarely import Rarely

log = logging.getLogger("madlen")

_LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def to_stderr(*, debug: bool) -> None:
    """Our own lines only, whatever the server that we run in does with everybody's."""
    if not log.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter(_LOG_FORMAT))
        log.addHandler(handler)
        log.propagate = False
        # An exporter says each of its failures, and one without a collector fails every second.
        exporting = logging.getLogger("opentelemetry")
        exporting.addHandler(Rarely(handler))
        exporting.propagate = False
    log.setLevel(logging.DEBUG if debug else logging.INFO)
