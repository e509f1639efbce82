"""A judgement as a row, for both back ends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from madlen.judgements import Judgement
from madlen.store import rows


def columns(value: Judgement) -> dict[str, Any]:
    return {
        "judge": value.judge,
        "template": value.template,
        "replies": json.dumps(value.replies),
        "turn_id": value.turn_id,
        "session_id": value.session_id,
        "judged_at": rows.stamp(value.judged_at),
        "outcome": value.outcome,
        "score": value.score,
        "reason": value.reason,
        "flipped": value.flipped,
    }


def judgement(row: Mapping[str, Any]) -> Judgement:
    return Judgement(
        judge=row["judge"],
        turn_id=row["turn_id"],
        session_id=row["session_id"],
        replies=tuple(json.loads(row["replies"])),
        judged_at=datetime.fromisoformat(row["judged_at"]),
        outcome=row["outcome"],
        score=row["score"],
        reason=row["reason"],
        flipped=bool(row["flipped"]),
        template=row["template"],
    )
