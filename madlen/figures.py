"""Figures as people read them, and as quiet as they should be: one line under an answer."""

from __future__ import annotations

from decimal import Decimal

from madlen.types import Quota, Reply, Status

_SHORTEST_THOUGHT = 0.05
"""Seconds; what came at once tells nothing of how long a model thought."""
_ENDED = {
    Status.STOPPED: "stopped",
    Status.INTERRUPTED: "cut off",
    Status.FAILED: "failed",
}
_SAID = {
    Status.STOPPED: "was stopped",
    Status.INTERRUPTED: "was cut off",
    Status.FAILED: "failed",
}


def under(reply: Reply) -> str:
    """Times, speed, tokens and cost of an answer; what is not known is left out.

    The first chunk is said where visible text came later, as from a model that thinks first.
    """
    usage, timing = reply.usage, reply.timing
    chunk, first = timing.time_to_first_chunk, timing.time_to_first_token
    first = chunk if first is None else first
    later = chunk is not None and first is not None and round(first, 2) > round(chunk, 2)
    parts = [
        _ENDED.get(reply.status, ""),
        f"{seconds(chunk)} to first chunk" if chunk is not None and later else "",
        "" if first is None else f"{seconds(first)} to first token",
        "" if reply.tokens_per_second is None else f"{reply.tokens_per_second:,.0f} tokens/s",
        "" if timing.duration is None else f"{seconds(timing.duration)} in all",
        ""
        if usage.prompt_tokens is None or usage.completion_tokens is None
        else f"{usage.prompt_tokens:,} tokens in, {usage.completion_tokens:,} out",
        "" if usage.cost is None else money(usage.cost),
    ]
    return " · ".join(part for part in parts if part)


def finished(reply: Reply, name: str) -> str:
    """That an answer has ended and what it took, short enough to be read aloud."""
    tokens, duration = reply.usage.completion_tokens, reply.timing.duration
    parts = [
        f"{name} {_SAID.get(reply.status, 'finished')}",
        "" if tokens is None else f"{tokens:,} tokens",
        "" if duration is None else f"{duration:,.1f} s",
    ]
    return ", ".join(part for part in parts if part)


def thinking(reply: Reply) -> str:
    """What stands over the reasoning of an answer: how long it took, from first chunk to first words."""
    began, spoke = reply.timing.time_to_first_chunk, reply.timing.time_to_first_token
    ended = reply.timing.duration if spoke is None else spoke
    if began is None or ended is None or ended - began < _SHORTEST_THOUGHT:
        return "Thinking"
    return f"Thought for {ended - began:,.1f} s"


def left(quota: Quota) -> str:
    """What an account may still do, in a line; empty where nothing is known."""
    free = _of(quota.free_left, quota.free_limit, "free requests left today")
    minute = _of(quota.minute_left, quota.minute_limit, "this minute")
    credit = "" if quota.credit_left is None else f"{money(quota.credit_left)} credit left"
    return " · ".join(part for part in (free, minute, credit) if part)


def fraction(left: int | None, limit: int | None) -> float | None:
    """How much of a limit is left, from 0 to 1, for a meter; ``None`` where either is not known."""
    if left is None or limit is None:
        return None
    return min(left / limit, 1.0) if limit else 0.0


def _of(left: int | None, limit: int | None, what: str) -> str:
    if left is None:
        return ""
    return f"{left:,} {what}" if limit is None else f"{left:,} of {limit:,} {what}"


def counted(number: int, noun: str) -> str:
    """A number of things: ``1 prompt``, ``1,200 prompts``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def seconds(duration: float) -> str:
    return f"{duration:.2f} s" if duration < 10 else f"{duration:,.0f} s"


def money(dollars: Decimal) -> str:
    """US dollars with the digits that matter: ``$0``, ``$0.000071``, ``$1.20``."""
    if dollars == 0:
        return "$0"
    if dollars >= Decimal("0.01"):
        return f"${dollars:,.2f}"
    decimals = 1 - dollars.adjusted()
    return f"${dollars:.{decimals}f}".rstrip("0")


def per_million(price: Decimal | None) -> str:
    """A price per token as one per million tokens; empty where it is not known."""
    return "" if price is None else money(price * 1_000_000)


def row(reply: Reply) -> tuple[str, ...]:
    """An answer in a table: its lane, time to the first token, time in all, speed, tokens out and cost."""
    timing, tokens = reply.timing, reply.usage.completion_tokens
    first = timing.time_to_first_token
    first = timing.time_to_first_chunk if first is None else first
    return (
        reply.lane,
        "" if first is None else seconds(first),
        "" if timing.duration is None else seconds(timing.duration),
        "" if reply.tokens_per_second is None else f"{reply.tokens_per_second:,.0f}",
        "" if tokens is None else f"{tokens:,}",
        "" if reply.usage.cost is None else money(reply.usage.cost),
    )


COLUMNS = ("Lane", "First token", "In all", "Tokens/s", "Tokens out", "Cost")
"""What ``row`` holds."""
