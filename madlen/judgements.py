"""What a model thought of answers, and how far it agrees with people.

Never a vote: a judgement has its judge's name on it and counts in a ranking only where that is asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from madlen.types import Turn
from madlen.votes import Duel, Outcome, Vote

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Judgement:
    """A judge's verdict on one reply, its score, or on two replies to one turn, which of them is better.

    One that could not be read has neither score nor outcome; it is known as such and never guessed.
    """

    judge: str
    """The id of the model that judged."""
    turn_id: str
    session_id: str
    replies: tuple[str, ...]
    judged_at: datetime
    outcome: Outcome | None = None
    score: float | None = None
    """From 1, the worst, to 5."""
    reason: str = ""
    flipped: bool = False
    """Whether the judge preferred the other one when they changed places, which makes it a tie."""
    template: str = ""
    """Which prompt the judge was given, as a digest."""

    @property
    def readable(self) -> bool:
        return self.outcome is not None or self.score is not None


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often a judge and people said the same of the same two answers."""

    pairs: int
    agreed: int
    kappa: float | None
    """Cohen's: 0 is what chance would give, 1 is always. ``None`` where chance alone would always agree."""

    @property
    def share(self) -> float | None:
        return self.agreed / self.pairs if self.pairs else None


def agreement(judgements: Sequence[Judgement], votes: Iterable[Vote]) -> Agreement:
    """How far the judgements agree with the votes on the pairs that both decided."""
    judged = _judged(judgements)
    voted = {pair: outcome for vote in votes for pair, outcome in _voted(vote)}
    both = [(outcome, said) for pair, outcome in judged.items() if (said := _said(voted, pair))]
    if not both:
        return Agreement(0, 0, None)
    agreed = sum(one == other for one, other in both)
    ours, theirs = (Counter(side) for side in zip(*both, strict=True))
    chance = sum(ours[outcome] * theirs[outcome] for outcome in ours) / len(both) ** 2
    kappa = None if chance == 1 else (agreed / len(both) - chance) / (1 - chance)
    return Agreement(len(both), agreed, kappa)


def duels(judgements: Sequence[Judgement], turn: Turn) -> Iterator[Duel]:
    """The duels between different models that the judgements on a turn decide."""
    replies = {reply.id: reply for reply in turn.replies}
    dates = {reply_id: one.judged_at for one in judgements for reply_id in one.replies}
    for (first_id, second_id), outcome in _judged(judgements).items():
        first, second = replies.get(first_id), replies.get(second_id)
        if first is not None and second is not None and first.model_id != second.model_id:
            yield Duel(
                first=first.model_id,
                second=second.model_id,
                outcome=outcome,
                voted_at=dates[first_id],
                # Apart from the vote on the same turn, which weighs by itself.
                turn_id=f"{turn.id} judged",
                first_reply=first_id,
                second_reply=second_id,
                first_characters=len(first.text),
                second_characters=len(second.text),
                images=bool(turn.pictures),
            )


def sentence(one: Judgement, lanes: Sequence[str]) -> str:
    """What was judged, with the lanes of its replies."""
    if one.score is not None:
        return f"{lanes[0]}: {one.score:g} of 5"
    pair = " and ".join(lanes)
    match one.outcome:
        case "first":
            return f"{lanes[0]} is better than {lanes[1]}"
        case "second":
            return f"{lanes[1]} is better than {lanes[0]}"
        case "tie" if one.flipped:
            return f"{pair} tie: the verdict went with the order"
        case "tie":
            return f"{pair} tie"
    return f"{pair}: not readable"


def scores(judgements: Iterable[Judgement]) -> dict[str, float]:
    """The score of each reply that has one; the mean where several judges gave one."""
    given: dict[str, list[float]] = {}
    for one in judgements:
        if one.score is not None:
            given.setdefault(one.replies[0], []).append(one.score)
    return {reply_id: sum(several) / len(several) for reply_id, several in given.items()}


def wins(judgements: Iterable[Judgement]) -> dict[str, list[float]]:
    """What each reply got from each comparison with another: 1 for a win, a half for a tie, 0."""
    found: dict[str, list[float]] = {}
    for one in judgements:
        if one.outcome is not None:
            first = {"first": 1.0, "tie": 0.5, "second": 0.0}[one.outcome]
            found.setdefault(one.replies[0], []).append(first)
            found.setdefault(one.replies[1], []).append(1.0 - first)
    return found


def _judged(judgements: Sequence[Judgement]) -> dict[Pair, Outcome]:
    """What was decided of each pair of replies, by comparing them or by their scores."""
    found: dict[Pair, Outcome] = {}
    by_turn: dict[str, list[Judgement]] = {}
    for one in judgements:
        if one.outcome is not None:
            found[one.replies[0], one.replies[1]] = one.outcome
        elif one.score is not None:
            by_turn.setdefault(one.turn_id, []).append(one)
    for scored in by_turn.values():
        for (first, mine), (second, other) in combinations(scores(scored).items(), 2):
            found.setdefault((first, second), _better(mine, other))
    return found


def _better(first: float, second: float) -> Outcome:
    return "tie" if first == second else "first" if first > second else "second"


def _voted(vote: Vote) -> Iterator[tuple[Pair, Outcome]]:
    place = {reply_id: rank for rank, group in enumerate(vote.order) for reply_id in group}
    for first, second in combinations(place, 2):
        if place[first] != place[second]:
            yield (first, second), "first" if place[first] < place[second] else "second"
        elif len(vote.order) == 1:
            yield (first, second), "tie"


def _said(voted: Mapping[Pair, Outcome], pair: Pair) -> Outcome | None:
    """What people said of a pair, whichever way round they did."""
    if pair in voted:
        return voted[pair]
    other = voted.get((pair[1], pair[0]))
    turned: dict[Outcome, Outcome] = {"first": "second", "second": "first", "tie": "tie"}
    return None if other is None else turned[other]
