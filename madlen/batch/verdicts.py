"""What came of checks, kept while the process runs: no whole answer changes, nor do the checks of its run."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

from madlen.batch import checks
from madlen.batch.checks import Verdict
from madlen.prompt_sets import Check, Prompt
from madlen.types import Reply, Status

MOST = 50_000
"""So many answers' verdicts are kept, those that were wanted last."""


class Verdicts:
    """Comes to each verdict once, for all who look. To be used from any thread."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[Verdict, ...]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, reply: Reply, prompt: Prompt, wanted: Sequence[Check]) -> tuple[Verdict, ...]:
        """Those of ``checks.verdicts``."""
        if reply.status is not Status.COMPLETE or not (wanted or prompt.checks):
            return ()
        with self._lock:
            if (known := self._known.get(reply.id)) is not None:
                self._known.move_to_end(reply.id)
                return known
        # Some take a while, and none must wait for another's.
        found = checks.verdicts(reply, prompt, wanted)
        with self._lock:
            self._known[reply.id] = found
            if len(self._known) > MOST:
                self._known.popitem(last=False)
        return found

    def knows(self, reply: Reply) -> bool:
        return reply.id in self._known
