from __future__ import annotations

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from madlen.errors import MadlenError, MinuteLimit, RateLimited, UpstreamError
from madlen.providers import account as accounts
from madlen.providers.account import Account
from madlen.services.wiring import Services
from madlen.settings import Settings
from madlen.types import Lane, Quota
from tests.pretend_openrouter import CHAT_MODEL, PretendOpenRouter

QUOTA = Quota(12, 50, 38, Decimal("4.25"))
KNOWN = replace(QUOTA, minute_limit=20, minute_left=20)
"""The same with a minute in which nothing was asked."""


class Desk:
    """Answers as it is told, and the last thing for ever; says how often it was asked."""

    def __init__(self, *answers: Quota | UpstreamError) -> None:
        self._answers = answers
        self.asked = 0
        self._news = anyio.Event()

    async def __call__(self) -> Quota:
        answer = self._answers[min(self.asked, len(self._answers) - 1)]
        self.asked += 1
        self._news.set()
        if isinstance(answer, UpstreamError):
            raise answer
        return answer

    async def until(self, times: int) -> None:
        """Returns when it was asked so often, and fails if that takes too long."""
        with anyio.fail_after(5):
            while self.asked < times:
                self._news = anyio.Event()
                await self._news.wait()


class Clock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def account(clock: Clock) -> Account:
    known = Account(Desk(QUOTA), clock=clock)
    anyio.run(known.refresh)
    return known


def ask(account: Account, *, free: bool = True, error: MadlenError | None = None) -> None:
    """A request that ends at once, well or with the error."""
    with suppress(MadlenError), account.request(free=free):
        if error is not None:
            raise error


def minute_left(account: Account) -> int | None:
    quota = account.quota
    return quota.minute_left if quota else None


@asynccontextmanager
async def fresh(account: Account) -> AsyncIterator[None]:
    async with anyio.create_task_group() as group:
        group.start_soon(account.keep_fresh)
        yield
        group.cancel_scope.cancel()


def test_nothing_is_known_before_the_first_answer() -> None:
    assert Account(Desk(QUOTA)).quota is None


def test_the_last_answer_is_what_is_known() -> None:
    account = Account(Desk(Quota(), QUOTA))
    anyio.run(account.refresh)
    anyio.run(account.refresh)
    assert account.quota == KNOWN


def test_an_account_that_cannot_be_asked_is_not_known_any_more() -> None:
    account = Account(Desk(QUOTA, UpstreamError("Down.")))
    anyio.run(account.refresh)
    anyio.run(account.refresh)
    assert account.quota is None


def test_it_is_asked_as_soon_as_it_is_kept_fresh() -> None:
    desk = Desk(QUOTA)

    async def main() -> None:
        async with fresh(Account(desk)):
            await desk.until(1)

    anyio.run(main)
    assert desk.asked == 1


@pytest.mark.parametrize("free", [True, False])
@pytest.mark.parametrize("error", [None, UpstreamError("Down.")])
def test_it_is_asked_again_when_an_answer_has_ended(
    monkeypatch: pytest.MonkeyPatch, free: bool, error: MadlenError | None
) -> None:
    monkeypatch.setattr(accounts, "LEAST_SECONDS", 0)
    monkeypatch.setattr(accounts, "REFRESH_SECONDS", math.inf)
    desk = Desk(QUOTA)
    account = Account(desk)

    async def main() -> None:
        async with fresh(account):
            await desk.until(1)
            ask(account, free=free, error=error)
            await desk.until(2)

    anyio.run(main)


def test_an_answer_that_ends_while_the_account_is_asked_is_not_missed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(accounts, "LEAST_SECONDS", 0)
    monkeypatch.setattr(accounts, "REFRESH_SECONDS", math.inf)
    desk = Desk(QUOTA)

    async def slow() -> Quota:
        if desk.asked == 0:
            ask(slowly)
        return await desk()

    slowly = Account(slow)

    async def main() -> None:
        async with fresh(slowly):
            await desk.until(2)

    anyio.run(main)


def test_many_answers_make_it_asked_once_in_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "LEAST_SECONDS", 3600)
    desk = Desk(QUOTA)
    account = Account(desk)

    async def main() -> None:
        async with fresh(account):
            await desk.until(1)
            for _ in range(100):
                ask(account)
                await anyio.lowlevel.checkpoint()

    anyio.run(main)
    assert desk.asked == 1


def test_it_is_asked_now_and_then_without_any_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "LEAST_SECONDS", 0)
    monkeypatch.setattr(accounts, "REFRESH_SECONDS", 0.001)
    desk = Desk(QUOTA)

    async def main() -> None:
        async with fresh(Account(desk)):
            await desk.until(3)

    anyio.run(main)


def test_every_free_request_counts_for_a_minute(account: Account, clock: Clock) -> None:
    ask(account)
    clock.now += 30
    ask(account, error=UpstreamError("Down."))
    assert minute_left(account) == 18
    clock.now += 30
    assert minute_left(account) == 19
    clock.now += 30
    assert minute_left(account) == 20


def test_a_request_counts_from_its_start(account: Account) -> None:
    with account.request(free=True):
        assert minute_left(account) == 19


def test_a_paid_request_does_not_count(account: Account) -> None:
    ask(account, free=False)
    assert minute_left(account) == 20


def test_no_more_than_all_is_used_up(account: Account) -> None:
    for _ in range(25):
        ask(account)
    assert minute_left(account) == 0


def test_a_minute_that_was_refused_is_used_up_until_its_reset(account: Account, clock: Clock) -> None:
    ask(account, error=MinuteLimit("Full.", retry_after=40))
    clock.now += 30
    assert account.quota == replace(QUOTA, minute_limit=20, minute_left=0, minute_wait=10)
    clock.now += 10
    assert account.quota == replace(QUOTA, minute_limit=20, minute_left=19)


@pytest.mark.parametrize(
    "error",
    [RateLimited("Busy.", retry_after=40), MinuteLimit("Full.")],
    ids=["busy model", "no reset"],
)
def test_any_other_refusal_leaves_the_minute_to_our_own_count(account: Account, error: RateLimited) -> None:
    ask(account, error=error)
    assert account.quota == replace(QUOTA, minute_limit=20, minute_left=19)


def test_what_went_wrong_with_a_request_is_raised_on(account: Account) -> None:
    with pytest.raises(RateLimited), account.request(free=True):
        raise MinuteLimit("Full.", retry_after=40)


def test_an_answer_through_madlen_is_seen_in_its_quota(tmp_path: Path) -> None:
    with PretendOpenRouter().running() as pretend:
        madlen = Services(
            Settings(
                database_url=f"sqlite:///{tmp_path}/chat.db",
                openrouter_api_key="sk-or-v1-free-tier",
                openrouter_base_url=pretend.base_url,
                enable_tracing=False,
            )
        )
        try:
            [generation] = madlen.chat.ask("Hello", [Lane(CHAT_MODEL)]).generations
            assert [update.ended for update in generation.follow(every=0)][-1] is not None
            assert madlen._account is not None
            madlen.portal.call(madlen._account.refresh)
            assert madlen.quota() == Quota(12, 50, 38, minute_limit=20, minute_left=19)
        finally:
            madlen.close()
