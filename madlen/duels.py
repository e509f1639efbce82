"""All that was decided between models: by people's votes, and by judges where that is asked for."""

from __future__ import annotations

from madlen import judgements, votes
from madlen.judgements import Judgement
from madlen.store import Store
from madlen.types import Turn
from madlen.votes import Duel, Vote


def voted(store: Store) -> tuple[list[Duel], list[tuple[Vote, Turn]]]:
    """The duels that votes decided, and those votes with their turns."""
    ballots = store.ballots()
    return [duel for vote, turn in ballots for duel in votes.duels(vote, turn)], ballots


def judged(store: Store, known: list[Judgement]) -> tuple[list[Duel], list[Turn]]:
    """The duels that judges decided, and the turns that they were asked about."""
    by_turn: dict[str, list[Judgement]] = {}
    for one in known:
        by_turn.setdefault(one.turn_id, []).append(one)
    sessions = dict.fromkeys(one.session_id for one in known)
    turns = [turn for session in sessions for turn in store.turns(session) if turn.id in by_turn]
    return [duel for turn in turns for duel in judgements.duels(by_turn[turn.id], turn)], turns
