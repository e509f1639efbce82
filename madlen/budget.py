"""The day's budget: what an answer may cost is set aside before it is asked, and what it did cost after.

A day is one of UTC, as with OpenRouter's own limits. What is set aside lies in the database, so that all
processes on it share one budget, and what one of them left behind is taken over by another.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import anyio
import anyio.to_thread

from madlen import catalogue, days, figures, prices
from madlen.errors import MadlenError, OverBudget, StoreUnavailable
from madlen.prices import Ceiling
from madlen.providers.directory import Directory
from madlen.providers.openrouter import longest_answer
from madlen.spendings import MOST, Abandoned, Account, Reservation
from madlen.store import Store
from madlen.types import Model, Reply, Request, Status

BEAT_SECONDS = 2.0
ABANDONED_SECONDS = 10.0
RECEIPT_TRIES = 6
RECEIPT_SECONDS = 4.0
_FEWEST_TOKENS = 16


class Budget:
    """Guards a limit in US dollars. Every method may be called from any thread, but for those awaited."""

    def __init__(
        self,
        limit: Decimal,
        store: Store,
        directory: Directory,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.limit = limit
        self._store = store
        self._directory = directory
        self._now = now
        self._owner = uuid.uuid4().hex
        self._held: dict[str, Reservation] = {}
        self._began: dict[str, str] = {}
        self._unsettled: dict[str, tuple[datetime, Decimal | None, str]] = {}
        self._left: dict[str, tuple[Abandoned, int]] = {}
        self._news = anyio.Event()
        self._beaten = now()
        self._patient_until = self._beaten
        store.open_day(days.of(self._beaten))

    def account(self) -> Account:
        """How today stands."""
        return self._store.account(days.of(self._now()))

    def reserve(self, asked: Sequence[tuple[str, Request]]) -> Mapping[str, OverBudget]:
        """Sets aside what each reply may cost at most; gives those that do not fit, by the reply's id."""
        ceilings = {reply_id: found for reply_id, request in asked if (found := self._ceiling(request))}
        models = {reply_id: request.model_id for reply_id, request in asked}
        wanted = [
            Reservation(reply_id, models[reply_id], min(one.total, MOST))
            for reply_id, one in ceilings.items()
            if one.total
        ]
        if not wanted:
            return {}
        now = self._now()
        day = days.of(now)
        try:
            refused = self._store.reserve(wanted, day, self.limit, owner=self._owner, now=now)
        except StoreUnavailable:
            # Some may be set aside all the same; the next beat gives them back.
            self._unsettled |= {one.id: (now, Decimal(0), one.model_id) for one in wanted}
            raise
        self._held |= {one.id: one for one in wanted if one.id not in refused}
        return {
            reply_id: self._refusal(account, ceilings[reply_id], models[reply_id])
            for reply_id, account in refused.items()
        }

    def holds(self, reply_id: str) -> bool:
        """Whether something is still set aside for a reply."""
        return reply_id in self._held

    def began(self, reply_id: str, generation_id: str) -> None:
        """Takes note of the name under which the cost can be asked for; on the loop only."""
        if reply_id in self._held and generation_id:
            self._began[reply_id] = generation_id
            self._news.set()

    def release(self, reply_ids: Sequence[str]) -> None:
        """Gives back what was set aside for replies that were not asked after all."""
        for reply_id in reply_ids:
            if reply_id in self._held:
                self._settle(reply_id, self._now(), Decimal(0), "")

    def settle(self, reply: Reply, *, last: bool = False) -> None:
        """Puts what a reply cost in place of what was set aside.

        One whose cost can still be asked for keeps it, unless this is the ``last`` time: then it counts
        as the most that it can have cost. One that never began has cost nothing.
        """
        cost = reply.usage.cost
        if cost is None and not (reply.generation_id or reply.text or reply.reasoning):
            cost = Decimal(0)
        if reply.id in self._held:
            if cost is not None or last or not reply.generation_id:
                self._settle(reply.id, reply.created_at, cost, reply.model_id)
        elif cost:
            self._settle(reply.id, reply.created_at, cost, reply.model_id)

    async def keep(self) -> None:
        """Says that ours is still needed and settles what others left, for as long as the process runs."""
        while True:
            self._news = anyio.Event()
            # Where the database is away, the next beat says and finds the same.
            with suppress(StoreUnavailable):
                await anyio.to_thread.run_sync(self._beat)
                await self._settle_left()
            with anyio.move_on_after(BEAT_SECONDS):
                await self._news.wait()

    def close(self) -> None:
        """Lets others take over at once what is not settled yet."""
        with suppress(StoreUnavailable):
            self._write()
            if self._held or self._left:
                self._store.beat_budget(self._owner, datetime.min.replace(tzinfo=UTC))

    def _ceiling(self, request: Request) -> Ceiling | None:
        listing = self._directory.known
        listed = listing.models if listing else ()
        model = catalogue.find(listed, request.model_id)
        known = model or Model(request.model_id, request.model_id, "")
        if prices.is_free(known):
            return None
        return prices.ceiling(
            request,
            prices.priced(model, listed),
            sees=catalogue.sees(known),
            longest=longest_answer(known),
        )

    def _refusal(self, account: Account, needed: Ceiling, model_id: str) -> OverBudget:
        midnight, most = account.resets_at, min(needed.total, MOST)
        here = midnight.astimezone()
        local = f" ({here:%H:%M} on this server's clock)" if here.utcoffset() else ""
        tokens = needed.tokens_within(account.left(self.limit))
        fewer = f" or ask for at most {tokens:,} tokens" if tokens >= _FEWEST_TOKENS else ""
        in_flight = f" and {figures.money(account.reserved)} reserved" if account.reserved else ""
        return OverBudget(
            f"Of the day's budget of {figures.money(self.limit)}, {figures.money(account.spent)} are spent"
            f"{in_flight}; {model_id} may cost {figures.money(most)}. Choose a free model"
            f"{fewer}; a new day begins at 00:00 UTC{local}.",
            amounts={
                "budget": self.limit,
                "spent": account.spent,
                "reserved": account.reserved,
                "needed": most,
            },
            resets_at=midnight.isoformat(),
            affordable_tokens=tokens if tokens >= _FEWEST_TOKENS else None,
            for_now=account.spent + most <= self.limit,
        )

    def _settle(self, reply_id: str, asked_at: datetime, cost: Decimal | None, model_id: str) -> None:
        self._unsettled[reply_id] = (asked_at, cost, model_id)
        self._held.pop(reply_id, None)
        # Where it cannot be written for now, the next beat does.
        with suppress(StoreUnavailable):
            self._write_one(reply_id)

    def _write_one(self, reply_id: str) -> None:
        if (known := self._unsettled.get(reply_id)) is None:
            return
        asked_at, cost, model_id = known
        day = days.of(asked_at)
        self._store.settle(reply_id, day, cost, model_id=model_id)
        self._unsettled.pop(reply_id, None)

    def _write(self) -> None:
        for reply_id in tuple(self._unsettled):
            self._write_one(reply_id)
        for reply_id, generation_id in tuple(self._began.items()):
            self._store.began(reply_id, generation_id)
            self._began.pop(reply_id, None)

    def _beat(self) -> None:
        now, long = self._now(), timedelta(seconds=ABANDONED_SECONDS)
        if self._held or self._left or self._unsettled:
            self._store.beat_budget(self._owner, now)
        self._write()
        if now - self._beaten > long / 2:
            # The database was away, or the machine slept: whoever lives had no chance to say so in time.
            self._patient_until = now + long
        self._beaten = now
        if now >= self._patient_until:
            for one in self._store.claim(now - long, owner=self._owner, now=now):
                self._left[one.reservation.id] = (one, RECEIPT_TRIES)

    async def _settle_left(self) -> None:
        """Asks once more what each answer of a process that has gone came to.

        One that nobody can tell the cost of counts in full where it had begun, else not at all.
        """
        for one, tries in tuple(self._left.values()):
            reply_id, generation_id = one.reservation.id, one.reservation.generation_id
            cost = one.cost
            if cost is None and generation_id:
                cost = await self._told(one.reservation, last=tries <= 1)
            elif cost is None:
                cost = Decimal(0)
            if cost is None and tries > 1:
                self._left[reply_id] = (one, tries - 1)
            else:
                await anyio.to_thread.run_sync(
                    self._settle, reply_id, one.asked_at, cost, one.reservation.model_id
                )
                del self._left[reply_id]

    async def _told(self, left: Reservation, *, last: bool) -> Decimal | None:
        """The cost as the provider's receipt says it, brought into the answer's row once that has ended."""
        usage = None
        with anyio.move_on_after(RECEIPT_SECONDS), suppress(MadlenError):
            _, provider = self._directory.find(await self._directory.listing(), left.model_id)
            usage = await provider.receipt(left.generation_id)
        if usage is None or usage.cost is None:
            return None
        with suppress(MadlenError):
            reply = await anyio.to_thread.run_sync(self._store.reply, left.id)
            if reply.status is Status.STREAMING and not last:
                return None
            if reply.status is not Status.STREAMING and reply.usage.cost is None:
                await anyio.to_thread.run_sync(self._store.save, replace(reply, usage=usage))
        return usage.cost
