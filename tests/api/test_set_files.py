"""Prompt sets out of files, over REST."""

from __future__ import annotations

from tests.api.conftest import Api

CSV = b"prompt,reference,city\nWhere is {{city}}?,Norway,Oslo\n,x,y\n"


def test_a_file_becomes_a_set_and_its_bad_rows_are_named(api: Api) -> None:
    answer = api.post("/sets/import", files={"file": ("cities.csv", CSV, "text/csv")})
    assert answer.status_code == 201
    made = answer.json()
    assert made["name"] == "cities"
    assert [(one["text"], one["variables"]) for one in made["prompts"]] == [
        ("Where is {{city}}?", {"city": "Oslo"})
    ]
    assert made["errors"] == ["Row 3: the prompt is empty."]
    assert api.get(f"/sets/{made['id']}").json()["prompts"] == made["prompts"]


def test_a_body_is_a_file_without_a_name(api: Api) -> None:
    lines = b'{"prompt": "One?", "tags": ["a"]}\n{"prompt": "Two?"}\n'
    made = api.post("/sets/import?name=Mine", content=lines).json()
    assert (made["name"], [one["text"] for one in made["prompts"]]) == ("Mine", ["One?", "Two?"])
    assert api.post("/sets/import", content=CSV).json()["name"] == "My prompts"


def test_a_file_without_a_good_row_makes_no_set(api: Api) -> None:
    for content in (b"prompt,tags\n,a\n", b"nothing", "prompt\nYes\n".encode("utf-16")):
        answer = api.post("/sets/import", content=content)
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert api.get("/sets").json() == []


def test_a_file_that_is_too_large_is_a_problem(api: Api) -> None:
    assert api.post("/sets/import", content=b"prompt\n" + b"x" * 20_000_001).status_code == 413
