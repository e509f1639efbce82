"""How models stand after some duels: scores with intervals, what is not settled, who beat whom.

And which of them are worth their cost and time.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from madlen.strengths import Floats, strengths, vote_keys
from madlen.votes import Duel

MEAN = 1000.0
LEAST_VOTES = 6
"""Fewer settle nothing: five votes for the same side come by chance once in sixteen times, six in 32."""
MOST_VOTES = 10_000
"""Models that would need more votes than this are as good as equal, and no number is given."""


@dataclass(frozen=True, slots=True)
class Record:
    """What happened between one model and another, or all others, from its side."""

    wins: int = 0
    losses: int = 0
    ties: int = 0

    @property
    def duels(self) -> int:
        return self.wins + self.losses + self.ties

    @property
    def win_rate(self) -> float | None:
        """The share of duels won, a tie counted as half of one."""
        return (self.wins + self.ties / 2) / self.duels if self.duels else None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a model stands: its score with a 95 % interval, among those it can be compared with."""

    model_id: str
    score: float
    low: float
    high: float
    group: int
    """Between models of different groups there is no chain of duels, and so no order."""
    record: Record
    votes: int
    rank: int = 1
    """One more than the models whose intervals lie above it; models that share a rank are not told apart."""
    settled: bool = True
    """Whether the intervals of this one and the next of its group are apart, and not by the first few votes.

    True of the last of a group.
    """
    votes_to_settle: int | None = 0
    """About how many more votes on this one or the next would settle their order; ``None`` for too many.

    Intervals narrow with the square root of the votes. They part when there are as many times the votes
    as (the two half intervals / the difference)²; rounded to one digit, for it is known no better.
    """


@dataclass(frozen=True, slots=True)
class Standings:
    """The models of some duels: the largest group first, the strongest of each group first.

    A model without a duel has no standing. The scores of a group have a mean of 1,000.
    """

    rows: tuple[Standing, ...] = ()
    votes: int = 0
    length_points: float | None = None
    """What it is worth to be twice as long as the other answer, where that was taken out of the scores."""


@dataclass(frozen=True, slots=True)
class Point:
    """What a model is worth and what it takes. ``None`` is not known."""

    model_id: str
    strength: float
    cost: Decimal | None
    latency: float | None


def standings(
    duels: Sequence[Duel], *, seed: int, rounds: int = 200, length_controlled: bool = False
) -> Standings:
    """How the models of these duels stand, the same for the same seed; see :mod:`madlen.strengths`."""
    if not duels:
        return Standings()
    groups = _groups(duels)
    models = [model for group in groups for model in group]
    fitted = strengths(duels, models, seed=seed, rounds=rounds, length_controlled=length_controlled)
    scores = _centred(fitted.scores, groups)
    # Weibull's plotting positions cover at the stated rate with few rounds too. Without rounds there is one
    # score and no interval.
    low, high = np.percentile(scores[1:] if rounds else scores, (2.5, 97.5), axis=0, method="weibull")
    matrix, votes = records(duels), _votes(duels)
    rows: list[Standing] = []
    for place, group in enumerate(groups):
        first = len(rows)
        standing = [
            Standing(
                model_id=model,
                score=(score := float(scores[0, column])),
                low=min(score, float(low[column])),
                high=max(score, float(high[column])),
                group=place,
                record=_total(record for (one, _), record in matrix.items() if one == model),
                votes=len(votes[model]),
            )
            for column, model in enumerate(group, start=first)
        ]
        rows += _ordered(standing, votes)
    return Standings(tuple(rows), len(set(vote_keys(duels))), fitted.length_points)


def records(duels: Iterable[Duel]) -> dict[tuple[str, str], Record]:
    """The win matrix: how the first of each pair of models fared against the second, both ways round."""
    found: dict[tuple[str, str], Record] = {}
    for duel in duels:
        won, lost = (duel.outcome == side for side in ("first", "second"))
        tied = duel.outcome == "tie"
        there, back = (duel.first, duel.second), (duel.second, duel.first)
        found[there] = _total((found.get(there, Record()), Record(won, lost, tied)))
        found[back] = _total((found.get(back, Record()), Record(lost, won, tied)))
    return found


def pareto(points: Iterable[Point]) -> frozenset[str]:
    """The models that no other one beats in strength, cost or latency without losing in another.

    A model whose cost or latency is not known is not among them and beats none.
    """
    known = [
        (point.model_id, (-point.strength, float(point.cost), point.latency))
        for point in points
        if point.cost is not None and point.latency is not None
    ]
    return frozenset(
        model
        for model, own in known
        if not any(
            other != own and all(theirs <= ours for theirs, ours in zip(other, own, strict=True))
            for _, other in known
        )
    )


def _total(parts: Iterable[Record]) -> Record:
    counts = [(part.wins, part.losses, part.ties) for part in parts]
    return Record(*map(sum, zip(*counts, strict=True)))


def _votes(duels: Sequence[Duel]) -> dict[str, set[str]]:
    """The votes that each model took part in."""
    found: dict[str, set[str]] = {}
    for key, duel in zip(vote_keys(duels), duels, strict=True):
        found.setdefault(duel.first, set()).add(key)
        found.setdefault(duel.second, set()).add(key)
    return found


def _groups(duels: Iterable[Duel]) -> list[list[str]]:
    """Models that a chain of duels connects, the largest group first; models by their ids."""
    met: dict[str, set[str]] = {}
    for duel in duels:
        met.setdefault(duel.first, set()).add(duel.second)
        met.setdefault(duel.second, set()).add(duel.first)
    left, groups = dict.fromkeys(sorted(met)), []
    while left:
        group, waiting = set(), [next(iter(left))]
        while waiting:
            group.add(model := waiting.pop())
            waiting.extend(met[model] - group)
        groups.append(sorted(group))
        left = {model: None for model in left if model not in group}
    return sorted(groups, key=lambda group: (-len(group), group))


def _centred(scores: Floats, groups: Iterable[Sequence[str]]) -> Floats:
    """Scores whose columns have, group by group, the mean in every row."""
    start, parts = 0, []
    for group in groups:
        part = scores[:, start : start + len(group)]
        parts.append(part - part.mean(axis=1, keepdims=True) + MEAN)
        start += len(group)
    return np.hstack(parts)


def _ordered(group: Iterable[Standing], votes: Mapping[str, set[str]]) -> Iterator[Standing]:
    """A group strongest first, with ranks and with what is settled."""
    strongest = sorted(group, key=lambda one: (-one.score, one.model_id))
    for one, following in zip(strongest, [*strongest[1:], None], strict=True):
        more: int | None = 0
        if following is not None:
            more = _votes_to_settle(one, following, len(votes[one.model_id] | votes[following.model_id]))
        rank = 1 + sum(other.low > one.high for other in strongest)
        yield replace(one, rank=rank, settled=more == 0, votes_to_settle=more)


def _votes_to_settle(stronger: Standing, weaker: Standing, votes: int) -> int | None:
    missing = max(0, LEAST_VOTES - votes)
    if stronger.low > weaker.high:
        return missing
    difference = stronger.score - weaker.score
    halves = (stronger.score - stronger.low) + (weaker.high - weaker.score)
    if difference <= 0 or (more := votes * ((halves / difference) ** 2 - 1)) > MOST_VOTES:
        return None
    digit = 10 ** math.floor(math.log10(more)) if more >= 1 else 1
    return max(1, missing, round(more / digit) * digit)
