"""What an answer must meet."""

from __future__ import annotations

import random
import string
import time
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from madlen.batch import checks
from madlen.errors import Unacceptable
from madlen.prompt_sets import Check, Prompt
from madlen.types import Reply, Status, Timing, Usage

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def said(text: str) -> Reply:
    return Reply("r1", "s1", "t1", "parrot/polly", "A", Status.COMPLETE, NOW, text=text)


def verdict(check: Check, text: str, reference: str = "") -> checks.Verdict:
    [found] = checks.verdicts(said(text), Prompt("p1", "?", reference), [check])
    return found


@pytest.mark.parametrize(
    ("check", "text", "passed"),
    [
        (Check("contains", "paris"), "It is Paris.", True),
        (Check("contains", "Rome"), "It is Paris.", False),
        (Check("regex", r"^\d{4}$"), "1789", True),
        (Check("regex", r"^\d{4}$"), "In 1789.", False),
        (Check("regex", "(?i)PARIS"), "paris", True),
        (Check("json"), ' {"a": [1, 2]}\n', True),
        (Check("json"), "```json\n{}\n```", False),
        (Check("json"), '{"a": NaN}', False),
        (Check("json"), "", False),
        (Check("exact", "yes"), " yes\n", True),
        (Check("exact", "yes"), "Yes", False),
        (Check("exact"), "42", True),
        (Check("exact"), "43", False),
        (Check("similarity", limit=1.0), "42", True),
        (Check("similarity", "The cat sat.", limit=0.8), "the cat sat", True),
        (Check("similarity", "The cat sat.", limit=0.8), "A dog ran away", False),
        (Check("length", limit=3), "abc", True),
        (Check("length", limit=3), "abcd", False),
    ],
)
def test_an_answer_passes_or_does_not(check: Check, text: str, passed: bool) -> None:
    found = verdict(check, text, reference="42")
    assert found.passed is passed
    assert found.sentence.endswith(".")


def test_cost_and_time_have_limits() -> None:
    reply = replace(said("x"), usage=Usage(cost=Decimal("0.002")), timing=Timing(duration=3.0))
    limits = [Check("cost", limit=0.002), Check("cost", limit=0.001), Check("latency", limit=3)]
    limits += [Check("latency", limit=2.9)]
    found = checks.verdicts(reply, Prompt("p1", "?"), limits)
    assert [one.passed for one in found] == [True, False, True, False]
    assert found[1].sentence == "It cost $0.002; at most $0.001 is wanted."


@pytest.mark.parametrize(
    "check", [Check("cost", limit=1), Check("latency", limit=1), Check("exact"), Check("similarity", limit=1)]
)
def test_what_is_not_known_is_not_judged(check: Check) -> None:
    assert verdict(check, "x").passed is None


def test_a_prompt_has_checks_of_its_own_besides_those_of_its_set() -> None:
    prompt = Prompt("p1", "?", checks=(Check("contains", "b"),))
    found = checks.verdicts(said("a"), prompt, [Check("contains", "a")])
    assert [one.passed for one in found] == [True, False]


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.COMPLETE])
def test_a_reply_that_is_not_whole_is_not_judged(status: Status) -> None:
    cut = replace(said("a"), status=status)
    assert checks.verdicts(cut, Prompt("p1", "?"), [Check("contains", "a")]) == ()


def test_an_answer_passes_when_every_verdict_that_can_be_told_does() -> None:
    yes, no, unknown = (checks.Verdict(Check("json"), passed, "") for passed in (True, False, None))
    assert checks.passed([yes, unknown]) is True
    assert checks.passed([yes, no]) is False
    assert checks.passed([unknown]) is None
    assert checks.passed([]) is None


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", r"(.*)*,x", r"^(\w+\s?)*$"])
def test_no_pattern_tries_every_way(pattern: str) -> None:
    begun = time.process_time()
    assert verdict(Check("regex", pattern), "a" * 100_000 + "!").passed is False
    assert time.process_time() - begun < 5


@pytest.mark.parametrize("pattern", ["(", "(?=a)", r"(a)\1", "x{1000}{1000}{1000}", "a" * 1001])
def test_a_pattern_that_cannot_be_used_is_said_to_be_so(pattern: str) -> None:
    with pytest.raises(Unacceptable, match="pattern"):
        checks.check_that_works(Check("regex", pattern))
    assert verdict(Check("regex", pattern), "a").passed is None


@pytest.mark.parametrize(
    ("check", "said"),
    [
        (Check("contains"), "needs words"),
        (Check("length"), "most characters"),
        (Check("similarity", limit=1.5), "from 0 to 1"),
        (Check("cost", limit=-1), "US dollars"),
        (Check("latency"), "seconds"),
    ],
)
def test_a_check_without_what_it_needs_is_refused(check: Check, said: str) -> None:
    with pytest.raises(Unacceptable, match=said):
        checks.check_that_works(check)


@pytest.mark.parametrize(
    ("check", "words"),
    [
        (Check("contains", "x" * 50), f"contains “{'x' * 40}…”"),
        (Check("regex", "a+"), "matches “a+”"),
        (Check("json"), "is JSON"),
        (Check("exact"), "is exactly the reference"),
        (Check("similarity", limit=0.75), "is like the reference by 75%"),
        (Check("length", limit=1200), "at most 1,200 characters"),
        (Check("cost", limit=0.001), "at most $0.001"),
        (Check("latency", limit=2.5), "at most 2.5 s"),
    ],
)
def test_a_check_is_said_in_a_few_words_and_kept_as_json(check: Check, words: str) -> None:
    assert checks.described(check) == words
    assert checks.from_json(checks.as_json(check)) == check


@pytest.mark.parametrize("value", [None, [], {}, {"kind": "magic"}, {"kind": "length", "limit": "much"}])
def test_json_that_describes_no_check_is_refused(value: object) -> None:
    with pytest.raises(Unacceptable):
        checks.from_json(value)


def test_long_texts_are_compared_in_bounded_time() -> None:
    chance = random.Random(1)  # noqa: S311
    first, second = (" ".join(chance.choices(string.ascii_lowercase, k=100_000)) for _ in range(2))
    begun = time.process_time()
    assert 0 <= checks.similarity(first, second) < 1
    assert checks.similarity(first, first) == 1
    assert time.process_time() - begun < 10
