"""Answers that somebody thought little of: the last of a vote, all of a bad one, those with a thumb down."""

from __future__ import annotations

from madlen.store import Store
from madlen.votes import Vote


def spans(store: Store) -> frozenset[str]:
    """The ids of their spans; one that was not traced has none. Raises ``StoreUnavailable``."""
    lost = {
        reply.span_id
        for vote, turn in store.ballots()
        for reply in turn.replies
        if reply.span_id and reply.id in _lost(vote)
    }
    return store.disliked() | lost


def _lost(vote: Vote) -> frozenset[str]:
    """Ids of replies. Where all are equally good, none is."""
    if vote.bad:
        return frozenset(reply_id for group in vote.order for reply_id in group)
    return frozenset(vote.order[-1]) if len(vote.order) > 1 else frozenset()
