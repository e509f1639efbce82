"""The model list in every state that OpenRouter was seen to give it, as callers of the API get it."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest

from madlen.providers import directory
from tests.api.conftest import Api
from tests.api.test_scenarios import HELLO, client_of
from tests.playing import staged
from tests.pretend_openrouter import CHAT_MODEL, PRIVATE_KEY, UNKNOWN_KEY, catalogue
from tests.pretend_openrouter.listings import TRAINING


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A client of a Madlen whose list came as it should."""
    with staged(tmp_path_factory.mktemp("stage")) as stage, client_of(stage) as ready:
        yield ready


def listed(answer: httpx2.Response) -> list[str]:
    assert answer.status_code == 200
    return [model["id"] for model in answer.json() if model["provider"] == "openrouter"]


def all_models(client: Api) -> list[str]:
    return listed(client.get("/models/", params={"free": False}))


def text_models() -> list[str]:
    """The sample's models that write text, in order; those that run in batches are not for a chat."""
    return [entry["id"] for entry in catalogue()["data"] if not entry["id"].endswith(":batch")]


def test_the_list_has_the_models_that_write_text_and_is_narrowed_by_the_query(client: Api) -> None:
    everything = all_models(client)
    assert set(everything) <= set(text_models())
    assert len(everything) > 30
    free = listed(client.get("/models/"))
    assert {"openrouter/free", CHAT_MODEL} <= set(free) < set(everything)
    found = listed(client.get("/models/", params={"q": "gemma", "free": False, "vision": True}))
    assert CHAT_MODEL in found
    assert all("gemma" in model_id for model_id in found)


@pytest.mark.parametrize("name", ["models_bare", "models_unknown_keys", "models_stale"])
def test_a_list_in_another_shape_is_the_same_list(
    tmp_path_factory: pytest.TempPathFactory, client: Api, name: str
) -> None:
    with staged(tmp_path_factory.mktemp("list"), name) as stage, client_of(stage) as other:
        assert all_models(other) == all_models(client)


def test_a_list_with_quirks_has_each_entry_that_can_be_read(
    tmp_path_factory: pytest.TempPathFactory, client: Api
) -> None:
    with staged(tmp_path_factory.mktemp("list"), "models_quirks") as stage, client_of(stage) as other:
        models = other.get("/models/", params={"free": False}).json()
        ids = all_models(other)
    quirks = {model["id"]: model for model in models if model["id"].startswith("quirk/")}
    assert [model_id for model_id in ids if model_id not in quirks] == all_models(client)
    assert quirks["quirk/html-name"]["name"] == "<img src=x onerror=alert(1)>"
    assert quirks["quirk/exponent"]["pricing"]["prompt"] == "0.00000006"
    assert quirks["quirk/not-a-number"]["pricing"] == {"prompt": None, "completion": None}
    assert [model_id for model_id in quirks if quirks[model_id]["free"]] == [
        "quirk/zero-point-zero",
        "quirk/zero-exponent",
    ]


@pytest.mark.parametrize("name", ["models_empty", "models_down", "models_html", "models_silent"])
def test_a_list_that_does_not_come_leaves_the_embedded_model(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(directory, "_FIRST_SECONDS", 0.3)
    with staged(tmp_path_factory.mktemp("list"), name) as stage, client_of(stage) as client:
        answer = client.get("/models/")
    assert {model["provider"] for model in answer.json()} == {"local"}


def test_a_list_that_failed_once_is_there_when_it_is_asked_for_again(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, client: Api
) -> None:
    monkeypatch.setattr(directory, "_RETRY_SECONDS", 0.0)
    folder = tmp_path_factory.mktemp("list")
    with staged(folder, "models_down_then_good") as stage, client_of(stage) as other:
        other.get("/models/")
        stage.madlen.portal.call(stage.madlen.chat._directory.refresh)
        assert all_models(other) == all_models(client)


def test_the_list_keeps_to_the_privacy_settings_of_the_keys_account(
    tmp_path_factory: pytest.TempPathFactory, client: Api
) -> None:
    folder = tmp_path_factory.mktemp("private")
    with staged(folder, openrouter_api_key=PRIVATE_KEY) as stage, client_of(stage) as private:
        assert set(all_models(client)) - set(all_models(private)) == TRAINING


def test_an_unknown_key_lists_no_model_of_openrouter_and_is_a_problem_where_one_asks(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("unknown")
    with staged(folder, openrouter_api_key=UNKNOWN_KEY) as stage, client_of(stage) as client:
        assert all_models(client) == []
        assert client.post("/chat/", json=HELLO).json()["type"] == "urn:madlen:error:upstream-auth"
