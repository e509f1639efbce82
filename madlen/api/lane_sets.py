"""``/lane-sets/``: lanes kept by name, to be asked again."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from madlen.api import answers
from madlen.api.dependencies import Running
from madlen.api.requests import LaneRequest, named_lanes
from madlen.comparison import MOST_LANES
from madlen.lane_sets import LaneSet

router = APIRouter(tags=["compare"])


class WantedLanes(BaseModel):
    lanes: list[LaneRequest] = Field(min_length=2, max_length=MOST_LANES)


@router.get("/lane-sets", summary="All sets of lanes by their names")
def lane_sets(services: Running) -> list[dict[str, Any]]:
    return [_set(one) for one in services.store.lane_sets()]


@router.get("/lane-sets/{name}", summary="A set of lanes")
def lane_set(services: Running, name: str) -> dict[str, Any]:
    """Its `lanes` can be sent to `POST /compare/` as they are."""
    return _set(services.store.lane_set(name))


@router.put("/lane-sets/{name}", summary="Keep a set of lanes")
def keep(services: Running, name: str, wanted: WantedLanes) -> dict[str, Any]:
    """It takes the place of a set of the same name."""
    return _set(services.chat.keep_lane_set(name, named_lanes(wanted.lanes)))


@router.delete("/lane-sets/{name}", status_code=204, summary="Delete a set of lanes")
def delete(services: Running, name: str) -> None:
    services.store.delete_lane_set(name)


def _set(value: LaneSet) -> dict[str, Any]:
    return {
        "name": value.name,
        "lanes": [answers.lane(lane) for lane in value.lanes],
        "updated_at": value.updated_at.isoformat(),
    }
