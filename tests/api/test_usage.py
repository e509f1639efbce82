"""``GET /usage/`` and the budget over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from madlen.types import Model
from tests.api.conftest import OpenApi
from tests.parrot import DEAR, DONE, FREE, POLLY, Parrot

HELLO = {"messages": [{"role": "user", "content": "Hi"}]}


def test_what_answers_took_is_told_by_model(open_api: OpenApi) -> None:
    api = open_api(Parrot(["Hello", DONE]))
    session = api.post("/sessions/", json={"model_id": POLLY.id, "title": "Sky"}).json()["id"]
    api.post("/chat/", json={**HELLO, "model": POLLY.id, "session_id": session})
    api.post("/chat/", json={**HELLO, "model": DEAR.id})
    told = api.get("/usage/").json()
    assert (told["period"], told["by"], told["budget"]) == ("7d", "model", None)
    assert told["total"] == {
        "answers": 2,
        "failures": 0,
        "stopped": 0,
        "prompt_tokens": 6,
        "completion_tokens": 10,
        "reasoning_tokens": 0,
        "cost": "0.0002",
    }
    assert {group["key"] for group in told["groups"]} == {POLLY.id, DEAR.id}
    assert told["groups"][0]["duration"].keys() == {"p50", "p95"}


def test_it_can_be_had_by_session_and_by_day(open_api: OpenApi) -> None:
    api = open_api(Parrot(["Hello", DONE]))
    session = api.post("/sessions/", json={"model_id": POLLY.id, "title": "Sky"}).json()["id"]
    for _ in range(2):
        api.post("/chat/", json={**HELLO, "model": POLLY.id, "session_id": session})
    [group] = api.get("/usage/", params={"by": "session"}).json()["groups"]
    assert (group["key"], group["title"], group["answers"]) == (session, "Sky", 2)
    [group] = api.get("/usage/", params={"by": "day", "period": "all"}).json()["groups"]
    assert group["key"] == f"{datetime.now(UTC):%Y-%m-%d}"


def test_the_total_is_of_all_even_where_few_are_listed(open_api: OpenApi) -> None:
    api = open_api(Parrot(["Hello", DONE]))
    for model in (POLLY.id, DEAR.id):
        api.post("/chat/", json={**HELLO, "model": model})
    told = api.get("/usage/", params={"limit": 1, "by": "model"}).json()
    assert (len(told["groups"]), told["total"]["answers"]) == (1, 2)


def test_free_requests_are_told_hour_by_hour(open_api: OpenApi) -> None:
    little = Model("vendor/little:free", "Little", "parrot", pricing=FREE)
    api = open_api(Parrot(["Hello", DONE], models=[little]))
    api.post("/chat/", json={**HELLO, "model": little.id})
    free = api.get("/usage/").json()["free_requests"]
    assert sum(free["by_hour"].values()) == 1
    assert free["used"] is None


@pytest.mark.parametrize("wrong", ["period=year", "by=colour", "limit=0"])
def test_another_period_or_grouping_is_refused(open_api: OpenApi, wrong: str) -> None:
    answer = open_api().get(f"/usage/?{wrong}")
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:madlen:error:invalid"


def test_the_state_of_the_budget_is_told(open_api: OpenApi) -> None:
    api = open_api(Parrot(["Hello", DONE]), daily_budget_usd=Decimal(5))
    api.post("/chat/", json={**HELLO, "model": DEAR.id})
    budget = api.get("/usage/").json()["budget"]
    assert (budget["budget"], budget["spent"], budget["reserved"]) == ("5", "0.0001", "0")
    assert budget["left"] == "4.9999"
    begins = datetime.fromisoformat(budget["resets_at"])
    assert timedelta(0) < begins - datetime.now(UTC) <= timedelta(days=1)


def test_an_ask_over_the_budget_is_402_and_nothing_is_kept(open_api: OpenApi) -> None:
    api = open_api(daily_budget_usd=Decimal("0.001"))
    session = api.post("/sessions/", json={"model_id": DEAR.id}).json()["id"]
    wanted = {**HELLO, "model": DEAR.id, "session_id": session}
    for more in ({}, {"stream": True}):
        answer = api.post("/chat/", json={**wanted, **more})
        problem = answer.json()
        assert answer.status_code == 402
        assert answer.headers["content-type"] == "application/problem+json"
        assert problem["type"] == "urn:madlen:error:over-budget"
        assert problem["title"] == "Over the day's budget"
        assert (problem["budget"], problem["spent"], problem["reserved"]) == ("0.001", "0", "0")
        assert 16 <= problem["affordable_tokens"] < 500
        assert "Choose a free model" in problem["detail"]
    assert api.madlen.store.turns(session) == []
    fewer = api.post("/chat/", json={**wanted, "max_tokens": problem["affordable_tokens"]})
    assert fewer.status_code == 200


def test_openai_clients_read_it_in_their_shape(open_api: OpenApi) -> None:
    api = open_api(daily_budget_usd=Decimal(0))
    answer = api.post("/v1/chat/completions", json={**HELLO, "model": DEAR.id})
    assert answer.status_code == 402
    assert answer.json()["error"]["type"] == "over-budget"


def test_in_a_comparison_only_the_lane_that_does_not_fit_fails(open_api: OpenApi) -> None:
    api = open_api(Parrot(["Hello", DONE]), daily_budget_usd=Decimal("0.001"))
    lanes = [{"model": POLLY.id}, {"model": DEAR.id}]
    told = api.post("/compare/", json={"prompt": "Hi", "lanes": lanes}).json()
    by_model = {reply["model"]: reply for reply in told["replies"]}
    assert by_model[POLLY.id]["status"] == "complete"
    assert by_model[DEAR.id]["error"]["type"] == "urn:madlen:error:over-budget"
