"""Files of runs over REST."""

from __future__ import annotations

import pytest

from madlen.prompt_sets import RunStatus
from tests.api.conftest import Api
from tests.api.test_runs import ended
from tests.batch.running import until_it_is

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("kind", "media_type"),
    [
        ("json", "application/json"),
        ("markdown", "text/markdown; charset=utf-8"),
        ("html", "text/html; charset=utf-8"),
    ],
)
def test_a_run_is_downloaded(api: Api, kind: str, media_type: str) -> None:
    run_id = ended(api, name="Numbers")["id"]
    answer = api.get(f"/runs/{run_id}/export?format={kind}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
    assert answer.headers["content-disposition"].startswith('attachment; filename="Numbers-')


def test_an_exported_page_of_a_run_is_held_in_a_sandbox(api: Api) -> None:
    answer = api.get(f"/runs/{ended(api)['id']}/export?format=html")
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")


def test_a_run_is_taken_from_its_file(api: Api) -> None:
    run = ended(api, name="Numbers")
    file = api.get(f"/runs/{run['id']}/export").content
    taken = api.post("/runs/import", content=file, headers=JSON)
    assert taken.status_code == 201
    found = api.get(f"/runs/{taken.json()['id']}").json()
    assert (found["name"], found["status"], found["prompts"]) == ("Numbers", "done", run["prompts"])
    assert [cell["reply"]["content"] for cell in found["cells"]] == [
        cell["reply"]["content"] for cell in run["cells"]
    ]


def test_a_file_of_a_run_is_run_again(api: Api) -> None:
    run = ended(api)
    file = api.get(f"/runs/{run['id']}/export").content
    again = api.post("/runs/rerun", files={"file": ("run.json", file)})
    assert again.status_code == 201
    assert again.json()["origin"] == run["session_id"]
    assert again.json()["lanes"] == run["lanes"]
    until_it_is(api.madlen, again.json()["id"], RunStatus.DONE)


@pytest.mark.parametrize("verb", ["import", "rerun"])
def test_a_file_that_holds_no_run_is_a_problem(api: Api, verb: str) -> None:
    session_id = api.post("/sessions/", json={"model_id": "parrot/polly"}).json()["id"]
    for content in (b"{}", b"no JSON", api.get(f"/sessions/{session_id}/export").content):
        answer = api.post(f"/runs/{verb}", content=content, headers=JSON)
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


def test_a_run_that_has_gone_is_a_problem(api: Api) -> None:
    assert api.get("/runs/gone/export").status_code == 404
