"""Rows to values and back, the same for every back end: what is a column and what is metadata."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from madlen.errors import NotFound
from madlen.history import Entry, Piece
from madlen.lane_sets import LaneSet
from madlen.origins import Origin
from madlen.types import Failure, Lane, Parameters, Picture, Reply, Session, Status, Timing, Turn, Usage
from madlen.votes import Vote

Row = Mapping[str, Any]
Pictures = Mapping[str, Sequence[Picture]]
"""By the id of the message that shows them."""


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
        lanes=known_lanes(row["lanes"]),
    )


def entry(row: Row, message_id: str = "", found: tuple[Piece, ...] = ()) -> Entry:
    known = session(row)
    fields = {name: getattr(known, name) for name in Session.__dataclass_fields__}
    return Entry(
        **fields,
        pinned=bool(row["pinned"]),
        archived=bool(row["archived"]),
        message_id=message_id,
        found=found,
    )


def lane_set(row: Row) -> LaneSet:
    return LaneSet(row["name"], known_lanes(row["lanes"]), datetime.fromisoformat(row["updated_at"]))


def lane_set_columns(value: LaneSet) -> dict[str, Any]:
    return {"name": value.name, "lanes": lanes(value.lanes), "updated_at": stamp(value.updated_at)}


def session_columns(value: Session) -> dict[str, Any]:
    return {
        "id": value.id,
        "title": value.title,
        "model_id": value.model_id,
        "created_at": stamp(value.created_at),
        "updated_at": stamp(value.updated_at),
        "system": value.system,
        "parameters": parameters(value.parameters),
        "lanes": lanes(value.lanes),
    }


def origin(row: Row) -> Origin | None:
    return None if row["origin"] is None else Origin(**json.loads(row["origin"]))


def origin_column(value: Origin | None) -> str | None:
    return None if value is None else json.dumps(dataclasses.asdict(value))


def lanes(values: Sequence[Lane]) -> str:
    """What a comparison asks, as JSON."""
    known = [
        {
            "model_id": lane.model_id,
            "name": lane.name,
            "parameters": _known(lane.parameters),
            "system": lane.system,
        }
        for lane in values
    ]
    return json.dumps(known, ensure_ascii=False)


def known_lanes(text: str) -> tuple[Lane, ...]:
    """The lanes that ``lanes`` wrote."""
    return tuple(Lane(**{**lane, "parameters": _parameters(lane["parameters"])}) for lane in json.loads(text))


def parameters(value: Parameters) -> str:
    """How to sample, as JSON; what is left to the model is left out."""
    return json.dumps(_known(value), ensure_ascii=False)


def _parameters(known: Mapping[str, Any]) -> Parameters:
    return Parameters(**{**known, "stop": tuple(known.get("stop", ()))})


def turns(messages: Sequence[Row], shown: Pictures) -> list[Turn]:
    """The messages of a session, oldest first, as turns with their replies."""
    replies: dict[str, list[Reply]] = {}
    for row in messages:
        if row["role"] == "assistant":
            replies.setdefault(row["turn_id"], []).append(reply(row, shown.get(row["id"], ())))
    return [
        Turn(
            id=row["id"],
            session_id=row["session_id"],
            text=row["content"],
            created_at=datetime.fromisoformat(row["timestamp"]),
            pictures=tuple(shown.get(row["id"], ())),
            replies=tuple(replies.get(row["id"], ())),
            blind=json.loads(row["extra_metadata"] or "{}").get("blind", False),
        )
        for row in messages
        if row["role"] == "user"
    ]


def prompt_columns(value: Turn) -> dict[str, Any]:
    return {
        "id": value.id,
        "session_id": value.session_id,
        "role": "user",
        "content": value.text,
        "image_url": reference(value.pictures[0]) if value.pictures else None,
        "timestamp": stamp(value.created_at),
        "extra_metadata": json.dumps({"blind": True}) if value.blind else None,
    }


def pictures(found: Sequence[Row]) -> Pictures:
    """From rows in the order of their messages and of their places in them."""
    return {
        message_id: [
            Picture(sha256=row["sha256"], media_type=row["media_type"], content=row["content"])
            if row["sha256"]
            else Picture(url=row["image_url"])
            for row in group
        ]
        for message_id, group in groupby(found, key=lambda row: row["message_id"])
    }


def reference(picture: Picture) -> str:
    """How a message's row names a picture."""
    return picture.url or f"sha256:{picture.sha256}"


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
        span_id=extra.get("span_id", ""),
        parameters=_parameters(extra.get("parameters", {})),
        system=extra.get("system", ""),
        reasoning_details=tuple(extra.get("reasoning_details", ())),
        pictures=tuple(pictures),
        notes=tuple(extra.get("notes", ())),
    )


def reply_columns(value: Reply, alive_at: str) -> dict[str, Any]:
    return {
        "id": value.id,
        "session_id": value.session_id,
        "role": "assistant",
        "content": value.text,
        "timestamp": stamp(value.created_at),
        "extra_metadata": metadata(value),
        "turn_id": value.turn_id,
        "model_id": value.model_id,
        "lane": value.lane,
        "status": value.status.value,
        "reasoning": value.reasoning,
        "alive_at": alive_at,
    }


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
        "span_id": value.span_id,
        "parameters": _known(value.parameters),
        "system": value.system,
        "reasoning_details": value.reasoning_details,
        "notes": value.notes,
    }
    return json.dumps({name: part for name, part in extra.items() if part}, ensure_ascii=False)


def vote(row: Row) -> Vote:
    return Vote(
        turn_id=row["turn_id"],
        session_id=row["session_id"],
        order=tuple(tuple(group) for group in json.loads(row["choice"])),
        voted_at=datetime.fromisoformat(row["voted_at"]),
        bad=bool(row["bad"]),
        blind=bool(row["blind"]),
        note=row["note"],
        tags=tuple(json.loads(row["tags"])),
    )


def vote_columns(value: Vote) -> dict[str, Any]:
    return {
        "turn_id": value.turn_id,
        "session_id": value.session_id,
        "choice": json.dumps(value.order),
        "voted_at": stamp(value.voted_at),
        "bad": value.bad,
        "blind": value.blind,
        "note": value.note,
        "tags": json.dumps(value.tags, ensure_ascii=False),
    }


def ballots(votes: Sequence[Row], messages: Sequence[Row], shown: Pictures) -> list[tuple[Vote, Turn]]:
    """Each vote with its turn, from the messages of all those turns; a turn may have gone meanwhile."""
    voted_on = {turn.id: turn for turn in turns(messages, shown)}
    return [(vote(row), voted_on[row["turn_id"]]) for row in votes if row["turn_id"] in voted_on]


def failed(extra_metadata: str | None, failure: Failure) -> str:
    """The metadata of a reply, with the failure in it."""
    known = json.loads(extra_metadata or "{}")
    return json.dumps({**known, "error": _known(failure)}, ensure_ascii=False)


def _known(value: Usage | Timing | Failure | Parameters) -> dict[str, Any]:
    fields = {name: getattr(value, name) for name in value.__dataclass_fields__}
    return {name: part for name, part in fields.items() if part is not None and part != ()}


def no_session() -> NotFound:
    return NotFound("There is no such chat; it may have been deleted.")


def no_message() -> NotFound:
    return NotFound("There is no such message; it may have been deleted.")
