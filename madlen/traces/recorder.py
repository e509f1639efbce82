"""On the way to the ring: spans wait in a queue for the one thread that writes them."""

from __future__ import annotations

import logging
import threading
from collections import deque

from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor

from madlen.errors import StoreUnavailable
from madlen.traces import spans
from madlen.traces.ring import Ring

log = logging.getLogger("madlen.traces")

WAITING_SPANS = 4096
"""So many wait at most; for one more the oldest goes, and is counted."""
BATCH_SPANS = 512
GATHER_SECONDS = 0.4
"""How long the thread lets spans gather before it writes them together."""
RETRY_SECONDS = 2.0
CLOSE_SECONDS = 0.8
"""How long the end of the process waits for what is queued."""


class Recorder(SpanProcessor):
    """Keeps each span that ends. Whoever ends one only puts it into a queue."""

    def __init__(self, ring: Ring) -> None:
        self._ring = ring
        self._queue: deque[ReadableSpan] = deque()
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._news = threading.Event()
        self._hurry = threading.Event()
        self._thread: threading.Thread | None = None
        self._writing = 0
        self._closed = False
        self.dropped = 0
        """Spans that were not kept."""
        self.trouble = ""
        """Why nothing can be kept at the moment, as a sentence."""

    def on_end(self, span: ReadableSpan) -> None:
        with self._lock:
            if self._closed:
                return
            if len(self._queue) >= WAITING_SPANS:
                self._queue.popleft()
                self.dropped += 1
            self._queue.append(span)
            if self._thread is None:
                self._thread = threading.Thread(target=self._write_on, name="madlen-traces", daemon=True)
                self._thread.start()
        if not self._news.is_set():
            self._news.set()

    def flush(self, seconds: float) -> bool:
        """Has what is queued written, and says whether that was done in time."""
        with self._changed:
            if self._idle():
                return True
            self._hurry.set()
            done = self._changed.wait_for(
                lambda: self._idle() or bool(self.trouble) or self._closed, timeout=seconds
            )
            return done and self._idle()

    def close(self) -> None:
        """Writes what is queued, for less than a second; what is left then is lost."""
        self.flush(CLOSE_SECONDS)
        with self._changed:
            if self._closed:
                return
            self._closed = True
            self._changed.notify_all()
        self._hurry.set()
        self._news.set()
        if self._thread is not None:
            self._thread.join(0.2)

    def shutdown(self) -> None:
        """Spans of others may still come; ``close`` is the end."""

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        return self.flush(timeout_millis / 1000)

    def _idle(self) -> bool:
        return not self._queue and not self._writing

    def _write_on(self) -> None:
        while not self._closed:
            self._news.wait()
            self._hurry.wait(GATHER_SECONDS)
            self._hurry.clear()
            self._news.clear()
            batch = self._batch()
            while batch:
                self._write(batch)
                # Few are left to gather again, unless somebody waits for them.
                goes_on = len(batch) == BATCH_SPANS or self._hurry.is_set()
                batch = self._batch() if goes_on else []
        self._ring.close()

    def _batch(self) -> list[ReadableSpan]:
        with self._changed:
            if self._closed:
                return []
            batch = [self._queue.popleft() for _ in range(min(len(self._queue), BATCH_SPANS))]
            self._writing = len(batch)
            return batch

    def _write(self, batch: list[ReadableSpan]) -> None:
        """Writes a batch, again and again while the file cannot be written."""
        known = [spans.finished(span) for span in batch]
        while not self._closed:
            try:
                self._ring.write(known)
            except StoreUnavailable as error:
                self._say(str(error))
                self._hurry.clear()
                self._hurry.wait(RETRY_SECONDS)
            except Exception as error:
                # The edge of a thread: a span that cannot be kept must not end the keeping of others.
                log.error("Spans could not be kept by a defect (%s)", type(error).__name__)
                with self._lock:
                    self.dropped += len(batch)
                break
            else:
                self._say("")
                break
        with self._changed:
            self._writing = 0
            self._changed.notify_all()

    def _say(self, trouble: str) -> None:
        with self._changed:
            if trouble and not self.trouble:
                log.warning(trouble)
            self.trouble = trouble
            self._changed.notify_all()
