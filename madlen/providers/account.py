"""What the OpenRouter account may still do, kept fresh in the background so that no page waits for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio

from madlen.errors import MadlenError
from madlen.types import Quota

REFRESH_SECONDS = 60.0


class Account:
    """``quota`` is the last one known, or ``None``; callable from any thread."""

    def __init__(self, ask: Callable[[], Awaitable[Quota]]) -> None:
        self._ask = ask
        self.quota: Quota | None = None

    async def refresh(self) -> None:
        """Where the account cannot be asked, what was known of it is not true any more."""
        try:
            self.quota = await self._ask()
        except MadlenError:
            self.quota = None

    async def keep_fresh(self) -> None:
        """Renews the quota for as long as the process runs."""
        while True:
            await self.refresh()
            await anyio.sleep(REFRESH_SECONDS)
