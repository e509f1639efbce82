"""Votes on answers, and the leaderboard of models that follows from them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from madlen import duels, votes
from madlen.api.dependencies import Running
from madlen.api.requests import Words
from madlen.comparison import MOST_LANES
from madlen.votes import Vote

router = APIRouter(tags=["votes"])

_SEED = 5
"""Any will do, as long as the same votes give the same intervals."""


class NewVote(BaseModel):
    order: list[Annotated[list[Words], Field(min_length=1, max_length=1000)]] = Field(
        min_length=1,
        max_length=MOST_LANES,
        description="Ids of the turn's replies in groups, the best first; a single group is a tie",
    )
    bad: bool = Field(False, description="Whether even the best of them were bad")
    blind: bool = Field(False, description="Whether the voter saw neither names nor figures")
    note: Words = Field("", max_length=10_000)
    tags: list[Annotated[Words, Field(min_length=1, max_length=100)]] = Field([], max_length=50)


@router.put("/turns/{turn_id}/vote", summary="Vote on the answers to a prompt")
def vote(services: Running, turn_id: str, wanted: NewVote) -> dict[str, Any]:
    """A prompt has one vote; a new one takes its place. Answers that are not named were not judged."""
    cast = Vote(
        turn_id=turn_id,
        session_id=services.store.reply(wanted.order[0][0]).session_id,
        order=tuple(tuple(group) for group in wanted.order),
        voted_at=datetime.now(UTC),
        bad=wanted.bad,
        blind=wanted.blind,
        note=wanted.note,
        tags=tuple(wanted.tags),
    )
    services.chat.vote(cast)
    return {
        "turn_id": cast.turn_id,
        "session_id": cast.session_id,
        "order": cast.order,
        "voted_at": cast.voted_at.isoformat(),
        "bad": cast.bad,
        "blind": cast.blind,
        "note": cast.note,
        "tags": cast.tags,
    }


class Filters(BaseModel):
    since: datetime | None = Field(None, description="UTC where no offset is given")
    until: datetime | None = Field(None, description="Before this moment")
    tag: list[Words] = Field([], description="Votes with at least one of these tags")
    blind: bool = Field(False, description="Blind votes only")
    images: bool = Field(False, description="Votes on prompts with images only")
    judged: bool = Field(False, description="Count what models said as judges too")
    length_controlled: bool = Field(False, description="Take out what longer answers gain")


@router.get("/leaderboard", summary="How models stand by the votes")
def leaderboard(services: Running, wanted: Annotated[Filters, Query()]) -> dict[str, Any]:
    """Bradley-Terry scores with 95 % intervals, the strongest first, by every vote that fits.

    Models of different `group`s were never compared, not even through others. `settled` says whether
    a model's interval is apart from the next one's; if not, `votes_to_settle` is about how many more
    votes that takes (`null` for too many). `matrix` holds how each model fared against each other.
    """
    # It takes a second to load, which only those wait for who ask for it.
    from madlen import ratings  # noqa: PLC0415

    fought, _ = duels.voted(services.store)
    if wanted.judged:
        fought += duels.judged(services.store, services.store.judgements())[0]
    chosen = votes.matching(
        fought,
        tags=wanted.tag,
        since=_in_utc(wanted.since),
        until=_in_utc(wanted.until),
        blind=wanted.blind,
        images=wanted.images,
    )
    found = ratings.standings(chosen, seed=_SEED, length_controlled=wanted.length_controlled)
    return {
        "votes": found.votes,
        "length_points": found.length_points,
        "models": [
            {
                "model_id": row.model_id,
                "rank": row.rank,
                "score": round(row.score, 1),
                "low": round(row.low, 1),
                "high": round(row.high, 1),
                "group": row.group,
                "settled": row.settled,
                "votes_to_settle": row.votes_to_settle,
                "votes": row.votes,
                "wins": row.record.wins,
                "losses": row.record.losses,
                "ties": row.record.ties,
                "win_rate": row.record.win_rate,
            }
            for row in found.rows
        ],
        "matrix": [
            {"model_id": one, "against": other, "wins": own.wins, "losses": own.losses, "ties": own.ties}
            for (one, other), own in sorted(ratings.records(chosen).items())
        ],
    }


def _in_utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
