"""Judges over REST."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Api, OpenApi
from tests.api.test_runs import LANES, ended
from tests.batch.running import eventually
from tests.parrot import DONE, Gate, Parrot

JUDGE = {"model": "parrot/dear"}


def judged(api: Api, run_id: str, **wanted: Any) -> dict[str, Any]:
    """What judges said once the one that is asked for has ended."""
    assert api.post(f"/runs/{run_id}/judgements", json={**JUDGE, **wanted}).status_code == 202
    eventually(lambda: not api.madlen.judging.running(run_id))
    found: dict[str, Any] = api.get(f"/runs/{run_id}/judgements").json()
    return found


def saying(open_api: OpenApi, *words: str) -> tuple[Api, dict[str, Any]]:
    """A run of one prompt over two lanes, and what the judge says after that."""
    api = open_api(Parrot(["Left.", DONE], ["Right.", DONE], *([word, DONE] for word in words)))
    return api, ended(api, prompts=[{"id": "p1", "text": "Which way?"}])


def test_a_run_without_a_judge_has_no_judgements(open_api: OpenApi) -> None:
    api, run = saying(open_api)
    assert api.get(f"/runs/{run['id']}/judgements").json() == {
        "progress": None,
        "agreement": [],
        "judgements": [],
    }


def test_a_judge_compares_pairs_in_both_orders(open_api: OpenApi) -> None:
    api, run = saying(open_api, 'Sound.\n{"verdict": "A"}', "B")
    found = judged(api, run["id"])
    [one] = found["judgements"]
    assert (one["judge"], one["outcome"], one["reason"], one["flipped"]) == (
        "parrot/dear",
        "first",
        "Sound.",
        False,
    )
    assert one["replies"] == [cell["reply"]["message_id"] for cell in run["cells"]]
    assert found["progress"] == {"total": 1, "done": 1, "failed": 0, "note": "", "running": False}


def test_a_judge_gives_points_by_a_prompt_of_ones_own(open_api: OpenApi) -> None:
    api, run = saying(open_api, "Score: 4")
    found = judged(api, run["id"], kind="rubric", template="Is it polite? {a}")
    assert [one["score"] for one in found["judgements"]] == [4.0, 4.0]


def test_how_far_a_judge_agrees_with_votes_is_told(open_api: OpenApi) -> None:
    api, run = saying(open_api, "A", "B")
    first, second = (cell["reply"]["message_id"] for cell in run["cells"])
    turn_id = run["cells"][0]["turn_id"]
    assert api.put(f"/turns/{turn_id}/vote", json={"order": [[first], [second]]}).status_code == 200
    [agreement] = judged(api, run["id"])["agreement"]
    assert (agreement["judge"], agreement["pairs"], agreement["agreed"]) == ("parrot/dear", 1, 1)


def test_judging_is_stopped(open_api: OpenApi) -> None:
    gate = Gate()
    api = open_api(Parrot(["Left.", DONE], ["Right.", DONE], [gate, "A", DONE]))
    run_id = ended(api, prompts=[{"id": "p1", "text": "Which way?"}])["id"]
    api.post(f"/runs/{run_id}/judgements", json=JUDGE)
    assert gate.reached.wait(10)
    assert api.post(f"/runs/{run_id}/judgements/stop").status_code == 200
    eventually(lambda: not api.madlen.judging.running(run_id))
    assert api.get(f"/runs/{run_id}/judgements").json()["judgements"] == []


@pytest.mark.parametrize(
    "wanted",
    [
        {"template": "Which is better?"},
        {"against": "Z"},
        {"kind": "magic"},
        {"model": ""},
    ],
)
def test_a_judge_that_cannot_judge_is_a_problem(open_api: OpenApi, wanted: dict[str, Any]) -> None:
    api, run = saying(open_api)
    answer = api.post(f"/runs/{run['id']}/judgements", json={**JUDGE, **wanted})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


def test_one_lane_cannot_be_compared(api: Api) -> None:
    run = ended(api, lanes=LANES[:1])
    assert api.post(f"/runs/{run['id']}/judgements", json=JUDGE).status_code == 422
    assert api.post(f"/runs/{run['id']}/judgements", json={**JUDGE, "kind": "rubric"}).status_code == 202


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("POST", ""), ("POST", "/stop")])
def test_judgements_of_a_run_that_has_gone_are_a_problem(api: Api, method: str, path: str) -> None:
    answer = api.request(method, f"/runs/gone/judgements{path}", json=JUDGE if method == "POST" else None)
    assert answer.status_code == 404
