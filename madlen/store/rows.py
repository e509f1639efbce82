"""Rows to values and back, the same for every back end: what is a column and what is metadata."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from madlen.types import Failure, Parameters, Picture, Reply, Session, Status, Timing, Usage

Row = Mapping[str, Any]


def stamp(moment: datetime) -> str:
    """UTC in ISO 8601 with its offset and always six digits, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def session(row: Row) -> Session:
    return Session(
        id=row["id"],
        title=row["title"],
        model_id=row["model_id"],
        created_at=datetime.fromisoformat(row["created_at"]),
        updated_at=datetime.fromisoformat(row["updated_at"]),
        message_count=row["message_count"],
        system=row["system"],
        parameters=_parameters(json.loads(row["parameters"])),
    )


def parameters(value: Parameters) -> str:
    """How to sample, as JSON; what is left to the model is left out."""
    return json.dumps(_known(value), ensure_ascii=False)


def _parameters(known: Mapping[str, Any]) -> Parameters:
    return Parameters(**{**known, "stop": tuple(known.get("stop", ()))})


def reply(row: Row, pictures: Sequence[Picture] = ()) -> Reply:
    extra = json.loads(row["extra_metadata"] or "{}")
    usage, timing = extra.get("usage", {}), extra.get("timing", {})
    error = extra.get("error")
    cost = usage.get("cost")
    return Reply(
        id=row["id"],
        session_id=row["session_id"],
        turn_id=row["turn_id"],
        model_id=row["model_id"],
        lane=row["lane"],
        status=Status(row["status"]),
        created_at=datetime.fromisoformat(row["timestamp"]),
        text=row["content"],
        reasoning=row["reasoning"],
        model=extra.get("model", ""),
        provider=extra.get("provider", ""),
        generation_id=extra.get("generation_id", ""),
        finish_reason=extra.get("finish_reason", ""),
        usage=Usage(**{**usage, "cost": None if cost is None else Decimal(cost)}),
        timing=Timing(**timing),
        failure=Failure(**error) if error else None,
        trace_id=extra.get("trace_id", ""),
        parameters=_parameters(extra.get("parameters", {})),
        reasoning_details=tuple(extra.get("reasoning_details", ())),
        pictures=tuple(pictures),
        notes=tuple(extra.get("notes", ())),
    )


def metadata(value: Reply) -> str:
    """``extra_metadata`` of a reply, as JSON; what is not known is left out."""
    usage = _known(value.usage)
    if value.usage.cost is not None:
        usage["cost"] = str(value.usage.cost)
    failure = value.failure
    extra = {
        "model": value.model,
        "provider": value.provider,
        "generation_id": value.generation_id,
        "finish_reason": value.finish_reason,
        "usage": usage,
        "timing": _known(value.timing),
        "error": None if failure is None else {**_known(failure), "extra": dict(failure.extra)},
        "trace_id": value.trace_id,
        "parameters": _known(value.parameters),
        "reasoning_details": value.reasoning_details,
        "notes": value.notes,
    }
    return json.dumps({name: part for name, part in extra.items() if part}, ensure_ascii=False)


def _known(value: Usage | Timing | Failure | Parameters) -> dict[str, Any]:
    fields = {name: getattr(value, name) for name in value.__dataclass_fields__}
    return {name: part for name, part in fields.items() if part is not None and part != ()}
