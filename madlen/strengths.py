"""Strengths that best explain duels: Bradley-Terry, fitted to the votes and to the votes weighed anew.

A model starts from one duel won and one lost against an average opponent, so that one without a defeat
has a score. The rounds are a Bayesian bootstrap (Rubin,
1981): each weighs every vote anew. Drawing votes with replacement instead would call a model that won
its only vote certain. The pairs of one vote share a weight, for they are not independent of each other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import evalica
import numpy as np
import numpy.typing as npt

from madlen.votes import Duel

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int_]

_PRIOR = 1.0
_POINTS = 400 / math.log(10)
_SHARE = {"first": 1.0, "tie": 0.5, "second": 0.0}
_WINNER = {1.0: evalica.Winner.X, 0.5: evalica.Winner.Draw, 0.0: evalica.Winner.Y}
# A standard deviation of about three for the effect of length: no limit in practice, and a finite effect
# where the longer answer always won.
_LENGTH_RIDGE = 0.1
_NEWTON_STEPS = 50


@dataclass(frozen=True, slots=True)
class Strengths:
    """On the scale of Elo ratings, where 400 points are odds of ten to one. One column per model."""

    scores: Floats
    """The first row follows from the votes as they are, each other one from a round."""
    length_points: float | None = None
    """What it is worth to be twice as long as the other answer, where that was taken out."""


def vote_keys(duels: Sequence[Duel]) -> list[str]:
    """The vote that each duel is from. One whose turn is not known is a vote of its own."""
    return [duel.turn_id or f"duel {place}" for place, duel in enumerate(duels)]


def strengths(
    duels: Sequence[Duel], models: Sequence[str], *, seed: int, rounds: int, length_controlled: bool = False
) -> Strengths:
    """How strong the models are, as the duels have it and in as many rounds.

    Length-controlled strengths are those of answers of equal length: the difference in length explains
    of a duel what it can. It is taken relative to the sum, as Chatbot Arena's style control does.
    """
    pairs = _Pairs.of(duels, models)
    weights = _weights(vote_keys(duels), len(models), np.random.default_rng(seed), rounds)
    if not length_controlled:
        return Strengths(_rated(pairs, weights))
    scores, effect = _regressed(pairs, weights)
    return Strengths(scores, length_points=effect * _length_difference(2, 1))


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Duels as columns, those of the prior last; the average opponent is the last of the models."""

    first: Indices
    second: Indices
    share: Floats
    """One for a duel that the first won, a half for a tie."""
    length: Floats
    models: int

    @classmethod
    def of(cls, duels: Sequence[Duel], models: Sequence[str]) -> Self:
        number = {model: place for place, model in enumerate(models)}
        average = len(models)
        rows = [
            (
                number[duel.first],
                number[duel.second],
                _SHARE[duel.outcome],
                _length_difference(duel.first_characters, duel.second_characters),
            )
            for duel in duels
        ]
        rows += [(model, average, share, 0.0) for share in (1.0, 0.0) for model in range(average)]
        first, second, share, length = (np.array(column) for column in zip(*rows, strict=True))
        # One way round, a pair's duels can be summed.
        turned = first > second
        return cls(
            first=np.where(turned, second, first),
            second=np.where(turned, first, second),
            share=np.where(turned, 1 - share, share),
            length=np.where(turned, -length, length),
            models=average + 1,
        )


def _weights(votes: Sequence[str], models: int, rng: np.random.Generator, rounds: int) -> Floats:
    """The weight of each duel and of each model's prior: first as they are, then in each round."""
    number = {vote: place for place, vote in enumerate(dict.fromkeys(votes))}
    drawn = rng.gamma(1.0, size=(rounds, len(number)))[:, [number[vote] for vote in votes]]
    prior = rng.gamma(_PRIOR, size=(rounds, 2 * models))
    # The smallest draws stand for strengths beyond every scale, which no solver reaches.
    anew = np.hstack([drawn, np.maximum(prior, 1e-4)])
    return np.vstack([[*[1.0] * len(votes), *[_PRIOR] * 2 * models], anew])


def _rated(pairs: _Pairs, weights: Floats) -> Floats:
    # Equal duels are one with the sum of their weights, which makes a round as small as the win matrix.
    columns = np.column_stack([pairs.first, pairs.second, pairs.share])
    cells, cell = np.unique(columns, axis=0, return_inverse=True)
    xs, ys = cells[:, 0].astype(int).tolist(), cells[:, 1].astype(int).tolist()
    winners = [_WINNER[share] for share in cells[:, 2].tolist()]
    everyone = list(range(pairs.models))
    *_, index = evalica.indexing(everyone, everyone)
    rows = []
    for row in weights:
        summed = np.bincount(cell.ravel(), row, len(cells))
        found = evalica.bradley_terry(xs, ys, winners, index=index, weights=summed, limit=10_000)
        rows.append(np.log(found.scores[everyone].to_numpy(dtype=np.float64)))
    logits: Floats = np.array(rows)
    return (logits[:, :-1] - logits[:, -1:]) * _POINTS


def _regressed(pairs: _Pairs, weights: Floats) -> tuple[Floats, float]:
    """Strengths beside an effect of length.

    evalica knows no covariates, and statsmodels or scikit-learn would be heavy for this one fit.
    """
    whole = _newton(pairs, weights[0], np.zeros(pairs.models))
    # Each round starts from the first answer, which is near its own.
    rounds = [_newton(pairs, row, whole) for row in weights[1:]]
    fitted = np.array([whole, *rounds]) * _POINTS
    return fitted[:, :-1], float(fitted[0, -1])


def _newton(pairs: _Pairs, weights: Floats, start: Floats) -> Floats:
    """Logits of the models, less the average one's, and of length, that explain the shares best."""
    first, second, length, size = pairs.first, pairs.second, pairs.length, pairs.models

    def summed(values: Floats) -> Floats:
        """What the duels add to each model but the average one."""
        added = np.bincount(first, values, size) - np.bincount(second, values, size)
        return added[:-1].astype(float)

    found = start.copy()
    for _ in range(_NEWTON_STEPS):
        logits = np.append(found[:-1], 0.0)
        odds = np.exp(-np.clip(logits[first] - logits[second] + found[-1] * length, -30, 30))
        missed, curved = weights * (pairs.share - 1 / (1 + odds)), weights * odds / (1 + odds) ** 2
        slope = np.append(summed(missed), missed @ length - _LENGTH_RIDGE * found[-1])
        once: Floats = (
            np.bincount(first * size + second, curved, size * size).astype(float).reshape(size, size)
        )
        met = once + once.T
        curvature = np.zeros((size, size))
        curvature[:-1, :-1] = (np.diag(met.sum(axis=0)) - met)[:-1, :-1]
        curvature[-1, :-1] = curvature[:-1, -1] = summed(curved * length)
        curvature[-1, -1] = curved @ length**2 + _LENGTH_RIDGE
        # A round's start may be far from its answer; a whole step would then overshoot.
        step = np.clip(np.linalg.solve(curvature, slope), -1, 1)
        found += step
        # The error that is left is about the square of the last step.
        if np.abs(step).max() < 1e-3:
            break
    return found


def _length_difference(first: int, second: int) -> float:
    return (first - second) / (first + second) if first + second else 0.0
