"""What people thought of answers: a vote, and the duels between models that follow from it.

A vote orders the replies of one turn. Everything here is a frozen value or a pure function.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Literal

from madlen.types import Reply, Turn

Outcome = Literal["first", "second", "tie"]
Order = tuple[tuple[str, ...], ...]
"""Ids of replies in groups, the best group first."""


@dataclass(frozen=True, slots=True)
class Vote:
    """An order of a turn's replies. A turn has one vote, which may be changed.

    Replies in the only group are equally good; replies that nobody judged stand in no group.
    """

    turn_id: str
    session_id: str
    order: Order
    voted_at: datetime
    bad: bool = False
    """Whether even the best of them were bad."""
    blind: bool = False
    """Whether the voter saw neither names nor figures."""
    note: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Duel:
    """Two answers to one prompt and which was better, as far as a ranking of models needs it."""

    first: str
    second: str
    """Ids of models."""
    outcome: Outcome
    voted_at: datetime
    turn_id: str = ""
    first_reply: str = ""
    second_reply: str = ""
    first_characters: int = 0
    second_characters: int = 0
    blind: bool = False
    images: bool = False
    tags: tuple[str, ...] = ()


def tie(replies: Iterable[str]) -> Order:
    """The order in which none is better than another."""
    return (tuple(replies),)


def best(replies: Iterable[str], winner: str) -> Order:
    """The order in which one is better than all the others, which were not told apart."""
    return _groups((winner,), (reply for reply in replies if reply != winner))


def best_and_worst(replies: Iterable[str], winner: str, loser: str) -> Order:
    """The order in which one is better and one worse than those between, which were not told apart."""
    between = (reply for reply in replies if reply not in {winner, loser})
    return _groups((winner,), between, (loser,))


def ranking(replies: Iterable[str]) -> Order:
    """The order in which each is better than the next."""
    return tuple((reply,) for reply in replies)


def duels(vote: Vote, turn: Turn) -> Iterator[Duel]:
    """The pairs that a vote decides. A model against itself decides nothing between models.

    Equally good is only what stands in the one group of its vote: where there are several, the
    replies in one group were not told apart. Replies that the turn no longer has decide nothing.
    """
    replies = {reply.id: reply for reply in turn.replies}
    place = {reply_id: rank for rank, group in enumerate(vote.order) for reply_id in group}
    judged = [reply_id for reply_id in place if reply_id in replies]
    for first, second in combinations(judged, 2):
        told_apart = place[first] != place[second] or len(vote.order) == 1
        if told_apart and replies[first].model_id != replies[second].model_id:
            yield _duel(vote, turn, replies[first], replies[second], place)


def matching(
    fought: Iterable[Duel],
    *,
    tags: Collection[str] = (),
    since: datetime | None = None,
    until: datetime | None = None,
    blind: bool = False,
    images: bool = False,
) -> list[Duel]:
    """The duels with every property asked for and at least one of the tags, voted on before ``until``."""
    return [
        duel
        for duel in fought
        if (not tags or not set(tags).isdisjoint(duel.tags))
        and (since is None or duel.voted_at >= since)
        and (until is None or duel.voted_at < until)
        and (not blind or duel.blind)
        and (not images or duel.images)
    ]


def _groups(*groups: Iterable[str]) -> Order:
    """The groups that hold anything."""
    return tuple(filled for group in groups if (filled := tuple(group)))


def _duel(vote: Vote, turn: Turn, first: Reply, second: Reply, place: Mapping[str, int]) -> Duel:
    gap = place[first.id] - place[second.id]
    return Duel(
        first=first.model_id,
        second=second.model_id,
        outcome="tie" if gap == 0 else "first" if gap < 0 else "second",
        voted_at=vote.voted_at,
        turn_id=turn.id,
        first_reply=first.id,
        second_reply=second.id,
        first_characters=len(first.text),
        second_characters=len(second.text),
        blind=vote.blind,
        images=bool(turn.pictures),
        tags=vote.tags,
    )
