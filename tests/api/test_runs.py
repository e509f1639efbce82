from __future__ import annotations

import json
from typing import Any

import pytest

from madlen.prompt_sets import RunStatus
from tests.api.conftest import Api, OpenApi
from tests.batch.running import eventually, in_flight, until_it_is
from tests.parrot import DONE, Gate, Parrot

LANES: list[dict[str, Any]] = [
    {"model": "parrot/polly", "temperature": 0.5, "reasoning": {"effort": "low"}},
    {"model": "parrot/seer"},
]
PROMPTS = [{"id": "p1", "text": "One"}, {"id": "p2", "text": "Two"}]


def started(api: Api, **changes: Any) -> dict[str, Any]:
    response = api.post("/runs/", json={"lanes": LANES, "prompts": PROMPTS, **changes})
    assert response.status_code == 201
    found: dict[str, Any] = response.json()
    return found


def ended(api: Api, **changes: Any) -> dict[str, Any]:
    run_id = started(api, **changes)["id"]
    until_it_is(api.madlen, run_id, RunStatus.DONE)
    found: dict[str, Any] = api.get(f"/runs/{run_id}").json()
    return found


def told(api: Api, run_id: str) -> list[tuple[str, dict[str, Any]]]:
    """The events of a run's stream, to its end."""
    found, name = [], ""
    with api.stream("GET", f"/runs/{run_id}/stream") as response:
        for line in response.iter_lines():
            field, _, value = line.partition(": ")
            if field == "event":
                name = value
            elif field == "data":
                found.append((name, json.loads(value)))
    return found


def test_a_run_of_prompts_answers_every_cell(api: Api) -> None:
    run = ended(api, name="Numbers", checks=[{"kind": "length", "limit": 5}])
    assert (run["name"], run["set_id"], run["status"]) == ("Numbers", None, "done")
    assert run["progress"] | {"resume_at": None} == {
        "status": "done",
        "total": 4,
        "waiting": 0,
        "asking": 0,
        "done": 4,
        "failed": 0,
        "note": "",
        "resume_at": None,
        "seconds_left": 0.0,
    }
    assert [(cell["prompt_id"], cell["lane"], cell["reply"]["content"]) for cell in run["cells"]] == [
        ("p1", "A", "One"),
        ("p1", "B", "One"),
        ("p2", "A", "Two"),
        ("p2", "B", "Two"),
    ]
    assert [prompt["text"] for prompt in run["prompts"]] == ["One", "Two"]
    assert run["checks"] == [{"kind": "length", "value": "", "limit": 5.0}]


def test_the_lanes_of_a_run_can_be_sent_again(api: Api) -> None:
    run = ended(api)
    again = ended(api, lanes=run["lanes"])
    assert again["lanes"] == run["lanes"]
    assert run["lanes"][0] == LANES[0] | {"label": "A", "system": ""}


def test_a_run_of_a_set_names_it_and_is_listed_under_it(api: Api) -> None:
    made = api.post("/sets/", json={"name": "Numbers", "prompts": PROMPTS}).json()
    other, run = started(api), started(api, prompts=[], set_id=made["id"])
    assert (run["name"], run["set_id"], run["progress"]["total"]) == ("Numbers", made["id"], 4)
    assert [one["id"] for one in api.get(f"/runs/?set_id={made['id']}").json()] == [run["id"]]
    assert [one["id"] for one in api.get("/runs/").json()] == [run["id"], other["id"]]
    assert [one["id"] for one in api.get("/runs/?limit=1&offset=1").json()] == [other["id"]]


def test_no_list_of_sessions_shows_a_run_but_it_can_be_read(api: Api) -> None:
    run = ended(api)
    assert api.get("/sessions/").json() == []
    assert len(api.get(f"/sessions/{run['session_id']}").json()["messages"]) == 6


def test_a_run_is_paused_and_goes_on(open_api: OpenApi) -> None:
    gate = Gate()
    api = open_api(Parrot([gate, "Yes", DONE]), batch_concurrency=1)
    path = f"/runs/{(run_id := started(api)['id'])}"
    eventually(lambda: in_flight(api.madlen, run_id) == 1)
    assert api.post(f"{path}/pause").json()["status"] == "paused"
    gate.open()
    eventually(lambda: in_flight(api.madlen, run_id) == 0)
    assert told(api, run_id)[-1][0] == "done"
    assert api.get(path).json()["progress"]["waiting"] == 3
    assert api.post(f"{path}/resume").json()["status"] == "running"
    until_it_is(api.madlen, run_id, RunStatus.DONE)


def test_a_run_is_stopped_and_its_cells_tried_again(open_api: OpenApi) -> None:
    gate = Gate()
    api = open_api(Parrot([gate, "No", DONE], ["Yes", DONE]), batch_concurrency=1)
    path = f"/runs/{(run_id := started(api)['id'])}"
    eventually(lambda: in_flight(api.madlen, run_id) == 1)
    assert api.post(f"{path}/stop").json()["status"] == "stopped"
    eventually(lambda: api.get(path).json()["progress"]["failed"] == 1)
    assert api.get(path).json()["cells"][0]["reply"]["status"] == "stopped"
    assert api.post(f"{path}/retry").json()["status"] == "running"
    until_it_is(api.madlen, run_id, RunStatus.DONE)
    assert {cell["reply"]["content"] for cell in api.get(path).json()["cells"]} == {"Yes"}


def test_a_run_is_followed_to_its_end(open_api: OpenApi) -> None:
    api = open_api(Parrot(["Yes", DONE]))
    events = told(api, started(api)["id"])
    assert events[0][0] == "progress"
    name, last = events[-1]
    assert (name, last["status"], last["done"]) == ("done", "done", 4)


def test_a_deleted_run_is_not_found(api: Api) -> None:
    path = f"/runs/{ended(api)['id']}"
    assert api.delete(path).status_code == 204
    acts = [api.post(f"{path}/{act}") for act in ("pause", "resume", "stop", "retry")]
    for response in (api.get(path), api.get(f"{path}/stream"), api.delete(path), *acts):
        assert (response.status_code, response.json()["type"]) == (404, "urn:madlen:error:not-found")


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"prompts": []}, 422, "name a set"),
        ({"set_id": "one"}, 422, "name a set"),
        ({"prompts": [], "set_id": "none"}, 404, "no such prompt set"),
        ({"lanes": []}, 422, "lanes"),
        ({"lanes": [{"model": "m", "label": "A"}] * 2}, 422, "name 'A'"),
    ],
)
def test_what_cannot_be_run_is_a_problem(api: Api, changes: dict[str, Any], status: int, said: str) -> None:
    response = api.post("/runs/", json={"lanes": LANES, "prompts": PROMPTS, **changes})
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    assert said in response.json()["detail"]
    assert api.get("/runs/").json() == []
