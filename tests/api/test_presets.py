from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Api

PRESET: dict[str, Any] = {
    "model": "parrot/polly",
    "system": "Be brief.",
    "temperature": 0.0,
    "max_tokens": 100,
    "top_p": 0.5,
    "seed": 7,
    "stop": ["END"],
    "reasoning": {"effort": "low"},
}
TEXT = "Tell me of {{topic}} in {{ number }} lines, {{topic}} only."


def test_a_preset_comes_back_as_it_was_given(api: Api) -> None:
    kept = api.put("/presets/türkçe deneme", json=PRESET).json()
    del kept["updated_at"]
    assert kept == {"name": "türkçe deneme", **PRESET}
    [listed] = api.get("/presets/").json()
    assert listed == api.get("/presets/türkçe deneme").json()


def test_a_preset_takes_the_place_of_one_of_the_same_name(api: Api) -> None:
    api.put("/presets/mine", json=PRESET)
    api.put("/presets/mine", json={"model": "parrot/seer"})
    [listed] = api.get("/presets").json()
    assert listed["model"] == "parrot/seer"
    assert "system" not in listed


def test_a_saved_prompt_says_what_is_to_be_filled_in(api: Api) -> None:
    kept = api.put("/saved-prompts/mine", json={"text": TEXT}).json()
    assert (kept["text"], kept["variables"]) == (TEXT, ["topic", "number"])
    assert api.get("/saved-prompts/mine").json() == kept
    assert api.get("/saved-prompts/").json() == [kept]


@pytest.mark.parametrize(("kind", "body"), [("presets", PRESET), ("saved-prompts", {"text": TEXT})])
def test_what_is_deleted_is_not_found(api: Api, kind: str, body: dict[str, Any]) -> None:
    api.put(f"/{kind}/mine", json=body)
    assert api.delete(f"/{kind}/mine").status_code == 204
    for response in (api.get(f"/{kind}/mine"), api.delete(f"/{kind}/mine")):
        assert response.status_code == 404
        assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("presets/mine", {}),
        ("presets/mine", {"model": " "}),
        ("presets/%20", PRESET),
        ("presets/" + "n" * 101, PRESET),
        ("saved-prompts/mine", {"text": ""}),
        ("saved-prompts/mine", {"text": " \n"}),
        ("saved-prompts/%20", {"text": "Hi"}),
        ("saved-prompts/mine", {"text": " ".join(f"{{{{v{number}}}}}" for number in range(21))}),
    ],
)
def test_what_cannot_be_kept_is_a_problem(api: Api, path: str, body: dict[str, Any]) -> None:
    response = api.put(f"/{path}", json=body)
    assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json")
    assert api.get("/presets").json() == api.get("/saved-prompts").json() == []
