from __future__ import annotations

from decimal import Decimal

import anyio
import anyio.lowlevel

from madlen.errors import UpstreamError
from madlen.providers.account import Account
from madlen.types import Quota

QUOTA = Quota(12, 50, 38, Decimal("4.25"))


class Desk:
    """Answers as it is told, and counts how often it was asked."""

    def __init__(self, *answers: Quota | UpstreamError) -> None:
        self._answers = list(answers)

    async def __call__(self) -> Quota:
        answer = self._answers.pop(0)
        if isinstance(answer, UpstreamError):
            raise answer
        return answer


def test_nothing_is_known_before_the_first_answer() -> None:
    assert Account(Desk()).quota is None


def test_the_last_answer_is_what_is_known() -> None:
    account = Account(Desk(Quota(), QUOTA))
    anyio.run(account.refresh)
    anyio.run(account.refresh)
    assert account.quota == QUOTA


def test_an_account_that_cannot_be_asked_is_not_known_any_more() -> None:
    account = Account(Desk(QUOTA, UpstreamError("Down.")))
    anyio.run(account.refresh)
    anyio.run(account.refresh)
    assert account.quota is None


def test_it_is_asked_as_soon_as_it_is_kept_fresh() -> None:
    account = Account(Desk(QUOTA))

    async def main() -> None:
        with anyio.move_on_after(5):
            async with anyio.create_task_group() as group:
                group.start_soon(account.keep_fresh)
                while account.quota is None:
                    await anyio.lowlevel.checkpoint()
                group.cancel_scope.cancel()

    anyio.run(main)
    assert account.quota == QUOTA
