"""PostgreSQL for the faults that are the same on both back ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bench.faults.outcome import Elsewhere
from tests import postgres as servers


@contextmanager
def postgres() -> Iterator[Elsewhere]:
    """An empty database on a server of its own, which syncs what it commits."""
    with servers.running(durable=True) as server, server.database() as name:
        yield Elsewhere(server, server.url(name))
