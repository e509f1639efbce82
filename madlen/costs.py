"""What answers cost, before and after: set aside where the day has a budget, and kept where they are not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from madlen.budget import Budget
from madlen.comparison import Refusing
from madlen.errors import OverBudget, StoreUnavailable
from madlen.providers import Provider
from madlen.store import Store
from madlen.types import Reply, Request

Asked = tuple[Reply, Request, Provider]


class Costs:
    """What every answer passes through. Without a budget nothing is refused or set aside."""

    def __init__(self, store: Store, budget: Budget | None = None) -> None:
        self._store = store
        self._budget = budget

    @property
    def limited(self) -> bool:
        return self._budget is not None

    def holds(self, reply_id: str) -> bool:
        """Whether something is still set aside for a reply."""
        return self._budget is not None and self._budget.holds(reply_id)

    @contextmanager
    def reserved(self, asked: Sequence[Asked]) -> Iterator[list[Provider]]:
        """Who answers each, with the most that it may cost set aside; given back where the block fails.

        One that the day's budget refuses fails with the reason. Raises ``OverBudget`` where nobody is left.
        """
        answering = [provider for _, _, provider in asked]
        if self._budget is None:
            yield answering
            return
        over = self._budget.reserve(
            [(reply.id, request) for reply, request, one in asked if not isinstance(one, Refusing)]
        )
        answering = [Refusing(over[reply.id]) if reply.id in over else one for reply, _, one in asked]
        if over and all(isinstance(one, Refusing) for one in answering):
            raise next(iter(over.values()))
        try:
            yield answering
        except BaseException:
            self.release([reply for reply, _, _ in asked])
            raise

    def release(self, replies: Sequence[Reply]) -> None:
        """Gives back what was set aside for replies that are not started after all."""
        if self._budget is not None:
            self._budget.release([reply.id for reply in replies])

    def answering(self, reply: Reply, request: Request, provider: Provider) -> Provider:
        """Who answers one that starts; where nothing was set aside and nothing can be, it fails."""
        if self._budget is None or self._budget.holds(reply.id):
            return provider
        try:
            with self.reserved([(reply, request, provider)]) as [found]:
                return found
        except OverBudget as error:
            return Refusing(error)

    def began(self, reply_id: str, generation_id: str) -> None:
        """Takes note of the provider's name for an answer; on the loop only."""
        if self._budget is not None:
            self._budget.began(reply_id, generation_id)

    def settle(self, reply: Reply, *, kept: bool, last: bool = False) -> None:
        """Takes into account what a reply took; ``last`` where nothing more will be known."""
        if not kept:
            # Its figures are missing then, and nothing else is.
            with suppress(StoreUnavailable):
                self._store.note_usage(reply)
        if self._budget is not None:
            self._budget.settle(reply, last=last)
