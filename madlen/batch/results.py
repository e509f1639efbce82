"""The answers of a run with what was found of them, and beside those of an earlier run. Pure functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Literal

from madlen import judgements as judged
from madlen.batch import checks
from madlen.judgements import Judgement
from madlen.prompt_sets import Cell, CellState, Check, Prompt, Run
from madlen.types import Lane, Reply

Change = Literal["better", "worse", "same", "new", "gone"]
SLOW = 2.0
"""A slow answer takes so many times as long as the middle one of its run."""


@dataclass(frozen=True, slots=True)
class Result:
    """One prompt in one lane: its reply, where there is one, the verdicts on it and its mean score."""

    prompt: Prompt
    lane: Lane
    cell: Cell
    reply: Reply | None = None
    verdicts: tuple[checks.Verdict, ...] = ()
    score: float | None = None
    wins: tuple[float, ...] = ()
    """What it got from each comparison with another answer: 1, a half or 0."""

    @property
    def failed(self) -> bool:
        return self.cell.state is CellState.FAILED

    @property
    def passed(self) -> bool | None:
        return checks.passed(self.verdicts)


@dataclass(frozen=True, slots=True)
class Difference:
    """What became of one prompt in one lane between two runs."""

    prompt: Prompt
    lane: Lane
    change: Change
    then: Result | None
    now: Result | None


def of(
    run: Run,
    cells: Iterable[tuple[Cell, Reply | None]],
    judgements: Sequence[Judgement] = (),
    verdicts: Callable[[Reply, Prompt, Sequence[Check]], tuple[checks.Verdict, ...]] = checks.verdicts,
) -> list[Result]:
    """The run's results, prompt by prompt and lane by lane; ``verdicts`` may be one that remembers."""
    prompts = {prompt.id: prompt for prompt in run.prompts}
    lanes = {lane.name: lane for lane in run.lanes}
    scores, wins = judged.scores(judgements), judged.wins(judgements)
    found = []
    for cell, reply in cells:
        prompt = prompts[cell.prompt_id]
        found.append(
            Result(
                prompt,
                lanes[cell.lane],
                cell,
                reply,
                verdicts(reply, prompt, run.checks) if reply and cell.state is CellState.DONE else (),
                scores.get(cell.reply_id),
                tuple(wins.get(cell.reply_id, ())),
            )
        )
    return found


def by_prompt(results: Iterable[Result]) -> dict[str, list[Result]]:
    """The results by the ids of their prompts."""
    found: dict[str, list[Result]] = {}
    for result in results:
        found.setdefault(result.prompt.id, []).append(result)
    return found


def different(results: Iterable[Result]) -> set[str]:
    """The ids of prompts whose answers are not all the same words, case and spaces aside."""
    return {
        prompt_id
        for prompt_id, row in by_prompt(results).items()
        if len({_words(one.reply.text) for one in row if one.reply and not one.failed}) > 1
    }


def failed(results: Iterable[Result]) -> set[str]:
    """The ids of prompts that a lane has no answer to, or one that did not pass its checks."""
    return {one.prompt.id for one in results if one.failed or one.passed is False}


def slow(results: Sequence[Result]) -> set[str]:
    """The ids of prompts with an answer that took twice as long as the middle one of the run, or longer."""
    times = {id(one): one.reply.timing.duration for one in results if one.reply and not one.failed}
    known = [seconds for seconds in times.values() if seconds is not None]
    if not known:
        return set()
    least = SLOW * median(known)
    return {one.prompt.id for one in results if (seconds := times.get(id(one))) and seconds >= least}


def differences(then: Sequence[Result], now: Sequence[Result]) -> list[Difference]:
    """What became better and worse between two runs, by prompt and lane.

    A prompt is the same by its id, or else by its words; a lane by how it asks. An answer is better than
    none, than one that passed fewer checks, and than one with a lower score, in this order.
    """
    ids = {one.prompt.id for one in now}
    by_words = {one.prompt.asked: one.prompt.id for one in now}
    before = _keyed((one, one.prompt.id if one.prompt.id in ids else _same(one, by_words)) for one in then)
    after = _keyed((one, one.prompt.id) for one in now)
    found = [
        Difference(one.prompt, one.lane, _change(before.get(key), one), before.get(key), one)
        for key, one in after.items()
    ]
    gone = {key: one for key, one in before.items() if key not in after}
    return found + [Difference(one.prompt, one.lane, "gone", one, None) for one in gone.values()]


def _same(result: Result, by_words: Mapping[str, str]) -> str:
    """The id of the prompt with the same words, or its own."""
    return by_words.get(result.prompt.asked, result.prompt.id)


def _change(then: Result | None, now: Result) -> Change:
    if then is None:
        return "new"
    for was, became in zip(_worth(then), _worth(now), strict=True):
        if was is not None and became is not None and was != became:
            return "better" if became > was else "worse"
    return "same"


def _worth(result: Result) -> tuple[float | None, ...]:
    told = [verdict.passed for verdict in result.verdicts if verdict.passed is not None]
    share = sum(told) / len(told) if told else None
    return float(result.cell.state is CellState.DONE), share, result.score


_Key = tuple[str, Lane, int]


def _keyed(named: Iterable[tuple[Result, str]]) -> dict[_Key, Result]:
    """Results by what makes them the same in another run; twin lanes are told apart by their order."""
    found: dict[_Key, Result] = {}
    twins: Counter[tuple[str, Lane]] = Counter()
    for one, prompt_id in named:
        same = (prompt_id, replace(one.lane, name=""))
        found[(*same, twins[same])] = one
        twins[same] += 1
    return found


def _words(text: str) -> str:
    return " ".join(text.split()).casefold()
