"""Whether an answer meets what was asked of it, computed here and in bounded time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Any, cast, get_args

import pydantic_core
from pydantic_core import SchemaError, SchemaValidator, core_schema

from madlen import differences, lenient
from madlen.errors import Unacceptable
from madlen.prompt_sets import Check, CheckKind, Prompt
from madlen.types import Reply, Status

PATTERN_CHARACTERS = 1_000
_BY_CHARACTER = 400
"""Texts up to this long are compared character by character, longer ones word by word."""
_LIMITS: Mapping[CheckKind, str] = {
    "similarity": "the least similarity, from 0 to 1",
    "length": "the most characters",
    "cost": "the most US dollars",
    "latency": "the most seconds",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a check. ``passed`` is ``None`` where it cannot be told."""

    check: Check
    passed: bool | None
    sentence: str


def verdicts(reply: Reply, prompt: Prompt, checks: Sequence[Check]) -> tuple[Verdict, ...]:
    """One for each check of the set and of the prompt; none for a reply that is not whole."""
    if reply.status is not Status.COMPLETE:
        return ()
    return tuple(
        Verdict(check, *_JUDGED[check.kind](check, reply, prompt.reference))
        for check in (*checks, *prompt.checks)
    )


def passed(found: Sequence[Verdict]) -> bool | None:
    """Whether all of them passed, as far as it can be told; ``None`` where nothing can."""
    told = [verdict.passed for verdict in found if verdict.passed is not None]
    return all(told) if told else None


def check_that_works(check: Check) -> Check:
    """The check. Raises ``Unacceptable`` for a pattern or a limit that cannot work."""
    if check.kind not in get_args(CheckKind):
        raise Unacceptable(
            f"“{str(check.kind)[:50]}” is no check; there are {', '.join(get_args(CheckKind))}."
        )
    if check.kind in {"contains", "regex"} and not check.value:
        raise Unacceptable(f"The check “{check.kind}” needs words or a pattern.")
    if check.kind == "regex":
        _pattern(check.value)
    if (meaning := _LIMITS.get(check.kind)) and (check.limit is None or check.limit < 0):
        raise Unacceptable(f"The check “{check.kind}” needs a limit: {meaning}.")
    if check.kind == "similarity" and (check.limit or 0) > 1:
        raise Unacceptable(f"The check “similarity” needs a limit: {_LIMITS['similarity']}.")
    return check


def described(check: Check) -> str:
    """The check in a few words."""
    value = " ".join(check.value.split())
    quoted = f"“{value[:40]}{'…' if len(value) > 40 else ''}”" if value else "the reference"
    match check.kind:
        case "contains":
            return f"contains {quoted}"
        case "regex":
            return f"matches {quoted}"
        case "json":
            return "is JSON"
        case "exact":
            return f"is exactly {quoted}"
        case "similarity":
            return f"is like {quoted} by {check.limit or 0:.0%}"
        case "length":
            return f"at most {check.limit or 0:,.0f} characters"
        case "cost":
            return f"at most ${check.limit or 0:g}"
    return f"at most {check.limit or 0:g} s"


def as_json(check: Check) -> dict[str, Any]:
    row = {"kind": check.kind, "value": check.value, "limit": check.limit}
    return {name: part for name, part in row.items() if part not in {None, ""}}


def from_json(value: Any) -> Check:
    """The check that JSON describes. Raises ``Unacceptable``."""
    row = lenient.mapping(value)
    limit = lenient.amount(row.get("limit"))
    kind = cast("CheckKind", lenient.text(row.get("kind")))
    return check_that_works(
        Check(kind, lenient.text(row.get("value")), None if limit is None else float(limit))
    )


