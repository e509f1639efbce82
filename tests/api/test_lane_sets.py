from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Api

LANES: list[dict[str, Any]] = [
    {
        "model": "parrot/polly",
        "label": "cold",
        "system": "Be brief.",
        "temperature": 0.0,
        "max_tokens": 100,
        "top_p": 0.5,
        "seed": 7,
        "stop": ["END"],
        "reasoning": {"effort": "low"},
    },
    {"model": "parrot/seer", "label": "B"},
]


def keep(api: Api, name: str = "mine", lanes: list[dict[str, Any]] = LANES) -> dict[str, Any]:
    response = api.put(f"/lane-sets/{name}", json={"lanes": lanes})
    assert response.status_code == 200
    kept: dict[str, Any] = response.json()
    return kept


def test_a_set_of_lanes_comes_back_as_it_was_given(api: Api) -> None:
    kept = keep(api)
    assert (kept["name"], kept["lanes"]) == ("mine", LANES)
    assert api.get("/lane-sets/mine").json() == kept
    assert api.get("/lane-sets/").json() == [kept]


def test_a_kept_set_can_be_asked_as_it_is(api: Api) -> None:
    lanes = keep(api)["lanes"]
    answer = api.post("/compare/", json={"lanes": lanes, "prompt": "Hello"}).json()
    assert [reply["lane"] for reply in answer["replies"]] == ["cold", "B"]


def test_a_lane_without_a_label_has_a_letter(api: Api) -> None:
    kept = keep(api, lanes=[{"model": "parrot/polly"}, {"model": "parrot/seer", "label": "A"}])
    assert [lane["label"] for lane in kept["lanes"]] == ["B", "A"]


def test_a_set_takes_the_place_of_one_of_the_same_name(api: Api) -> None:
    keep(api)
    again = keep(api, lanes=LANES[::-1])
    assert api.get("/lane-sets/").json() == [again]


def test_a_deleted_set_is_not_found(api: Api) -> None:
    keep(api, "türkçe deneme")
    assert api.delete("/lane-sets/türkçe deneme").status_code == 204
    for response in (api.get("/lane-sets/türkçe deneme"), api.delete("/lane-sets/türkçe deneme")):
        assert response.status_code == 404
        assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("name", "lanes"),
    [
        ("mine", LANES[:1]),
        ("mine", [{"model": "parrot/polly"}] * 13),
        ("mine", [{"model": "parrot/polly", "label": "A"}] * 2),
        ("%20", LANES),
        ("n" * 101, LANES),
    ],
)
def test_what_cannot_be_kept_is_a_problem(api: Api, name: str, lanes: list[dict[str, Any]]) -> None:
    response = api.put(f"/lane-sets/{name}", json={"lanes": lanes})
    assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json")
    assert api.get("/lane-sets/").json() == []
