from __future__ import annotations

import base64
import io
from typing import Any

import pytest
from PIL import Image

from tests.api.conftest import Api


def a_picture() -> str:
    written = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(written, "PNG")
    return f"data:image/png;base64,{base64.b64encode(written.getvalue()).decode()}"


def a_set(**changes: Any) -> dict[str, Any]:
    prompts = [
        {
            "id": "p1",
            "text": "Greet {{who}}",
            "reference": "Merhaba",
            "images": ["https://example.com/cat.png"],
            "tags": ["türkçe"],
            "variables": {"who": "Ayşe"},
            "checks": [{"kind": "contains", "value": "Merhaba", "limit": None}],
        },
        {"text": "Why?"},
    ]
    checks = [{"kind": "length", "value": "", "limit": 20.0}]
    return {"name": "Greetings", "prompts": prompts, "checks": checks, **changes}


def made(api: Api, **changes: Any) -> dict[str, Any]:
    response = api.post("/sets/", json=a_set(**changes))
    assert response.status_code == 201
    found: dict[str, Any] = response.json()
    return found


def test_a_set_is_kept_as_it_was_sent(api: Api) -> None:
    made_one = made(api)
    assert made_one["prompts"][0] == a_set()["prompts"][0]
    assert made_one["prompts"][1]["id"]
    assert made_one["checks"] == a_set()["checks"]
    assert api.get(f"/sets/{made_one['id']}").json() == made_one


def test_an_image_of_a_prompt_comes_back(api: Api) -> None:
    known = made(api, prompts=[{"text": "What is it?", "images": [a_picture()]}])
    [address] = known["prompts"][0]["images"]
    assert address.startswith("data:image/")
    assert api.get(f"/sets/{known['id']}").json()["prompts"][0]["images"] == [address]


def test_sets_are_listed_with_the_number_of_their_prompts(api: Api) -> None:
    first, second = made(api), made(api, name="Other", prompts=[])
    assert [(one["id"], one["prompts"]) for one in api.get("/sets/").json()] == [
        (second["id"], 0),
        (first["id"], 2),
    ]


def test_a_changed_set_keeps_its_id_and_its_beginning(api: Api) -> None:
    first = made(api)
    changed = api.put(f"/sets/{first['id']}", json=a_set(name="Hello", prompts=[{"text": "Hi"}])).json()
    assert (changed["id"], changed["created_at"]) == (first["id"], first["created_at"])
    assert (changed["name"], len(changed["prompts"])) == ("Hello", 1)
    assert changed["updated_at"] > first["updated_at"]


def test_a_deleted_set_is_not_found(api: Api) -> None:
    path = f"/sets/{made(api)['id']}"
    assert api.delete(path).status_code == 204
    for response in (api.get(path), api.put(path, json=a_set()), api.delete(path)):
        assert (response.status_code, response.json()["type"]) == (404, "urn:madlen:error:not-found")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": " "}, "needs a name"),
        ({"prompts": [{"text": " "}]}, "is empty"),
        ({"prompts": [{"id": "p", "text": "One"}, {"id": "p", "text": "Two"}]}, "same id"),
        ({"prompts": [{"text": "Hi", "checks": [{"kind": "luck"}]}]}, "prompts.0.checks.0.kind"),
        ({"checks": [{"kind": "cost", "limit": "inf"}]}, "checks.0.limit"),
    ],
)
def test_what_cannot_be_a_set_is_a_problem(api: Api, changes: dict[str, Any], said: str) -> None:
    response = api.post("/sets/", json=a_set(**changes))
    assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json")
    assert said in response.json()["detail"]
    assert api.get("/sets/").json() == []