def similarity(first: str, second: str) -> float:
    """How much of two texts is the same and in the same order, from 0 to 1; case does not count."""
    ours, theirs = first.casefold().strip(), second.casefold().strip()
    if ours == theirs:
        return 1.0
    if max(len(ours), len(theirs)) <= _BY_CHARACTER:
        return SequenceMatcher(None, ours, theirs, autojunk=False).ratio()
    kept = sum(len(one.text) for one in differences.segments(ours, theirs) if one.kind == "kept")
    return min(1.0, 2 * kept / (len(ours) + len(theirs)))


_Told = tuple[bool | None, str]


def _contains(check: Check, reply: Reply, reference: str) -> _Told:  # noqa: ARG001
    found = check.value.casefold() in reply.text.casefold()
    return found, f"It {'contains' if found else 'does not contain'} “{check.value}”."


def _regex(check: Check, reply: Reply, reference: str) -> _Told:  # noqa: ARG001
    try:
        found = _pattern(check.value).isinstance_python(reply.text)
    except Unacceptable as error:
        return None, str(error)
    return found, f"It {'matches' if found else 'does not match'} “{check.value}”."


def _json(check: Check, reply: Reply, reference: str) -> _Told:  # noqa: ARG001
    try:
        pydantic_core.from_json(reply.text.strip(), allow_inf_nan=False)
    except ValueError as error:
        return False, f"It is no valid JSON: {error}."
    return True, "It is valid JSON."


def _exact(check: Check, reply: Reply, reference: str) -> _Told:
    wanted = (check.value or reference).strip()
    if not wanted:
        return None, "There is no reference to be equal to."
    same = reply.text.strip() == wanted
    return same, "It is exactly as wanted." if same else f"It is not exactly “{_short(wanted)}”."


def _similar(check: Check, reply: Reply, reference: str) -> _Told:
    wanted = check.value or reference
    if not wanted.strip():
        return None, "There is no reference to be like."
    least, found = check.limit or 0.0, similarity(reply.text, wanted)
    return found >= least, f"It is {found:.0%} like the reference; {least:.0%} is wanted."


def _length(check: Check, reply: Reply, reference: str) -> _Told:  # noqa: ARG001
    most, found = check.limit or 0.0, len(reply.text)
    return found <= most, f"It has {found:,} characters; at most {most:,.0f} are wanted."


def _cost(check: Check, reply: Reply, reference: str) -> _Told:  # noqa: ARG001
    if reply.usage.cost is None:
        return None, "What it cost was not reported."
    most = check.limit or 0.0
    return float(reply.usage.cost) <= most, f"It cost ${reply.usage.cost:f}; at most ${most:g} is wanted."


def _latency(check: Check, reply: Reply, reference: str) -> _Told:  # noqa: ARG001
    if reply.timing.duration is None:
        return None, "How long it took is not known."
    most, found = check.limit or 0.0, reply.timing.duration
    return found <= most, f"It took {found:.2f} s; at most {most:g} s is wanted."


_JUDGED: Mapping[CheckKind, Callable[[Check, Reply, str], _Told]] = {
    "contains": _contains,
    "regex": _regex,
    "json": _json,
    "exact": _exact,
    "similarity": _similar,
    "length": _length,
    "cost": _cost,
    "latency": _latency,
}


@lru_cache(maxsize=64)
def _pattern(pattern: str) -> SchemaValidator:
    """What matches a pattern anywhere in a text, in a time that grows with the text and no faster.

    It is Rust's, which comes with pydantic: no pattern makes it try every way, as Python's own may for
    years. So it knows no look-around and no back-references, and says so.
    """
    if len(pattern) > PATTERN_CHARACTERS:
        raise Unacceptable(f"A pattern has at most {PATTERN_CHARACTERS:,} characters.")
    try:
        return SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine="rust-regex"))
    except SchemaError as error:
        *_, reason = str(error).strip().splitlines()
        sentence = reason.strip().removeprefix("error: ").rstrip(".")
        raise Unacceptable(f"The pattern “{_short(pattern)}” cannot be used: {sentence}.") from error


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:79]}…"
