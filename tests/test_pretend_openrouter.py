"""The pretend OpenRouter keeps its catalogue, its accounts and its books as the real one does."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urljoin

import httpx
import pytest

from tests.pretend_openrouter import (
    CHAT_MODEL,
    EXHAUSTED_KEY,
    FREE_TIER_KEY,
    MANAGEMENT_KEY,
    PRIVATE_KEY,
    SCENARIOS,
    UNKNOWN_KEY,
    Answer,
    PretendOpenRouter,
    in_turn,
    said,
    scenarios,
)
from tests.pretend_openrouter.asking import ask, get, question, spoken, with_key


@pytest.fixture
def pretend() -> Iterator[PretendOpenRouter]:
    with PretendOpenRouter().running() as running:
        yield running


def ids(response: httpx.Response) -> list[str]:
    return [entry["id"] for entry in response.json()["data"]]


def test_the_models_are_listed_without_a_key_and_those_that_write_no_text_are_hidden(
    pretend: PretendOpenRouter,
) -> None:
    body = get(f"{pretend.base_url}/models", key=None).json()
    assert (body["total_count"], body["links"]) == (41, {"next": None})
    assert all("text" in entry["architecture"]["output_modalities"] for entry in body["data"])


def test_the_list_can_be_asked_for_all_outputs(pretend: PretendOpenRouter) -> None:
    listed = ids(get(f"{pretend.base_url}/models?output_modalities=all"))
    assert len(listed) == 45
    assert "qwen/qwen-image-3-pro" in listed


@pytest.mark.parametrize(
    ("query", "inside", "outside"),
    [
        ("input_modalities=image", CHAT_MODEL, "openai/gpt-4"),
        ("supported_parameters=tools,seed", CHAT_MODEL, "perplexity/sonar"),
        ("q=GEMMA", CHAT_MODEL, "openai/gpt-4"),
        ("output_modalities=speech", "google/gemini-3.8-flash-tts", CHAT_MODEL),
    ],
)
def test_the_list_is_narrowed_by_the_query(
    pretend: PretendOpenRouter, query: str, inside: str, outside: str
) -> None:
    listed = ids(get(f"{pretend.base_url}/models?{query}"))
    assert inside in listed
    assert outside not in listed
    count = get(f"{pretend.base_url}/models/count?{query}").json()
    assert count == {"data": {"count": len(listed)}}


def test_the_pages_of_the_list_follow_each_other_by_relative_links(pretend: PretendOpenRouter) -> None:
    address = f"{pretend.base_url}/models"
    listed: list[str] = []
    following = f"{address}?limit=15&q=a"
    while following:
        page = get(urljoin(address, following))
        listed += ids(page)
        following = page.json()["links"]["next"] or ""
        assert following.startswith("/api/v1/models?") or not following
    assert listed == ids(get(f"{address}?q=a"))
    assert get(f"{address}?limit=few").status_code == 400


def test_the_list_has_its_old_shape_and_unknown_keys_and_hostile_entries_and_nothing_when_told(
    pretend: PretendOpenRouter,
) -> None:
    assert get(f"{pretend.at('models_bare')}/models").json().keys() == {"data"}
    assert get(f"{pretend.at('models_unknown_keys')}/models").json()["data"][0]["vibe"] == {"score": 9}
    quirks = get(f"{pretend.at('models_quirks')}/models").json()["data"]
    assert quirks[0]["id"] == "quirk/zero-point-zero"
    assert ids(get(f"{pretend.at('models_empty')}/models")) == []


def test_the_list_fails_in_every_way_when_told(pretend: PretendOpenRouter) -> None:
    assert get(f"{pretend.at('models_down')}/models").status_code == 500
    page = get(f"{pretend.at('models_html')}/models")
    assert (page.status_code, page.headers["content-type"]) == (502, "text/html; charset=utf-8")
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(f"{pretend.at('models_silent')}/models", timeout=0.2)


def test_a_stale_list_says_its_age(pretend: PretendOpenRouter) -> None:
    pretend.play("models_stale")
    response = get(f"{pretend.base_url}/models")
    assert (response.headers["Age"], len(ids(response))) == ("3900", 41)


def test_the_list_of_a_user_needs_a_key_and_keeps_to_the_accounts_privacy_settings(
    pretend: PretendOpenRouter,
) -> None:
    address = f"{pretend.base_url}/models/user"
    assert get(address, key=None).status_code == 401
    assert len(ids(get(address))) == 41
    assert "openrouter/owl-alpha" not in ids(get(address, key=PRIVATE_KEY))


def test_one_model_is_found_by_its_id_or_alias(pretend: PretendOpenRouter) -> None:
    assert get(f"{pretend.base_url}/model/{CHAT_MODEL}").json()["data"]["id"] == CHAT_MODEL
    assert get(f"{pretend.base_url}/model/~anthropic/claude-fable-latest").status_code == 200
    assert get(f"{pretend.base_url}/model/acme/none").status_code == 404


def test_a_model_has_endpoints_and_an_alias_has_none(pretend: PretendOpenRouter) -> None:
    models = f"{pretend.base_url}/models"
    [endpoint] = get(f"{models}/{CHAT_MODEL}/endpoints").json()["data"]["endpoints"]
    assert endpoint["provider_name"] == "Google AI Studio"
    alias = get(f"{models}/~anthropic/claude-fable-latest/endpoints").json()["data"]
    assert alias["endpoints"] == []
    assert get(f"{models}/acme/none/endpoints").status_code == 404


def test_a_key_is_told_what_it_may_still_spend(pretend: PretendOpenRouter) -> None:
    address = f"{pretend.base_url}/key"
    assert get(address).json()["data"]["limit_remaining"] == 4.25
    exhausted = get(address, key=EXHAUSTED_KEY).json()["data"]
    assert (exhausted["limit_remaining"], exhausted["free_model_daily_requests"]["remaining"]) == (0, 0)
    free = get(address, key=FREE_TIER_KEY).json()["data"]
    assert (free["is_free_tier"], free["free_model_daily_requests"]["limit"]) == (True, 50)
    assert get(address, key=UNKNOWN_KEY).status_code == 401
    assert get(address, key=None).status_code == 401


def test_credits_are_for_management_keys_only(pretend: PretendOpenRouter) -> None:
    assert get(f"{pretend.base_url}/credits").status_code == 403
    credit = get(f"{pretend.base_url}/credits", key=MANAGEMENT_KEY)
    assert credit.json() == {"data": {"total_credits": 10, "total_usage": 0.75}}


def test_a_generation_is_not_found_at_first(pretend: PretendOpenRouter) -> None:
    pretend.play(scenarios.generation_after(2))
    query = {"id": ask(pretend.base_url).headers["X-Generation-Id"]}
    answers = [get(f"{pretend.base_url}/generation", params=query) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [404, 404, 200, 200]
    assert answers[-1].json()["data"]["total_cost"] == 7.1e-05


def test_a_generation_of_an_unknown_id_is_never_found(pretend: PretendOpenRouter) -> None:
    assert get(f"{pretend.base_url}/generation", params={"id": "gen-1-x"}).status_code == 404


def test_a_client_that_hangs_up_is_recorded_and_its_generation_is_cancelled(
    pretend: PretendOpenRouter,
) -> None:
    pretend.play("silent")
    address = f"{pretend.base_url}/chat/completions"
    with httpx.stream("POST", address, json=question(), headers=with_key()) as response:
        generation = response.headers["X-Generation-Id"]
        assert pretend.silent.wait(5)
        assert not pretend.hung_up.is_set()
    assert pretend.hung_up.wait(5)
    told = get(f"{pretend.base_url}/generation", params={"id": generation}).json()["data"]
    assert (told["cancelled"], told["finish_reason"]) == (True, None)


def test_ids_and_clock_are_the_same_in_every_run() -> None:
    bodies = []
    for _ in range(2):
        with PretendOpenRouter().running() as pretend:
            bodies.append([ask(pretend.base_url).content for _ in range(2)])
    assert bodies[0] == bodies[1]
    assert b"gen-1795392001-aaaaaaaaaaaaaaaaaaaa" in bodies[0][0]
    assert b"gen-1795392002-bbbbbbbbbbbbbbbbbbbb" in bodies[0][1]


def test_every_request_is_logged(pretend: PretendOpenRouter) -> None:
    get(f"{pretend.base_url}/models?q=gemma")
    ask(pretend.base_url, headers={"X-OpenRouter-Title": "Madlen"})
    listed, asked = pretend.received
    assert (listed.method, listed.path, listed.query) == ("GET", "/api/v1/models", {"q": "gemma"})
    assert (asked.method, asked.body["model"]) == ("POST", CHAT_MODEL)
    assert asked.headers["x-openrouter-title"] == "Madlen"


def test_a_scenario_is_chosen_for_all_models_or_one_or_a_request(pretend: PretendOpenRouter) -> None:
    pretend.play("unavailable")
    pretend.answers[CHAT_MODEL] = scenarios.RATE_LIMITED_UPSTREAM
    assert ask(pretend.base_url).status_code == 429
    assert ask(pretend.base_url, model="openai/gpt-4").status_code == 503
    assert ask(pretend.base_url, headers={"X-Pretend-Scenario": "moderated"}).status_code == 403
    assert ask(pretend.at("timed_out")).status_code == 408


def test_scenarios_are_played_in_turn_and_the_last_one_stays(pretend: PretendOpenRouter) -> None:
    pretend.play("unavailable", "per_minute", Answer(pieces=said(CHAT_MODEL, "At last")))
    answers = [ask(pretend.base_url) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [503, 429, 200, 200]
    assert spoken(answers[-1]) == "At last"


def test_scenarios_of_different_subjects_are_not_played_in_turn() -> None:
    with pytest.raises(ValueError, match="different subjects"):
        in_turn(scenarios.MODELS_DOWN, scenarios.UNAVAILABLE)


def test_every_scenario_has_a_line_on_what_it_is() -> None:
    assert len(SCENARIOS) > 100
    assert all(scenario.summary and scenario.steps for scenario in SCENARIOS.values())


def test_an_unknown_path_is_a_page(pretend: PretendOpenRouter) -> None:
    response = get(f"{pretend.base_url}/nowhere")
    assert (response.status_code, response.headers["content-type"]) == (404, "text/html; charset=utf-8")


def test_the_server_ends_while_answers_are_held() -> None:
    with httpx.Client() as client:
        with PretendOpenRouter().running() as pretend:
            address = f"{pretend.at('silent')}/chat/completions"
            sent = client.build_request("POST", address, json=question(), headers=with_key())
            response = client.send(sent, stream=True)
            assert pretend.silent.wait(5)
        with pytest.raises(httpx.RemoteProtocolError):
            response.read()
